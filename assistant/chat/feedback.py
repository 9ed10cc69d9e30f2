"""What users thought of answers, kept in a file on their machine."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

from assistant.chat.conversation import Exchange
from assistant.terminal import as_json

MAX_ROW_CHARS = 200_000  # some ten times what an answer takes; the page sends it, so anybody can

_LOCK = threading.Lock()


def record(file: Path, exchange: Exchange, comment: str, index: Path) -> None:
    """Append a row for the vote on an answer, or for the comment that follows it.

    Nobody but the file's owner may read it: it says what people asked.

    A row is a JSON object with the fields ``schema_version`` (1), ``id`` (of the answer; the last
    row of an id counts), ``written`` (ISO 8601), ``vote`` (``"up"``, ``"down"`` or empty when
    it was taken back), ``comment``, ``question``, ``answer`` (as ``Answer.to_dict`` gives it) and
    ``index`` (the folder that was asked).

    Raises:
        ValueError: the row is longer than any answer makes it.
    """
    row = {
        "schema_version": 1,
        "id": exchange.id,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "vote": exchange.vote,
        "comment": comment.strip()[:2_000],
        "question": exchange.question,
        "answer": exchange.answer.to_dict(),
        "index": str(index),
    }
    line = as_json(row) + "\n"
    if len(line) > MAX_ROW_CHARS:
        raise ValueError(f"a row of {len(line):,} characters, at most {MAX_ROW_CHARS:,} are kept")
    with _LOCK:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.chmod(0o600)  # earlier versions left it open
        with file.open("a", encoding="utf-8") as out:
            out.write(line)
