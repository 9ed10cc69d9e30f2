"""The tools as a real client of the Model Context Protocol meets them, over standard streams."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import INVALID_REQUEST, PARSE_ERROR, CallToolResult

from assistant import Assistant
from assistant.mcp_server import make_server


def content(result: CallToolResult) -> Any:
    assert not result.is_error, result
    texts = [json.loads(getattr(one, "text", "")) for one in result.content]
    return texts[0] if len(texts) == 1 else texts


@pytest.mark.server
@pytest.mark.enable_socket
def test_ask_search_and_read(built: Path) -> None:
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "assistant.cli", "mcp", "--index", str(built)],
        env=dict(os.environ),
    )

    async def use() -> None:
        async with Client(stdio_client(server)) as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert set(tools) == {"ask", "search_articles", "read_article"}
            assert all(tool.description for tool in tools.values())
            answer = content(
                await client.call_tool("ask", {"question": "When was the Wendle bridge opened?"})
            )
            assert answer["schema_version"] == 1
            assert "1964" in answer["citations"][0]["quotation"]
            paragraph_id = answer["citations"][0]["paragraph_id"]
            found = content(
                await client.call_tool("search_articles", {"query": "Wendle bridge", "top": 2})
            )
            assert len(found) == 2
            assert "bridge" in found[0]["title"]
            article = content(await client.call_tool("read_article", {"article_id": paragraph_id}))
            assert article["article_id"] == answer["citations"][0]["article_id"]
            assert len(article["paragraphs"]) > 2
            declined = content(
                await client.call_tool("ask", {"question": "Who is it?", "until": "1900-01-01"})
            )
            assert declined["abstained"]
            for name, wrong, told in (
                ("ask", {"question": "?!"}, "the question is empty"),
                ("ask", {"question": "Siapa nama ketuanya? " * 200}, "persingkatlah"),
                ("search_articles", {"query": "Where did they meet? " * 200}, "shorten it"),
                ("ask", {"question": "When?", "since": "yesterday"}, "since"),
                ("ask", {"question": "When?", "source": ["The Sample Gazette"]}, "'source' is no"),
                ("search_articles", {"query": "When?", "since": "2023-01-01"}, "query, top"),
                ("read_article", {"article_id": "nothing"}, "no article 'nothing'"),
            ):
                result = await client.call_tool(name, wrong)
                assert result.is_error
                assert told in getattr(result.content[0], "text", "")

    asyncio.run(asyncio.wait_for(use(), 120))


LINES = [
    ("no json", None, PARSE_ERROR),
    ('{"jsonrpc": "2.0", "id": 16, "method": "ping", "params": {"x": "\\ud83d"}}', 16, PARSE_ERROR),
    ('{"jsonrpc": "2.0", "id": "a", "method": 3}', "a", INVALID_REQUEST),
    ("[]", None, INVALID_REQUEST),
]


def test_every_line_is_answered(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """flop-labs/technocore-chat#218; modelcontextprotocol/python-sdk#2328."""
    ping = '{"jsonrpc": "2.0", "id": 1, "method": "ping"}'
    sent = "\n".join([ping.replace("1", "0"), *(line for line, _, _ in LINES), "", ping, ""])
    output = BytesIO()
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(sent.encode())))
    monkeypatch.setattr(sys, "stdout", TextIOWrapper(output))
    make_server(Assistant.open(built)).run()
    replies = [json.loads(line) for line in output.getvalue().splitlines()]
    told = [one for one in replies if "error" in one]
    assert [(one["id"], one["error"]["code"]) for one in told] == [given[1:] for given in LINES]
    assert "hex escape" in told[1]["error"]["message"]
    assert {one["id"] for one in replies if "result" in one} == {0, 1}
