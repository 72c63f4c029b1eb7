"""Text from outside: of users into a prompt, of a model into an answer."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

_MARKUP = re.compile(r"https?:|www\.|</?[a-z!]|\]\(|```", re.IGNORECASE)


def tidy(text: str) -> str:
    """Make one plain line: composed letters, single spaces, nothing invisible."""
    text = unicodedata.normalize("NFC", text)
    text = "".join(
        " " if sign.isspace() else sign
        for sign in text
        if sign.isspace() or unicodedata.category(sign) not in {"Cc", "Cf", "Cs", "Co"}
    )
    return " ".join(text.split())


def clipped(text: str, limit: int) -> str:
    """Tidy a user's text and bound its length."""
    return tidy(text[: 4 * limit])[:limit]


def _tidy_if_text(value: object) -> object:
    return tidy(value) if isinstance(value, str) else value


def _without_markup(text: str) -> str:
    if _MARKUP.search(text):
        raise ValueError("no links and no markup")
    return text


Plain = Annotated[str, BeforeValidator(_tidy_if_text), AfterValidator(_without_markup)]
"""A line of plain text in a model's answer."""
