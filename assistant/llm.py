"""The language model that a setting names, as LlamaIndex's own class for its server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.config import setting
from prompts import MessageError

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

CONTEXT_TOKENS = 8_192  # asked of Ollama, and what prompts are packed for
MAX_OUTPUT_TOKENS = 512


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

    host = setting("ollama", "host") or "http://localhost:11434"
    llm: LLM = Ollama(
        model=model,
        base_url=host if "://" in host else f"http://{host}",
        temperature=0.0,
        context_window=CONTEXT_TOKENS,  # sent as num_ctx: Ollama's default cuts prompts silently
        request_timeout=time_limit_s,
        additional_kwargs={"num_predict": MAX_OUTPUT_TOKENS},
    )
    return llm


def _openai(model: str, time_limit_s: float) -> LLM:
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
    )
    return llm
