"""The page's frame: Gradio's, but it takes no files except those that were uploaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder


class Blocks(gr.Blocks):
    """Whoever calls an event may name a file in any input of it, by path or address.

    Gradio copies it to where files are served from, or fetches it; it looks at where a path leads
    only in applications that it launches itself, which a mounted one is not.
    """

    def validate_inputs(self, block_fn: Any, inputs: list[Any]) -> None:
        """
        Raises:
            gr.Error: there are too few inputs; Gradio's own error writes them into the log.
        """
        try:
            super().validate_inputs(block_fn, inputs)
        except ValueError:
            raise gr.Error("too few inputs", print_exception=False) from None

    async def preprocess_data(
        self, block_fn: Any, inputs: list[Any], state: Any, explicit_call: bool = False
    ) -> Any:
        """
        Raises:
            gr.Error: an input names a file that was not uploaded.
        """
        if not all(map(_was_uploaded, named_files(inputs))):
            raise gr.Error("not an uploaded file", print_exception=False)
        return await super().preprocess_data(block_fn, inputs, state, explicit_call)


def named_files(data: object) -> list[object]:
    """The path of every file that is named anywhere in JSON data.

    >>> named_files(["a", {"b": [{"path": "a/x", "meta": {}}]}, {"path": "y"}])
    ['a/x']
    """
    found: list[object] = []
    rest = [data]
    while rest:
        one = rest.pop()
        if isinstance(one, dict):
            if "path" in one and "meta" in one:
                found.append(one["path"])
            rest += one.values()
        elif isinstance(one, list):
            rest += one
    return found


def _was_uploaded(path: object) -> bool:
    folder = Path(get_upload_folder()).resolve()
    try:
        return isinstance(path, str) and folder in Path(path).resolve().parents
    except (OSError, ValueError):
        return False
