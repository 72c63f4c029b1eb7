"""From phrases to English sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from recipe_service.domain.cook.phrases import TEMPERATURE, Fragment, Phrase

# Literals that carry a list on from one placeholder to the next.
_COMMA = frozenset({", ", ", the "})
_AND = frozenset({" and ", " and the ", ", and ", ", and the "})
_TIDY = (
    (re.compile(r"\s+"), " "),
    (re.compile(r" ([,.;:!?])"), r"\1"),
    (re.compile(r"[,.;]+(?=[,.;:!?])"), ""),
)
_ENDS = re.compile(r"[.;:!?]")
_SENTENCE = re.compile(r"(^|[.!?] )([a-z\u00e0-\u00ff])")


def enumerate_names(names: Sequence[str]) -> str:
    """Join names: ``carrots, leek and potatoes``."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def speak(phrase: Phrase, names: Mapping[str, Sequence[str]], temperature: str = "") -> str:
    """Say a phrase: optional fragments only when every role in them has a name.

    A role of several names inside a list becomes part of that list: "the {a} and {b}" with
    two for b is "the a, b and c", not "the a and b and c".
    """
    spoken = [part for part in phrase if not part.optional or part.roles <= names.keys()]
    pieces = _joined(_closed(spoken))
    for place in range(1, len(pieces), 2):
        if pieces[place] == TEMPERATURE:
            pieces[place] = temperature
            continue
        called = names[pieces[place]]
        before, after = pieces[place - 1], pieces[place + 1]
        if len(called) > 1 and place > 1 and before in _AND and after not in _COMMA | _AND:
            pieces[place - 1] = ", "
        goes_on = len(called) > 1 and after in _COMMA | _AND
        pieces[place] = ", ".join(called) if goes_on else enumerate_names(called)
    return tidy("".join(pieces))


def tidy(text: str) -> str:
    """Mend spaces and commas left by what was dropped; begin sentences with a capital."""
    for pattern, mended in _TIDY:
        text = pattern.sub(mended, text)
    return _SENTENCE.sub(lambda found: found[1] + found[2].upper(), text.strip(" ,"))


def _closed(spoken: Sequence[Fragment]) -> Iterator[Sequence[str]]:
    """End a list with "and" where its last item is optional: not "the a, the b" and a stop."""
    for place, fragment in enumerate(spoken):
        pieces = fragment.pieces
        following = spoken[place + 1].pieces[0] if place + 1 < len(spoken) else "."
        item = fragment.optional and len(pieces) == 3 and pieces[0] in _COMMA and not pieces[2]
        if item and _ENDS.match(following):
            pieces = (pieces[0].replace(",", " and", 1), *pieces[1:])
        yield pieces


def _joined(runs: Iterable[Sequence[str]]) -> list[str]:
    """Join runs of literal, placeholder, literal … where their literals meet."""
    pieces = [""]
    for run in runs:
        pieces[-1] += run[0]
        pieces += run[1:]
    return pieces
