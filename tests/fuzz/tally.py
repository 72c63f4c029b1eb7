"""How many inputs of each kind there were, and what became of them; printed at the end."""

from __future__ import annotations

from collections import Counter

_counts: Counter[tuple[str, str]] = Counter()


def count(kind: str, outcome: str, number: int = 1) -> None:
    _counts[kind, outcome] += number


def lines() -> list[str]:
    """One line a kind: the number of inputs, then the outcomes, most frequent first."""
    kinds: dict[str, Counter[str]] = {}
    for (kind, outcome), number in _counts.items():
        kinds.setdefault(kind, Counter())[outcome] += number
    return [
        f"{kind}: {outcomes.total()} inputs: "
        + ", ".join(f"{number} {outcome}" for outcome, number in outcomes.most_common())
        for kind, outcomes in kinds.items()
    ]
