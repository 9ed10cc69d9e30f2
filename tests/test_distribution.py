"""What is installed works away from the source tree, and the README's programs run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the built wheel unpacked into it."""
    work = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(work), str(ROOT)]
    subprocess.run(build, check=True)
    [wheel] = work.glob("*.whl")
    subprocess.run(
        [*pip, "install", "--no-deps", "--target", str(work / "site"), str(wheel)], check=True
    )
    return work / "site"


def test_the_wheel_answers_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    code = (
        "import assistant, sys; assert 'site' in assistant.__file__, assistant.__file__\n"
        "from assistant.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    env = os.environ | {
        "PYTHONPATH": str(installed), "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path),
        "LOCALAPPDATA": str(tmp_path), "LANG": "en_GB.UTF-8", "PYTHONUTF8": "1",
    }  # fmt: skip
    work = tmp_path / "empty"
    work.mkdir()
    result = subprocess.run(
        [sys.executable, "-c", code, "chat", "--terminal"], cwd=work, env=env,
        capture_output=True, text=True, encoding="utf-8",
        input="How many stations does the Jakarta MRT have?\n",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert "[1]" in result.stdout
    assert "13" in result.stdout
    assert not list(work.iterdir())


def test_the_wheel_holds_models_data_and_types(installed: Path) -> None:
    for name in (
        "assistant/py.typed", "assistant/calibration.json", "assistant/reader/model/reader.onnx",
        "assistant/reader/model/LICENSE", "index/encoder/model/model.safetensors",
        "index/encoder/model/LICENSE", "prompts/id/phrases.toml", "prompts/en/phrases.toml",
        "prompts/id/chat.toml", "assistant/chat/chat.css", "assistant/chat/chat.js",
        "evals/baseline.json",
    ):  # fmt: skip
        assert (installed / name).is_file(), name
    assert not (installed / "tests").exists()


def test_the_llamaindex_program_of_the_readme(capsys: pytest.CaptureFixture[str]) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    [program] = [
        code for code in re.findall(r"```python\n(.*?)```", readme, re.S) if "llama_index" in code
    ]
    exec(compile(program, "README.md", "exec"), {})
    assert "Palu" in capsys.readouterr().out


def test_every_phrase_of_the_page_is_used() -> None:
    import tomllib

    room = ROOT / "assistant" / "chat"
    code = "".join(file.read_text(encoding="utf-8") for file in room.glob("*.py"))
    phrases = tomllib.loads((ROOT / "prompts" / "en" / "chat.toml").read_text(encoding="utf-8"))
    parts = ("level_", "citation_", "stage_", "comment_", "remove_sure_", "removed_")  # completed
    for name in phrases:
        begun = any(name.startswith(part) and f"{part}{{" in code for part in parts)
        assert begun or re.search(rf"[\"'.]{name}[\"']", code), name
