"""LlamaIndex's own clients against servers that speak their protocols, well and badly."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from scripted import Behaviour, server

from assistant import Answer, Assistant
from assistant.llm import CONTEXT_TOKENS, LlmSettingError, open_llm
from prompts import phrase

QUESTION = "How many vehicles cross the Wendle bridge every day?"
GOOD = (
    "About 18,000 vehi",
    "cles cross the bridge every ",
    "day [1]. Drivers used a fer",
    "ry [1].",
)
KINDS = ("ollama", "openai")

local = [pytest.mark.server, pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]


@pytest.fixture
def ask(built: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    def run(kind: str, address: str, seconds: float = 20.0) -> Answer:
        monkeypatch.setenv("OLLAMA_HOST", address)
        monkeypatch.setenv("OPENAI_BASE_URL", f"{address}/v1")
        monkeypatch.setenv("OPENAI_API_KEY", "secret")
        answer = Assistant.open(built, llm=f"{kind}:m", llm_seconds=seconds).ask(QUESTION)
        assert answer.citations
        return answer

    return run


@pytest.mark.parametrize("kind", KINDS)
class TestServers:
    pytestmark = local

    def test_a_good_stream(self, kind: str, ask) -> None:  # type: ignore[no-untyped-def]
        behaviour = Behaviour(GOOD)
        with server(behaviour) as address:
            answer = ask(kind, address)
        assert answer.mode == "llm"
        assert answer.text.startswith("About 18,000 vehicles cross the bridge every day. [1]")
        request = behaviour.requests[0]
        assert request["model"] == "m"
        if kind == "ollama":
            assert request["options"]["num_ctx"] == CONTEXT_TOKENS
        assert any(QUESTION in message["content"] for message in request["messages"])

    @pytest.mark.parametrize(
        ("behaviour", "reason"),
        [
            (Behaviour(status=429), "refused"),
            (Behaviour(status=500), "refused"),
            (Behaviour(garbage=True), "broken"),
            (Behaviour(("Half a sent",), half=True), "broken"),
            (Behaviour(GOOD[:1] * 50, delay_s=0.3), "slow"),
        ],
    )
    def test_every_failure_ends_in_the_words_of_the_articles(
        self, kind: str, behaviour: Behaviour, reason: str, ask
    ) -> None:  # type: ignore[no-untyped-def]
        started = time.monotonic()
        with server(behaviour) as address:
            answer = ask(kind, address, 3.0)
        assert time.monotonic() - started < 15
        assert answer.mode == "extractive"
        assert "18,000" in answer.text
        expected = phrase("en", "llm_failed", reason=phrase("en", f"reason_{reason}"))
        assert answer.notice == expected

    def test_a_refused_connection(self, kind: str, ask) -> None:  # type: ignore[no-untyped-def]
        with server(Behaviour()) as address:
            pass
        answer = ask(kind, address)
        assert answer.mode == "extractive"
        assert phrase("en", "reason_unreachable") in answer.notice

    def test_what_was_shown_before_the_stream_died_stays(self, kind: str, ask) -> None:  # type: ignore[no-untyped-def]
        with server(Behaviour(GOOD[:3], half=True)) as address:
            answer = ask(kind, address, 3.0)
        assert answer.mode == "llm"
        assert answer.text == "About 18,000 vehicles cross the bridge every day. [1]"
        assert "stopped before" in answer.notice


@pytest.mark.parametrize("name", ["", "ollama", "ollama:", "gpt", "other:model"])
def test_a_setting_that_names_no_model(name: str) -> None:
    with pytest.raises(LlmSettingError, match="--llm"):
        open_llm(name, 5.0)


def test_the_host_of_ollama_may_lack_its_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:1234")
    assert getattr(open_llm("ollama:m", 5.0), "base_url") == "http://127.0.0.1:1234"  # noqa: B009
