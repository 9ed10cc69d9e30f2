"""The endpoint of the chat as a program meets it, through gradio_client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from assistant import Assistant
from evals.server import chat

pytestmark = [
    pytest.mark.server, pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])
]  # fmt: skip

OPENED = "When was the Wendle bridge opened?"


@pytest.fixture(scope="module")
def base(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with chat(tmp_path_factory.mktemp("home"), "--index", built) as address:
        yield address


@pytest.fixture(scope="module")
def clients(base: str) -> Iterator[dict[str, Client]]:
    found = {language: Client(f"{base}/{language}/", verbose=False) for language in ("en", "id")}
    yield found
    for client in found.values():
        client.close()


def test_it_gives_the_json_of_the_python_api(clients: dict[str, Client], built: Path) -> None:
    given = clients["en"].predict(OPENED, api_name="/ask")
    expected = Assistant.open(built).ask(OPENED).to_dict()
    assert given | {"timings": {}} == expected | {"timings": {}}
    assert given["timings"]["total"] > 0


def test_it_is_the_only_one_and_says_what_it_takes(clients: dict[str, Client]) -> None:
    endpoints = clients["id"].view_api(return_format="dict", print_info=False)
    assert list(endpoints["named_endpoints"]) == ["/ask"]  # type: ignore[index]
    names = [one["parameter_name"] for one in endpoints["named_endpoints"]["/ask"]["parameters"]]  # type: ignore[index]
    assert names == [
        "question", "language", "since", "until", "sources", "articles", "top", "history",
        "today",
    ]  # fmt: skip


def test_language_filters_and_top(clients: dict[str, Client]) -> None:
    def ask(question: str = OPENED, **options: Any) -> dict[str, Any]:
        answer: dict[str, Any] = clients["en"].predict(question, api_name="/ask", **options)
        return answer

    assert ask(language="id")["language"] == "id"
    assert ask(since="2023-05-12", until="2023-05-12")["citations"]
    assert ask(until="2023-05-11")["abstained"]
    assert ask(sources=["the sample gazette"])["citations"]
    assert ask(sources=["no such outlet"])["abstained"]
    bridge = ask()["citations"][0]["article_id"]
    assert ask(articles=[bridge])["citations"]
    assert ask(articles=[])["abstained"]
    unknown = "Who painted the Wendle bridge and the market of Lok Sari?"
    assert ask(unknown)["abstained"]
    assert len(ask(unknown, top=1)["nearest"]) == 1
    [first, *_] = ask(unknown, top=3)["nearest"]
    assert first.keys() == {"article_id", "title", "sentence"}
    assert first["sentence"]
    assert ask("Who won the chess tournament in Reykjavik?")["nearest"] == []  # nothing is related


def test_a_follow_up_after_the_answers_it_returned(clients: dict[str, Client]) -> None:
    question = "How many vehicles cross the Wendle bridge every day?"
    answer = clients["en"].predict(question, api_name="/ask")
    history = [{"question": question, "answer": answer}]
    second = clients["en"].predict("And when was it opened?", history=history, api_name="/ask")
    assert second["understood"] == f"{question} And when was it opened?"


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize(
    ("wrong", "argument"),
    [
        ({"question": "?!"}, ""),
        ({"question": "x" * 2_001}, ""),
        ({"question": 7}, "question"),
        ({"since": "yesterday"}, "since"),
        ({"until": 3}, "until"),
        ({"sources": "The Sample Gazette"}, "sources"),
        ({"articles": [1]}, "articles"),
        ({"top": 0}, "top"),
        ({"top": "many"}, "top"),
        ({"history": [{"question": "When?"}]}, "history"),
        ({"history": "before"}, "history"),
    ],
)
def test_wrong_arguments_are_explained_in_the_users_language(
    wrong: dict[str, Any], argument: str, language: str, clients: dict[str, Client]
) -> None:
    for client, spoken in ((clients[language], {}), (clients["en"], {"language": language})):
        with pytest.raises(AppError) as caught:
            client.predict(api_name="/ask", **{"question": OPENED, **spoken, **wrong})
        told = str(caught.value)
        if argument:
            between = {"en": " cannot be ", "id": " tidak bisa "}[language]
            assert told.startswith(f"{argument}{between}")
        else:
            assert told.startswith({"en": "the question ", "id": "pertanyaan"}[language])


def test_a_language_that_is_not_spoken(clients: dict[str, Client]) -> None:
    with pytest.raises(AppError, match="language tidak bisa 'fr'"):
        clients["id"].predict(OPENED, language="fr", api_name="/ask")
