"""A server of the Model Context Protocol that leaves no line unanswered and no argument unread."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import anyio
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp.types import (
    INVALID_REQUEST,
    PARSE_ERROR,
    CallToolResult,
    ErrorData,
    InputRequiredResult,
    JSONRPCError,
)
from pydantic import ValidationError

from prompts import Message


class StrictServer(MCPServer):
    """Where the library's server is silent, this one says what is wrong."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """The result of a tool.

        Raises:
            ToolError: the tool has no such argument, or fails.
        """
        tools = {tool.name: tool.input_schema["properties"] for tool in await self.list_tools()}
        known = tools.get(name, arguments)
        if unknown := [given for given in arguments if given not in known]:
            told = Message("no_argument", given=repr(unknown[0])[:80], known=", ".join(known))
            raise ToolError(told.text("en"))
        return await super().call_tool(name, arguments, context)

    async def run_stdio_async(self) -> None:
        """Serve standard input and output; what is no message is answered with an error."""
        server = self._lowlevel_server
        async with stdio_server() as (lines, replies), anyio.create_task_group() as tasks:
            passed_on, messages = anyio.create_memory_object_stream[SessionMessage | Exception](0)

            async def pass_on() -> None:
                with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
                    async with passed_on:
                        async for item in lines:
                            if isinstance(item, SessionMessage):
                                await passed_on.send(item)
                            elif isinstance(item, ValidationError) and (told := refusal(item)):
                                await replies.send(SessionMessage(told))

            tasks.start_soon(pass_on)
            await server.run(messages, replies, server.create_initialization_options())
            tasks.cancel_scope.cancel()


def refusal(error: ValidationError) -> JSONRPCError | None:
    """The answer to a line that is no message, with the line's id where it has one.

    None to an empty line.
    """
    reason, *further = error.errors()
    given: Any = None
    if reason["type"] == "json_invalid":
        line = reason["input"]
        if not line.strip():
            return None
        code, told = PARSE_ERROR, Message("broken_json", error=reason["ctx"]["error"])
        with suppress(ValueError, RecursionError):
            given = json.loads(line)  # it reads half a character, which is no valid JSON
    else:
        code, told = INVALID_REQUEST, Message("no_message")
        inputs = (one["input"] for one in (reason, *further))
        given = next((one for one in inputs if isinstance(one, dict)), None)
    number = given.get("id") if isinstance(given, dict) else None
    return JSONRPCError(
        jsonrpc="2.0",
        id=number if isinstance(number, int | str) else None,
        error=ErrorData(code=code, message=told.text("en")),
    )
