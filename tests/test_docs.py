"""What the pages for developers name is there: files, modules, names in them, commands, recipes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    ROOT / "justfile",
    *sorted((ROOT / "docs").rglob("*.md")),
]
PACKAGES = "assistant|evals|index|prompts"
TOOLS = frozenset(("venv", "pip", "pytest"))  # modules of others that the pages run

FENCED = re.compile(r"^```.*?^```", re.M | re.S)
INLINE = re.compile(r"`([^`\n]+)`")
LINKED = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
BELOW = re.compile(rf"(?<![\w/.-])(?:{PACKAGES}|tests|docs|\.ci|\.github)/[\w./-]*[\w/]")
FILE = re.compile(r"[\w.-]+(?:/[\w.-]+)*\.(?:css|gz|js|json|jsonl|md|onnx|py|toml|txt|yaml|yml)")
DOTTED = re.compile(rf"(?:{PACKAGES})(?:\.\w+)+")
MODULE = re.compile(r"python3? -m ([\w.]+)((?: [^`\n|]*)?)")
COMMAND = re.compile(r"(?:`|bin/|^)tanya ([a-z]+)((?: [^`\n|]*)?)", re.M)
OPTION = re.compile(r"(?<!\S)--[a-z][a-z-]*")
RECIPE = re.compile(r"(?:`|^)just ([a-z-]+)", re.M)


def files(text: str) -> set[str]:
    """Every path below the root that a page names."""
    inline = INLINE.findall(FENCED.sub("", text))
    return {*BELOW.findall(text), *filter(FILE.fullmatch, inline)}


def missing_files(text: str) -> set[str]:
    return {one for one in files(text) if not (ROOT / one).exists()}


def source(module: str) -> Path | None:
    """The file of a module; None if there is none."""
    path = ROOT.joinpath(*module.split("."))
    found = (path.with_suffix(".py"), path / "__init__.py")
    return next((one for one in found if one.exists()), None)


@lru_cache
def names(path: Path) -> frozenset[str]:
    """What a module defines, and as ``Class.name`` what its classes do."""

    def defined(nodes: list[ast.stmt], before: str = "") -> Iterator[str]:
        for node in nodes:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                yield before + node.name
                if isinstance(node, ast.ClassDef):
                    yield from defined(node.body, f"{node.name}.")
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    for one in target.elts if isinstance(target, ast.Tuple) else [target]:
                        yield before + ast.unparse(one)

    return frozenset(defined(ast.parse(path.read_text(encoding="utf-8")).body))


def is_known(dotted: str) -> bool:
    """Whether this is a module or folder of the packages, or a name that a module defines."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        found = source(".".join(parts[:length]))
        if found is not None:
            rest = ".".join(parts[length:])
            return not rest or rest in names(found)
    return False


def unknown_names(text: str) -> set[str]:
    """The names of modules, and of what they define, that the packages do not have."""
    found = {one for one in INLINE.findall(FENCED.sub("", text)) if DOTTED.fullmatch(one)}
    for block in FENCED.findall(text):
        found |= set(re.findall(rf"(?<![\w/.-]){DOTTED.pattern}(?![\w/])", block))
    return {one for one in found if not (FILE.fullmatch(one) or is_known(one))}


def options_of(path: Path) -> set[str]:
    return set(re.findall(r'"(--[a-z-]+)"', path.read_text(encoding="utf-8")))


def wrong_commands(text: str) -> set[str]:
    """The commands that do not exist, or not with these options."""
    arguments = ROOT / "assistant" / "arguments.py"
    commands = set(re.findall(r'\bcommand\("(\w+)"', arguments.read_text(encoding="utf-8")))
    wrong = set()
    for name, rest in COMMAND.findall(text):
        if name not in commands or not set(OPTION.findall(rest)) <= options_of(arguments):
            wrong.add(f"tanya {name}{rest}")
    for module, rest in MODULE.findall(text):
        if module in TOOLS:
            continue
        found = source(f"{module}.__main__") or source(module)
        runs = found is not None and (
            found.name == "__main__.py" or '__name__ == "__main__"' in found.read_text("utf-8")
        )
        if found is None or not runs or not set(OPTION.findall(rest)) <= options_of(found):
            wrong.add(f"python -m {module}{rest}")
    recipes = re.findall(
        r"^([a-z-]+)(?: [^:=\n]*)?:(?!=)", (ROOT / "justfile").read_text("utf-8"), re.M
    )
    return wrong | {f"just {name}" for name in RECIPE.findall(text) if name not in recipes}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_what_a_page_names_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not missing_files(text)
    assert not unknown_names(text)
    assert not wrong_commands(text)
    links = [one for one in LINKED.findall(text) if "://" not in one]
    assert not [one for one in links if not (page.parent / one).exists()]


def test_every_page_is_reached_from_the_first_one() -> None:
    first = ROOT / "CONTRIBUTING.md"
    reached, waiting = {first}, [first]
    while waiting:
        page = waiting.pop()
        for link in LINKED.findall(page.read_text(encoding="utf-8")):
            found = (page.parent / link).resolve()
            if found.suffix == ".md" and found.exists() and found not in reached:
                reached.add(found)
                waiting.append(found)
    assert {page for page in PAGES if page.suffix == ".md"} <= reached


def test_what_is_not_there_is_noticed() -> None:
    assert missing_files("`index/store.py`, `index/stores.py`; `tests/index/`") == {
        "index/stores.py"
    }
    assert missing_files("```sh\n.venv/bin/pytest tests/gone\n```") == {"tests/gone"}
    assert missing_files("`CHANGES.md`") == {"CHANGES.md"}
    known = "`index.store.Store.select`, `index.locks`, `evals.gate.SLACK`, `index.any.py`"
    assert unknown_names(known) == set()
    assert unknown_names("`index.store.Store.choose`, `index.stores`") == {
        "index.store.Store.choose",
        "index.stores",
    }
    assert unknown_names("```\nindex.types  index.kinds\n```") == {"index.kinds"}
    right = "`tanya eval --gate`, `python -m evals.calibrate --data PATH`, `just test`"
    assert wrong_commands(right) == set()
    assert wrong_commands("`tanya evaluate`, `tanya ask --gates`, `just fly`") == {
        "tanya evaluate",
        "tanya ask --gates",
        "just fly",
    }
    assert wrong_commands("`python -m index.store`, `python -m evals.crash --times 2`") == {
        "python -m index.store",
        "python -m evals.crash --times 2",
    }
