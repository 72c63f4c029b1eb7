"""The little language of dish texts: ``{role}``, ``{temperature}`` and ``[optional clause]``.

A text is cut into fragments. A fragment in square brackets is spoken only when every
role in it is filled; the others are always spoken. Brackets do not nest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

TEMPERATURE = "temperature"

_FRAGMENT = re.compile(r"\[([^\[\]]*)\]|([^\[\]]+)")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"[a-z_]+")
_VERB = re.compile(r"\}\s+(is|are|was|were|has|have|turns?|looks?|feels?|smells?)\b")
_ARTICLE = re.compile(r"\b(an?)\s+\{", re.IGNORECASE)


@dataclass(frozen=True)
class Fragment:
    """A run of text: literal pieces at even places, names of placeholders at odd ones."""

    pieces: tuple[str, ...]
    optional: bool

    @property
    def roles(self) -> frozenset[str]:
        """Roles that are named in it."""
        return frozenset(self.pieces[1::2]) - {TEMPERATURE}


Phrase = tuple[Fragment, ...]


def parse(text: str) -> Phrase:
    """Cut a text into fragments; what is malformed is for `malformed` to say."""
    fragments = []
    for found in _FRAGMENT.finditer(text):
        inside, outside = found.groups()
        content = outside if inside is None else inside
        fragments.append(Fragment(tuple(_PLACEHOLDER.split(content)), inside is not None))
    return tuple(fragments)


def malformed(text: str) -> Iterator[str]:
    """Say what is wrong with a text, whatever its roles are."""
    depth = 0
    for character in text:
        depth += {"[": 1, "]": -1}.get(character, 0)
        if depth not in {0, 1}:
            yield "square brackets must close and may not nest"
            return
    if depth:
        yield "a square bracket is left open"
    outside = _PLACEHOLDER.sub("", text)
    if "{" in outside or "}" in outside:
        yield "a curly bracket is left open"
    for name in _PLACEHOLDER.findall(text):
        if not _NAME.fullmatch(name):
            yield f"{{{name}}} is no placeholder: a-z and _ only"
    for fragment in parse(text):
        if fragment.optional and not fragment.roles:
            yield "a square bracket names no role: it would always be spoken"
    yield from _awkward(text)


def _awkward(text: str) -> Iterator[str]:
    if found := _VERB.search(text):
        yield f"{found.group(1)!r} agrees with a placeholder: write it without a verb"
    if found := _ARTICLE.search(text):
        yield f"{found.group(1)!r} before a placeholder: write 'the {{role}}'"
    if re.search(r"\}'?s\b", text):
        yield "a placeholder has its plural already: no 's' after it"
    if "  " in text or text != text.strip() or "\n" in text:
        yield "spaces: one between words, none at the ends, no line breaks"


def literal(text: str) -> str:
    """Keep the words that stand in the text itself: placeholders are cut out."""
    return _PLACEHOLDER.sub(" \0 ", text).replace("[", " ").replace("]", " ")
