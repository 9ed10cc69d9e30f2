"""What is said to the user, one folder per language."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Literal


@lru_cache(maxsize=16)
def _phrases(language: str, file: str) -> dict[str, str]:
    text = files("prompts").joinpath(language, f"{file}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def phrase(language: Literal["id", "en"], name: str, **values: object) -> str:
    """A phrase in the user's language with its variables filled in.

    ``name`` stands in ``phrases.toml``; ``chat.send`` is the name ``send`` in ``chat.toml``.

    Raises:
        KeyError: there is no such phrase, or a variable of it is missing.
    """
    file, _, key = name.rpartition(".")
    return _phrases(language, file or "phrases")[key].format_map(values)
