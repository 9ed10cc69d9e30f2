"""The tools as a real client of the Model Context Protocol meets them, over standard streams."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import CallToolResult


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
                ("read_article", {"article_id": "nothing"}, "no article 'nothing'"),
            ):
                result = await client.call_tool(name, wrong)
                assert result.is_error
                assert told in getattr(result.content[0], "text", "")

    asyncio.run(asyncio.wait_for(use(), 120))
