"""What is said to the user: phrases of both languages, and errors that can be told in either."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, Self

Language = Literal["id", "en"]

MAX_STATED_CHARS = 300  # of what a library says about its failure


@lru_cache(maxsize=16)
def _phrases(language: str, file: str) -> dict[str, str]:
    text = files("prompts").joinpath(language, f"{file}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def phrase(language: Language, name: str, /, **values: object) -> str:
    """A phrase in the user's language with its variables filled in.

    ``name`` stands in ``phrases.toml``; ``chat.send`` is the name ``send`` in ``chat.toml``.
    Messages among the values are said in the same language, and digits grouped as it does.
    ``{count:article|articles}`` is the word for one, or the word for any other number.

    Raises:
        KeyError: there is no such phrase, or a variable of it is missing.
    """
    file, _, key = name.rpartition(".")
    said = {variable: _said(value, language) for variable, value in values.items()}
    return _phrases(language, file or "phrases")[key].format_map(said)


def _said(value: object, language: Language) -> object:
    if isinstance(value, Message):
        return value.text(language)
    if type(value) is int:
        return _PointGrouped(value) if language == "id" else _Number(value)
    return value


class _Number(int):
    """A number that chooses between the word for one and the word for several.

    >>> [f"{_Number(n):,} {_Number(n):article|articles}" for n in (1, 2000)]
    ['1 article', '2,000 articles']
    """

    def __format__(self, spec: str) -> str:
        single, several, plural = spec.partition("|")
        if several:
            return single if self == 1 else plural
        return super().__format__(spec)


class _PointGrouped(_Number):
    """A number that is written as Indonesian does.

    >>> f"{_PointGrouped(2000):,} {_PointGrouped(2000)}"
    '2.000 2000'
    """

    def __format__(self, spec: str) -> str:
        return super().__format__(spec).replace(",", ".")


@dataclass(frozen=True, slots=True, init=False)
class Message:
    """A sentence of ``errors.toml``, put into words once it is known who reads it.

    Values are text, whole numbers and further messages. An exception stands for what it states,
    on one line; anything else, such as a path, for its text.

    >>> reason = Message("part", part="berita.zip", reason=Message("empty"))
    >>> print(reason.text("id"), "|", reason)
    berita.zip: kosong | berita.zip: empty
    """

    name: str
    values: Mapping[str, str | int | Message]

    def __init__(self, name: str, /, **values: object) -> None:
        object.__setattr__(self, "name", name)
        plain = {variable: _plain(value) for variable, value in values.items()}
        object.__setattr__(self, "values", plain)

    def text(self, language: Language) -> str:
        return phrase(language, f"errors.{self.name}", **self.values)

    def __str__(self) -> str:
        return self.text("en")

    def to_dict(self) -> dict[str, Any]:
        values = {
            variable: value.to_dict() if isinstance(value, Message) else value
            for variable, value in self.values.items()
        }
        return {"name": self.name, "values": values}

    def to_json(self) -> str:
        return json.dumps(self.to_dict())

    @classmethod
    def from_json(cls, text: str) -> Message:
        """The message that ``to_json`` wrote; any other text is told as it stands."""
        try:
            return cls.from_dict(json.loads(text))
        except ValueError:
            return cls.from_dict(text)

    @classmethod
    def from_dict(cls, data: object) -> Message:
        """The message that ``to_dict`` wrote; any other text is told as it stands.

        So is a message of another version, when no sentence fits it any more.
        """
        if not isinstance(data, dict):
            return cls("as_told", text=data)
        try:
            message = cls(
                data["name"],
                **{
                    variable: cls.from_dict(value) if isinstance(value, dict) else value
                    for variable, value in data["values"].items()
                },
            )
            message.text("en")
        except (KeyError, TypeError, ValueError, AttributeError, OSError):
            return cls("as_told", text=data)
        return message


def _plain(value: object) -> str | int | Message:
    if isinstance(value, MessageError):
        return value.message
    if isinstance(value, Exception):
        stated = (value.strerror if isinstance(value, OSError) else "") or str(value)
        return " ".join(stated.split())[:MAX_STATED_CHARS] or type(value).__name__
    return value if isinstance(value, (str, int, Message)) else str(value)


class MessageError(Exception):
    """An error that is told in the user's language; as text it is English.

    ``MissingIndexError("no_index", index=folder)`` says the sentence ``no_index`` of
    ``errors.toml``.
    """

    def __init__(self, name: str, /, **values: object) -> None:
        super().__init__(name)
        self.message = Message(name, **values)

    @classmethod
    def of(cls, message: Message) -> Self:
        return cls(message.name, **message.values)

    def text(self, language: Language) -> str:
        return self.message.text(language)

    def __str__(self) -> str:
        return str(self.message)
