"""Where things lie on the user's machine."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_data_path


def default_index() -> Path:
    """The user's own index."""
    return user_data_path("tanya", appauthor=False) / "index"


def samples_index() -> Path:
    """The index of the bundled sample articles; never mixed with the user's own."""
    return user_data_path("tanya", appauthor=False) / "samples"


def samples_folder() -> Path:
    """The bundled sample articles."""
    import evals

    return Path(evals.__file__).parent / "articles"


def added_folder(index: Path) -> Path:
    """Where the articles lie that were added to an index in the chat; a root of their own."""
    return index.with_name(f"{index.name}-articles")


def feedback_file() -> Path:
    """What users thought of answers in the chat, one JSON object a line."""
    return user_data_path("tanya", appauthor=False) / "feedback.jsonl"
