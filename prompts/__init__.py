"""What is said to the user and to a language model, in files of each language."""

from __future__ import annotations

import string
from functools import lru_cache
from importlib.resources import files
from typing import Literal

from prompts.phrases import Message, MessageError, phrase

__all__ = ["Message", "MessageError", "phrase", "prompt"]


@lru_cache(maxsize=32)
def _prompt(language: str, name: str) -> str:
    return files("prompts").joinpath(language, f"{name}.txt").read_text(encoding="utf-8")


def prompt(language: Literal["id", "en"], name: str, **values: str) -> str:
    """A prompt for a language model, ``{variables}`` filled in; values are never read as prompts.

    Raises:
        KeyError: a variable of the prompt is missing, or one is given that it does not have.
    """
    text = _prompt(language, name)
    wanted = {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}
    if wanted != values.keys():
        raise KeyError(
            f"prompts/{language}/{name}.txt takes {sorted(wanted)}, it was given {sorted(values)}"
        )
    return text.format_map(values).strip()
