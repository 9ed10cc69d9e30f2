"""What Tanya is made of, what it must never do, and how it is packed into a container."""

from __future__ import annotations

import ast
import json
import os
import re
import runpy
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from assistant.arguments import parser
from assistant.chat.addresses import CONTAINER
from assistant.chat.guard import HEALTH

ROOT = Path(__file__).parent.parent
PACKAGES = ("assistant", "evals", "index", "prompts")
RUNS_WHAT_IT_READS = frozenset("pickle cPickle dill cloudpickle marshal shelve joblib".split())
DATED = frozenset(["certifi"])  # numbered by day: the newest is the right one
CALLS = frozenset("eval exec compile __import__".split())


def project() -> dict[str, object]:
    about = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found = about["project"]
    assert isinstance(found, dict)
    return found


def requirements() -> list[Requirement]:
    found = project()
    lines = list(found["dependencies"])  # type: ignore[call-overload]  # TOML is untyped
    for extra in found["optional-dependencies"].values():  # type: ignore[attr-defined]
        lines += extra
    return [Requirement(line) for line in lines]


def test_every_dependency_is_bounded_below_and_above() -> None:
    for one in requirements():
        operators = {specifier.operator for specifier in one.specifier}
        bounded = "==" in operators or (">=" in operators and operators & {"<", "<=", "~="})
        built_with = one.name == "hatchling"  # only builds, within an environment of its own
        assert bounded or built_with or one.name in DATED, str(one)


def test_what_is_tested_lies_within_the_bounds() -> None:
    lines = (ROOT / ".ci" / "constraints.txt").read_text(encoding="utf-8").split()
    pinned = dict(line.split("==") for line in lines)
    for one in requirements():
        if one.name in pinned:
            assert one.specifier.contains(pinned[one.name]), str(one)
    needed = {Requirement(str(line)).name for line in project()["dependencies"]}  # type: ignore[attr-defined]
    assert not needed - set(pinned) - DATED


def sources() -> Iterator[tuple[Path, ast.AST]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def test_nothing_that_is_read_is_run() -> None:
    """No pickles, no code of models, no shell, no evaluation of text."""
    for path, tree in sources():
        for node in ast.walk(tree):
            where = f"{path}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Import):
                names = {alias.name.split(".")[0] for alias in node.names}
                assert not names & RUNS_WHAT_IT_READS, where
            elif isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] not in RUNS_WHAT_IT_READS, where
            elif isinstance(node, ast.Call):
                if isinstance(node.func, ast.Name):
                    assert node.func.id not in CALLS, where
                given = {word.arg: ast.unparse(word.value) for word in node.keywords}
                assert given.get("trust_remote_code", "False") == "False", where
                assert given.get("shell", "False") == "False", where
                assert given.get("allow_pickle", "False") == "False", where
                if ast.unparse(node.func) == "torch.load":
                    assert given.get("weights_only") == "True", where


def test_nothing_is_unpickled_while_indexing_and_asking(corpus: Path, tmp_path: Path) -> None:
    code = """
import sys
def refuse(event, arguments):
    if event == "pickle.find_class":
        raise RuntimeError(f"unpickled {arguments}")
sys.addaudithook(refuse)
from assistant.cli import main
sys.exit(main(sys.argv[1:]))
"""
    index = ("--index", str(tmp_path / "index"))
    for arguments in (("index", str(corpus)), ("ask", "When was the Wendle bridge opened?")):
        command = [sys.executable, "-c", code, *arguments, *index]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
    assert "1964" in done.stdout


@pytest.fixture(scope="module")
def licences() -> dict[str, object]:
    return runpy.run_path(str(ROOT / ".ci" / "licences"))


@pytest.mark.parametrize(
    ("expression", "suitable"),
    [
        ("MIT", True),
        ("Apache-2.0 AND (MIT OR GPL-3.0-only)", True),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("GPL-3.0-or-later", False),
        ("MIT AND AGPL-3.0-only", False),
        ("Proprietary", False),
        ("unknown", False),
    ],
)
def test_licences_are_judged(expression: str, suitable: bool, licences: dict[str, object]) -> None:
    judge = licences["is_suitable"]
    assert callable(judge)
    assert judge(expression) is suitable


def test_everything_needed_to_run_has_a_suitable_licence() -> None:
    command = [sys.executable, str(ROOT / ".ci" / "licences")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    listed = {line.split()[0].lower() for line in done.stdout.splitlines()}
    assert {"chromadb", "gradio", "torch", "trafilatura", "courlan"} <= listed


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Containerfile, with continued lines joined."""
    text = (ROOT / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def test_the_container_serves_as_an_ordinary_user() -> None:
    told = instructions()
    final = told[max(i for i, (word, _) in enumerate(told) if word == "FROM") :]
    [user] = [rest for word, rest in final if word == "USER"]
    assert int(user) > 0
    assert any(f"--uid {user}" in rest for word, rest in final if word == "RUN")
    [volume] = [rest for word, rest in final if word == "VOLUME"]
    assert any(f"XDG_DATA_HOME={volume}" in rest for word, rest in final if word == "ENV")
    assert any(f" {CONTAINER}=" in rest for word, rest in final if word == "ENV")
    [command] = [json.loads(rest) for word, rest in final if word == "CMD"]
    arguments = parser().parse_args(command)
    [port] = [rest for word, rest in final if word == "EXPOSE"]
    assert (arguments.host, str(arguments.port)) == ("0.0.0.0", port)
    [check] = [rest for word, rest in final if word == "HEALTHCHECK"]
    assert f"http://127.0.0.1:{port}{HEALTH}" in check
    program = json.loads(check[check.index("[") :])[2]
    compile(program, "HEALTHCHECK", "exec")


def test_the_container_is_built_of_what_is_here() -> None:
    admitted = [
        line[1:]
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
        if line.startswith("!")
    ]
    copied = []
    for word, rest in instructions():
        if word == "COPY" and not rest.startswith("--from"):
            *paths, _ = rest.split()
            copied += paths
    assert set(copied) == set(admitted)
    assert all((ROOT / path).exists() for path in copied)
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(wheel["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) <= set(copied)


def test_the_readme_serves_as_the_command_line_can() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme[readme.index("## Serve it to others") :]
    section = section[: section.index("\n## ", 1)]
    commands = re.findall(r"^\.venv/bin/tanya (.+)$", section, re.M)
    assert commands
    for command in commands:
        parser().parse_args(command.split())


@pytest.mark.skipif(os.name == "nt", reason="a shell script")
def test_the_audit_passes_where_nobody_can_be_asked(tmp_path: Path) -> None:
    """With a proxy that is not there, so that no name is looked up."""
    (tmp_path / ".ci").mkdir()
    script = tmp_path / ".ci" / "audit"
    script.write_text((ROOT / ".ci" / "audit").read_text(encoding="utf-8"))
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    env = os.environ | {"https_proxy": "http://127.0.0.1:1", "no_proxy": ""}
    done = subprocess.run(["bash", str(script)], env=env, capture_output=True, text=True)
    assert done.returncode == 0
    assert "nothing was audited" in done.stderr
