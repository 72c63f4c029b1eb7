from __future__ import annotations

import pytest

from common import errors
from common.errors import InputError, KilnError, NoFace

CLASSES = [
    cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, KilnError)
]


def test_no_two_errors_share_a_code() -> None:
    codes = [cls.code for cls in CLASSES if cls is not KilnError]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_an_error_tells_what_happened_and_what_to_do(cls: type[KilnError]) -> None:
    error = cls("what happened")
    assert str(error) == error.detail == "what happened"
    assert error.advice == cls.hint
    assert cls.hint or cls is KilnError


def test_a_special_hint_replaces_the_general_one() -> None:
    assert NoFace("nobody", "Turn around.").advice == "Turn around."
    assert NoFace("nobody", "").advice == ""


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_what_the_caller_did_wrong_is_not_tried_again(cls: type[KilnError]) -> None:
    assert not (issubclass(cls, InputError) and cls.retryable)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_the_tree_in_the_module_text_shows_every_error(cls: type[KilnError]) -> None:
    assert cls.__name__ in (errors.__doc__ or "")
    assert cls is KilnError or cls.code in (errors.__doc__ or "") or cls is InputError
