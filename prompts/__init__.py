"""What is said to the user and to a language model, in files of each language."""

from __future__ import annotations

import string
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
