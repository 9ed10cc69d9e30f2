"""What users thought of answers, kept in a file on their machine."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path

from assistant.chat.conversation import Exchange

_LOCK = threading.Lock()


def record(file: Path, exchange: Exchange, comment: str, index: Path) -> None:
    """Append a row for the vote on an answer, or for the comment that follows it.

    A row is a JSON object with the fields ``schema_version`` (1), ``id`` (of the answer; the last
    row of an id counts), ``written`` (ISO 8601), ``vote`` (``"up"``, ``"down"`` or empty when
    it was taken back), ``comment``, ``question``, ``answer`` (as ``Answer.to_dict`` gives it) and
    ``index`` (the folder that was asked).
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
    line = json.dumps(row, ensure_ascii=False) + "\n"
    with _LOCK:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as out:
            out.write(line)
