"""Both languages say the same, and every error that is raised can be told in either."""

from __future__ import annotations

import ast
import pickle
import string
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.question import QuestionError
from index.errors import IndexFolderError, MissingIndexError
from prompts import Message, MessageError, phrase

ROOT = Path(__file__).parents[2]


def variables(sentence: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(sentence) if field is not None}


def phrases(language: str, file: str) -> dict[str, set[str]]:
    sentences = tomllib.loads((ROOT / "prompts" / language / file).read_text("utf-8"))
    return {name: variables(sentence) for name, sentence in sentences.items()}


def test_both_languages_have_the_same_phrases() -> None:
    files = {
        language: sorted(file.name for file in (ROOT / "prompts" / language).glob("*.toml"))
        for language in ("id", "en")
    }
    assert files["id"] == files["en"]
    for name in files["en"]:
        assert phrases("id", name) == phrases("en", name), name


def nodes(*rooms: str) -> Iterator[tuple[str, ast.AST]]:
    """All that stands in the source of these packages, and where."""
    for room in rooms:
        for file in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                yield f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}", node


@pytest.fixture(scope="module")
def error_classes() -> set[str]:
    """The names of all classes that are errors with a message, by the source alone."""
    found = {"MessageError"}
    bases = {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for _, node in nodes("assistant", "evals", "index")
        if isinstance(node, ast.ClassDef)
    }
    while more := {name for name, above in bases.items() if above & found} - found:
        found |= more
    return found


def names_of(node: ast.expr) -> list[str]:
    """The names that a call is given: one, or one of two."""
    if isinstance(node, ast.IfExp):
        return [*names_of(node.body), *names_of(node.orelse)]
    assert isinstance(node, ast.Constant) and isinstance(node.value, str), ast.dump(node)
    return [node.value]


def test_every_error_has_its_sentence_with_its_values_and_none_is_idle(
    error_classes: set[str],
) -> None:
    sentences = phrases("en", "errors.toml")
    told = {"Message", *error_classes}
    assert {"RejectedFileError", "QuestionError", "RunFailedError", "UsageError"} <= told
    used = {"as_told"}  # by messages that come back as something else
    for place, call in nodes("assistant", "evals", "index"):
        if not isinstance(call, ast.Call) or ast.unparse(call.func) not in told:
            continue
        for name in names_of(call.args[0]):
            assert sentences.get(name) == {one.arg for one in call.keywords}, (place, name)
            used.add(name)
    assert used == sentences.keys()


def test_no_error_of_the_index_is_only_english(error_classes: set[str]) -> None:
    allowed = {"RuntimeError"}  # a mistake of the program, which no user can provoke
    for place, node in nodes("index"):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            raised = ast.unparse(node.exc.func).removesuffix(".of")
            assert raised in error_classes | allowed, (place, raised)


def test_values_are_said_in_the_language() -> None:
    inner = Message("unpacks_to", size=9_000, total=2_000_000)
    message = Message("part", part="{x}<b>", reason=inner)
    assert "2.000.000" in message.text("id") and message.text("id").startswith("{x}<b>: 9.000")
    assert "2,000,000" in message.text("en") == str(message)
    assert phrase("id", "chat.run_failed", reason=Message("empty")) == "Tidak berhasil: kosong"


def test_an_exception_stands_for_what_it_states_on_one_line() -> None:
    refused = PermissionError(13, "Permission denied", "/x")
    assert str(Message("unreadable", error=refused)) == "cannot be read: Permission denied"
    assert str(Message("as_told", text=ValueError("a\n  b\n"))) == "a b"
    assert len(str(Message("as_told", text=ValueError("c" * 999)))) == 300
    assert str(Message("as_told", text=KeyError())) == "KeyError"
    nested = IndexFolderError("unwritable", index=Path("/x"), error=refused)
    assert Message("as_told", text=nested).text("id") == nested.text("id")
    assert "tidak bisa menulis ke /x" in nested.text("id")


def test_errors_survive_processes_and_stay_value_errors() -> None:
    error = MissingIndexError("no_index", index="/x")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.message) == (MissingIndexError, error.message)
    assert isinstance(QuestionError("empty_question"), ValueError)
    assert QuestionError.of(Message("empty_question")).message == Message("empty_question")
    assert issubclass(QuestionError, MessageError)


def test_messages_come_back_as_they_were_and_other_text_as_it_stands() -> None:
    message = Message("line", number=3, reason=Message("broken_json", error="x \ud800 “y”"))
    again = Message.from_json(message.to_json())
    assert again == message
    assert "baris 3: JSON rusak" in again.text("id")
    for text in ("cannot be read: x", "", "12", "[1]", "null", '"x"', "{oops"):
        for language in ("id", "en"):
            assert Message.from_json(text).text(language) == text.strip('"').replace("null", "None")


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"name": "from_a_later_version", "values": {"x": 1}},
        {"name": "line", "values": {"number": 1}},
        {"name": "line", "values": [1]},
        {"name": "../cli.added", "values": {}},
        {"name": ["line"], "values": {}},
        {"name": "empty"},
    ],
)
def test_a_message_that_nothing_says_is_shown_as_data(data: dict[str, object]) -> None:
    assert Message.from_dict(data).text("id") == str(data)
