"""Connections to the server, of which none is held open by a request that does not begin."""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 20  # for the first line and the headers of a request


class Connection(H11Protocol):
    """HTTP over h11, which bounds how large the head of a request is, within a time for it.

    uvicorn's usual protocol collects headers as long as they come, and waits for them for ever.
    """

    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:  # a request has begun
            self._wait_no_more()
        elif self._waiting is None:  # it is some of the next one's head
            self._wait()

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _wait_no_more(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
