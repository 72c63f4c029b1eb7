from __future__ import annotations

from common.lru import Lru


def test_what_was_not_used_for_longest_is_forgotten() -> None:
    kept: Lru[str, int] = Lru(2)
    kept.put("a", 1)
    kept.put("b", 2)
    assert kept.get("a") == 1  # which makes b the one
    kept.put("c", 3)
    assert [kept.get(key) for key in "abc"] == [1, None, 3]


def test_what_is_put_again_takes_its_own_place() -> None:
    kept: Lru[str, int] = Lru(2)
    for key, value in (("a", 1), ("b", 2), ("a", 3), ("c", 4)):
        kept.put(key, value)
    assert [kept.get(key) for key in "abc"] == [3, None, 4]


def test_what_is_taken_out_is_gone() -> None:
    kept: Lru[str, int] = Lru(2)
    kept.put("a", 1)
    assert (kept.pop("a"), kept.pop("a"), kept.get("a")) == (1, None, None)
