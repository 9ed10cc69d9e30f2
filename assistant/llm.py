"""The language model that a setting names, as LlamaIndex's own class for its server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from assistant.config import setting
from prompts import MessageError

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

CONTEXT_TOKENS = 8_192  # asked of Ollama, and what prompts are packed for
MAX_OUTPUT_TOKENS = 512
MAX_REPLY_BYTES = 8_000_000  # with all that a protocol wraps around each token


class LlmSettingError(MessageError, ValueError):
    """The setting names no language model that can be used; the message says what would."""


def open_llm(name: str, time_limit_s: float) -> LLM:
    """The model that ``ollama:NAME`` or ``openai:NAME`` names. Nothing is sent yet.

    Servers and keys come from the environment, ``OLLAMA_HOST``, ``OPENAI_BASE_URL`` (any server
    that speaks OpenAI's protocol) and ``OPENAI_API_KEY``, or from the settings file.

    Raises:
        SettingsError: the settings file cannot be used.
        LlmSettingError: the name has another form, or the package for it is not installed.
    """
    kind, _, model = name.partition(":")
    if kind not in ("ollama", "openai") or not model:
        raise LlmSettingError("no_llm", name=repr(name))
    try:
        return _ollama(model, time_limit_s) if kind == "ollama" else _openai(model, time_limit_s)
    except ImportError as error:
        raise LlmSettingError("no_package", name=name, extra=kind) from error


def _ollama(model: str, time_limit_s: float) -> LLM:
    from llama_index.llms.ollama import Ollama
    from ollama import Client

    host = setting("ollama", "host") or "http://localhost:11434"
    host = host if "://" in host else f"http://{host}"
    llm: LLM = Ollama(
        model=model,
        base_url=host,
        client=Client(host, **_bounded(time_limit_s)),
        temperature=0.0,
        context_window=CONTEXT_TOKENS,  # sent as num_ctx: Ollama's default cuts prompts silently
        request_timeout=time_limit_s,
        additional_kwargs={"num_predict": MAX_OUTPUT_TOKENS},
    )
    return llm


def _openai(model: str, time_limit_s: float) -> LLM:
    import httpx
    from llama_index.llms.openai_like import OpenAILike

    llm: LLM = OpenAILike(
        model=model,
        api_base=setting("openai", "base_url") or "https://api.openai.com/v1",
        api_key=setting("openai", "api_key") or "none",  # servers at home ask for none
        is_chat_model=True,
        context_window=CONTEXT_TOKENS,
        max_tokens=MAX_OUTPUT_TOKENS,
        temperature=0.0,
        timeout=time_limit_s,
        max_retries=0,
        http_client=httpx.Client(follow_redirects=True, **_bounded(time_limit_s)),
    )
    return llm


def _bounded(time_limit_s: float) -> dict[str, Any]:
    """What an HTTP client is made with, so that it reads no reply for ever.

    Socket time limits begin anew with every byte, and whoever waits for a client that reads one
    endless line cannot stop it.
    """
    import httpx

    class Bounded(httpx.SyncByteStream):
        def __init__(self, stream: httpx.SyncByteStream) -> None:
            self._stream = stream
            self._until = time.monotonic() + time_limit_s

        def __iter__(self) -> Iterator[bytes]:
            size = 0
            for chunk in self._stream:
                size += len(chunk)
                if size > MAX_REPLY_BYTES:
                    raise httpx.DecodingError(f"more than {MAX_REPLY_BYTES:,} bytes")
                if time.monotonic() > self._until:
                    raise httpx.ReadTimeout(f"more than {time_limit_s} seconds")
                yield chunk

        def close(self) -> None:
            self._stream.close()

    def bound(response: httpx.Response) -> None:
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise httpx.DecodingError("packed, though it was asked for unpacked")
        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream = Bounded(response.stream)

    return {
        "timeout": time_limit_s,
        "headers": {"Accept-Encoding": "identity"},  # a packed reply grows where it is unpacked
        "event_hooks": {"response": [bound]},
    }
