"""Where things lie on the user's machine."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

from platformdirs import user_config_path, user_data_path

from prompts import MessageError

SETTINGS: Mapping[str, tuple[str, ...]] = {
    "ollama": ("host",),
    "openai": ("base_url", "api_key"),
}


class SettingsError(MessageError, ValueError):
    """The settings file cannot be used; the message names the file and what is wrong in it."""


def default_index() -> Path:
    """The user's own index."""
    return user_data_path("tanya", appauthor=False) / "index"


def samples_index() -> Path:
    """The index of the bundled sample articles; never mixed with the user's own."""
    return user_data_path("tanya", appauthor=False) / "samples"


def samples_folder() -> Path:
    """The bundled sample articles."""
    import evals

    return Path(evals.__file__).parent / "articles"


def added_folder(index: Path) -> Path:
    """Where the articles lie that were added to an index in the chat; a root of their own."""
    return index.with_name(f"{index.name}-articles")


def settings_file() -> Path:
    """Where servers of language models are named: ``TANYA_CONFIG``, else in the user's folder."""
    named = os.environ.get("TANYA_CONFIG")
    return Path(named) if named else user_config_path("tanya", appauthor=False) / "config.toml"


def setting(section: str, name: str) -> str:
    """A setting of a model's server: from the environment, else the settings file, else empty.

    In the environment ``openai.base_url`` is ``OPENAI_BASE_URL``.

    Raises:
        SettingsError: the file is not TOML, or it holds something that is no setting.
    """
    told = os.environ.get(f"{section}_{name}".upper())
    return told or _read_settings(settings_file()).get(section, {}).get(name, "")


def _read_settings(file: Path) -> dict[str, dict[str, str]]:
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SettingsError("unread_settings", file=file, error=error) from error
    for section, values in found.items():
        names = SETTINGS.get(section)
        if names is None or not isinstance(values, dict):
            known = ", ".join(f"[{one}]" for one in SETTINGS)
            raise SettingsError("no_section", file=file, section=section, known=known)
        for name, value in values.items():
            if name not in names or not isinstance(value, str):
                known = ", ".join(names)
                raise SettingsError(
                    "no_setting", file=file, section=section, name=name, known=known
                )
    return found


def feedback_file() -> Path:
    """What users thought of answers in the chat, one JSON object a line."""
    return user_data_path("tanya", appauthor=False) / "feedback.jsonl"
