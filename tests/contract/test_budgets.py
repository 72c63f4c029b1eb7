"""How long a file and a function may get. They grow by one reasonable addition at a time."""

from __future__ import annotations

import ast
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.house import PACKAGES, ROOT, sources

MODULE_MEDIAN, MODULE_CAP = 110, 300
FUNCTION_MEDIAN, FUNCTION_P90, FUNCTION_CAP, GEOMETRY_CAP = 10, 35, 60, 80
IMPORT_CAP = 15
EMPTY_WORDS = {"utils", "util", "helpers", "helper", "misc", "base", "core", "common"}

# path, or path::function → why it may be larger
EXCEPTIONS: dict[str, str] = {}


@dataclass(frozen=True)
class Function:
    path: str
    name: str
    lines: int


@cache
def module_lines() -> dict[str, int]:
    """Lines of every module that holds code."""
    found = {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in house()}
    return {name: len(text.splitlines()) for name, text in found.items() if text.strip()}


def house() -> list[Path]:
    return sources(*PACKAGES, "deploy")


@cache
def functions() -> list[Function]:
    return [function for path in house() for function in functions_of(path)]


def functions_of(path: Path) -> Iterator[Function]:
    """Functions with their lines, decorators and docstring not counted."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.lineno
            if ast.get_docstring(node) is not None and len(node.body) > 1:
                docstring = node.body[0]
                first += (docstring.end_lineno or 0) - docstring.lineno + 1
            yield Function(
                str(path.relative_to(ROOT)), node.name, (node.end_lineno or 0) - first + 1
            )


def test_the_middle_module_is_short() -> None:
    assert statistics.median(module_lines().values()) <= MODULE_MEDIAN


def test_no_module_is_long() -> None:
    long = {name: lines for name, lines in module_lines().items() if lines > MODULE_CAP}
    assert {name: lines for name, lines in long.items() if name not in EXCEPTIONS} == {}


def test_most_functions_are_short() -> None:
    lines = sorted(function.lines for function in functions())
    assert statistics.median(lines) <= FUNCTION_MEDIAN
    assert lines[int(0.9 * len(lines))] <= FUNCTION_P90


def test_no_function_is_long() -> None:
    long = [
        function
        for function in functions()
        if function.lines > (GEOMETRY_CAP if "/domain/" in function.path else FUNCTION_CAP)
        and f"{function.path}::{function.name}" not in EXCEPTIONS
    ]
    assert long == []


def test_no_module_imports_half_the_house() -> None:
    """The standard library does not count: it does not change while one looks elsewhere."""
    counts = {str(path.relative_to(ROOT)): len(list(imports_of(path))) for path in house()}
    assert {name: count for name, count in counts.items() if count > IMPORT_CAP} == {}


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            continue
        yield from (name for name in names if name.partition(".")[0] not in sys.stdlib_module_names)


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [path for path in house() if path.stem in EMPTY_WORDS] == []


def test_an_exception_has_a_reason_and_still_exists() -> None:
    for name, reason in EXCEPTIONS.items():
        assert (ROOT / name.partition("::")[0]).is_file()
        assert len(reason) > 20


def test_every_noqa_names_its_rule() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources(*PACKAGES, "deploy", "tests")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if line.rstrip().endswith(("# noq" + "a", "# type: ignor" + "e"))
    ]
    assert bare == []
