"""What is said to the user, one file per language."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Literal


@lru_cache(maxsize=4)
def _phrases(language: str) -> dict[str, str]:
    text = files("prompts").joinpath(language, "phrases.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def phrase(language: Literal["id", "en"], name: str, **values: object) -> str:
    """A phrase in the user's language with its variables filled in.

    Raises:
        KeyError: there is no such phrase, or a variable of it is missing.
    """
    return _phrases(language)[name].format_map(values)
