"""What a page shows is compared with what came, and the comparison can fail."""

from __future__ import annotations

import pytest

from tests.docs.expected import json_differs, text_differs

pytestmark = pytest.mark.docs_slice  # takes no time
ID = "9457ac4a1643dadc397f0b1d4a3fb75d"
OTHER = "0c65e94f0a4bd1b0f33a0c4b3a9a2f10"


@pytest.mark.parametrize(
    ("shown", "came"),
    [
        ("Kiln is up.", "Kiln is up.\n  page http://x"),
        (f"figurine {ID}: succeeded", f"  figurine {OTHER}:   succeeded  \n"),
        ("about 4 h 19 min, 53 g", "about 3 h 9 min, 53 g"),
        ("│ Sculpt │      17 │", "│ Sculpt │ 1234 │"),
        ("first\n…\nlast", "first\nsecond\nthird\nlast"),
        ("out/…  1.8 MB", "out/figurine.glb  2 MB"),
    ],
)
def test_what_differs_each_time_may_differ(shown: str, came: str) -> None:
    assert text_differs(shown, came) == ""


@pytest.mark.parametrize(
    ("shown", "came"),
    [
        ("Kiln is up.", "Kiln is down."),
        ("first\nlast", "first\nsecond\nlast"),
        ("last\nfirst", "first\nlast"),
        ("likeness 95 of 100", "likeness 60 of 100"),
        (f"figurine {ID}: succeeded", f"figurine {ID}: failed"),
    ],
)
def test_what_the_page_promises_must_come(shown: str, came: str) -> None:
    assert text_differs(shown, came)


@pytest.mark.parametrize(
    ("shown", "came"),
    [
        ('{"a": 1, "…": "…"}', '{"a": 2.5, "b": 3}'),
        (f'{{"id": "{ID}"}}', f'{{"id": "{OTHER}"}}'),
        ('[{"a": 1}, {"…": "…"}]', '[{"a": 1}, {"a": 2}]'),
        ('{"a": "…"}', '{"a": "anything"}'),
    ],
)
def test_an_answer_may_hold_more_than_the_page_shows(shown: str, came: str) -> None:
    assert json_differs(shown, came) == ""


@pytest.mark.parametrize(
    ("shown", "came"),
    [
        ('{"a": 1}', "{}"),
        ('{"a": 1}', '{"a": "1"}'),
        ('{"a": "x"}', '{"a": "y"}'),
        ('{"a": true}', '{"a": false}'),
        ("[1]", "[1, 2]"),
        ("{}", "no JSON"),
    ],
)
def test_an_answer_holds_what_the_page_shows(shown: str, came: str) -> None:
    assert json_differs(shown, came)
