"""Imports point one way (``docs/decisions.md`` and README): a lower floor knows no higher one."""

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent

# From the ground up; a module belongs to the longest name that fits, so "lms" is the wiring.
FLOORS = ["lms.notices", "lms.people", "content", "courses", "certificates", "lms.target", "lms"]


class Import(NamedTuple):
    module: str
    line: int
    has_reason: bool  # at module level, or with a comment on its line or the line above


def floor_of(module: str) -> int | None:
    """Return the height of ``module``, ``None`` for somebody else's."""
    fitting = [name for name in FLOORS if module == name or module.startswith(f"{name}.")]
    return FLOORS.index(max(fitting, key=len)) if fitting else None


def imports_of(source: str, module: str, *, is_package: bool) -> Iterator[Import]:
    """Yield every import, with the relative ones and ``from a import b`` spelt out as ``a.b``."""
    comments = {
        token.start[0]
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    tree = ast.parse(source)
    inner = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for node in ast.walk(function)
    }
    package = module if is_package else module.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *filter(None, [node.module])])
            names = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        has_reason = id(node) not in inner or bool(
            comments & set(range(node.lineno - 1, (node.end_lineno or node.lineno) + 1))
        )
        yield from (Import(name, node.lineno, has_reason) for name in names)


def our_files() -> list[tuple[Path, str]]:
    tops = sorted({name.split(".")[0] for name in FLOORS})
    files = sorted(path for top in tops for path in (ROOT / top).rglob("*.py"))
    return [(path, module_of(path)) for path in files]


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def faults_in(source: str, module: str, *, is_package: bool) -> list[str]:
    own_floor = floor_of(module)
    assert own_floor is not None
    faults = []
    for found in imports_of(source, module, is_package=is_package):
        floor = floor_of(found.module)
        if floor is not None and floor > own_floor:
            faults.append(f"{module}:{found.line} imports {found.module}, which is higher up")
        if found.module.split(".")[0] == "tests":
            faults.append(f"{module}:{found.line} imports tests")
        if not found.has_reason:
            faults.append(f"{module}:{found.line} imports inside a function and does not say why")
    return faults


def test_imports_point_one_way():
    files = our_files()
    assert {floor_of(module) for _path, module in files} == set(range(len(FLOORS)))
    faults = [
        fault
        for path, module in files
        for fault in faults_in(
            path.read_text(encoding="utf-8"), module, is_package=path.name == "__init__.py"
        )
    ]
    assert faults == []


@pytest.mark.parametrize(
    ("module", "source", "faults"),
    (
        ("content.pages", "from lms.people import scopes", []),
        ("content.pages", "from lms.people.models import User\nimport courses.models", [2]),
        ("content.pages", "from lms import target", [1]),
        ("content.pages", "import lms.urls", [1]),
        ("lms.people.scopes", "from ..target import figures", [1]),
        ("lms.people.scopes", "from .models import User", []),
        ("lms.urls", "from lms.target import views\nimport courses", []),
        ("courses.progress", "def f():\n    import json\n", [2]),
        ("courses.progress", "def f():\n    import json  # a cycle with json\n", []),
        ("courses.progress", "def f():\n    # a cycle with json\n    import json\n", []),
        ("courses.progress", "if TYPE_CHECKING:\n    from certificates.models import A\n", [2]),
    ),
)
def test_imports_that_are_refused(module: str, source: str, faults: list[int]):
    found = faults_in(source, module, is_package=False)
    assert [int(fault.split(":")[1].split()[0]) for fault in found] == faults
