"""The error vocabulary: one tree, drawn; every code unique, mapped to a status, and explained."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from common import errors, http
from common.errors import KilnError
from tests.house import import_everything


def everything_below(root: type[KilnError]) -> Iterator[type[KilnError]]:
    for child in root.__subclasses__():
        yield child
        yield from everything_below(child)


def family() -> list[type[KilnError]]:
    import_everything()
    return sorted(set(everything_below(KilnError)), key=lambda error: error.__name__)


def drawn_tree() -> dict[str, tuple[str, str | None]]:
    """Name → (parent, code) as the docstring of the module draws them."""
    found: dict[str, tuple[str, str | None]] = {}
    above = {0: "KilnError"}
    assert errors.__doc__ is not None
    for line in errors.__doc__.splitlines():
        if match := re.match(r"^ {4}((?:│ {3}| {4})*)[├└]── (\w+)(?: +([a-z_]+)(?: |$))?", line):
            depth = len(match[1]) // 4 + 1
            found[match[2]] = (above[depth - 1], match[3])
            above[depth] = match[2]
    return found


def test_every_error_stands_in_the_one_package() -> None:
    home = f"{errors.__name__}."
    strangers = [error for error in family() if not error.__module__.startswith(home)]
    assert strangers == []


def test_every_code_is_unique() -> None:
    counts = Counter(error.code for error in family())
    assert [code for code, count in counts.items() if count > 1] == []


def test_every_error_is_drawn_below_its_parent_with_its_code() -> None:
    drawn = drawn_tree()
    for error in family():
        parent, code = drawn.pop(error.__name__, ("nothing", None))
        assert parent == error.__bases__[0].__name__, f"{error.__name__} is not drawn there"
        if error is not errors.InputError:  # drawn as a branch
            assert code == error.code
    assert drawn == {}, "drawn, but not there"


def test_every_error_says_what_it_means_and_what_to_do() -> None:
    for error in family():
        assert error.__doc__, error
        assert error.hint, error
        assert re.fullmatch(r"[a-z][a-z_]+", error.code), error


@pytest.mark.parametrize("error", family(), ids=lambda error: error.code)
def test_every_error_has_a_status_of_its_own_or_of_its_branch(error: type[KilnError]) -> None:
    mapped = [ancestor for ancestor in error.__mro__ if ancestor in http.STATUS]
    if error is not errors.InternalError:
        assert mapped[0] is not KilnError, "would be a plain 500"
    status = http.status_of(error)
    assert 400 <= status < 600
    mistake = status < 500 and status != 429  # too many requests are fine later
    assert not (error.retryable and mistake), "a caller's mistake is not worth a retry"


def test_no_status_is_kept_for_an_error_that_is_gone() -> None:
    assert set(http.STATUS) <= {KilnError, *family()}
