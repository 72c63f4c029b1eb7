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
_PREPOSITIONS = frozenset({"with", "in", "on", "and", "from", "of", "over", "under", "for", "or"})
# How an optional item of a list begins.
_ITEM = re.compile(r", (?:the )?(?:(?:zest|juice|flesh|zest and juice|rest|half) of the )?")
# How a list goes on behind one of its items.
_GOES_ON = re.compile(r"(?:,|,? and) (?:the |half |a |an |most |some |one |two |all |its |$)")
_SENTENCE = re.compile(r"(^|[.!?] )([a-z\u00e0-\u00ff])")


def enumerate_names(names: Sequence[str]) -> str:
    """Join names: ``carrots, leek and potatoes``."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def speak(phrase: Phrase, names: Mapping[str, Sequence[str]], temperature: str = "") -> str:
    """Say a phrase: optional fragments only when every role in them has a name.

    Roles that stand in a list, and the several names of one role, become one list: "the {a}
    and {b}[ and the {c}]" is "the onion, carrot and celery", whatever is dropped or plural.
    """
    spoken = [part for part in phrase if not part.optional or part.roles <= names.keys()]
    pieces = _joined(_closed(spoken))
    said = [pieces[0]]
    place = 1
    while place < len(pieces):
        if pieces[place] == TEMPERATURE:
            said += [temperature, pieces[place + 1]]
            place += 2
            continue
        end = _end_of_list(pieces, place)
        items = [names[role] for role in pieces[place : end + 1 : 2]]
        said += [_list_of(items, pieces[place + 1 : end : 2]), pieces[end + 1]]
        place = end + 2
    return tidy("".join(said))


def noun_follows(phrase: Phrase, role: str) -> bool:
    """Whether a role names the kind of a thing: "{a} soup" does, "stew with {a}" does not."""
    pieces = _joined(fragment.pieces for fragment in phrase)
    end = _end_of_list(pieces, pieces.index(role, 1))
    found = re.match(r" (\w+)", pieces[end + 1])
    return found is not None and found[1] not in _PREPOSITIONS


def _end_of_list(pieces: Sequence[str], place: int) -> int:
    """Find the last placeholder of the list that begins here."""
    while (
        place + 2 < len(pieces)
        and pieces[place + 1] in _COMMA | _AND
        and pieces[place + 2] != TEMPERATURE
    ):
        place += 2
    return place


def _list_of(items: Sequence[Sequence[str]], between: Sequence[str]) -> str:
    """Join the names of several roles; without any "and" the list goes on behind them."""
    if not between:
        return enumerate_names(items[0])
    article = "the " if all(literal.endswith("the ") for literal in between) else ""
    flat = list(items[0])
    for first, *others in items[1:]:
        flat += [article + first, *others]
    return ", ".join(flat) if _AND.isdisjoint(between) else enumerate_names(flat)


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
        item = fragment.optional and len(pieces) == 3 and _ITEM.fullmatch(pieces[0])
        if item and not pieces[2] and not _GOES_ON.match(following):
            pieces = (pieces[0].replace(",", " and", 1), *pieces[1:])
        yield pieces


def _joined(runs: Iterable[Sequence[str]]) -> list[str]:
    """Join runs of literal, placeholder, literal … where their literals meet."""
    pieces = [""]
    for run in runs:
        pieces[-1] += run[0]
        pieces += run[1:]
    return pieces
