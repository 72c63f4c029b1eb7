"""The page of a recipe at an address: what only the house that serves it can say."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import escape
from typing import Any, Final

_SCRIPT: Final = re.compile(r'(<script type="application/ld\+json">)(.*?)(</script>)', re.DOTALL)
_ENDS_A_SCRIPT: Final = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def at_address(page: str, url: str, known: Mapping[str, Any]) -> str:
    """Write into a recipe's page where it is, and what is known of it beside its text.

    Parameters
    ----------
    page
        As ``recipe-1.html`` has it, with one JSON-LD object.
    url
        Absolute address of the page, which recipe managers keep as the recipe's source.
    known
        More properties of the schema.org Recipe, such as ``datePublished``.
    """
    found = _SCRIPT.search(page)
    if found is None:  # not written by this house: better unchanged than broken
        return page
    facts = json.loads(found[2]) | {"url": url, "mainEntityOfPage": url} | known
    text = json.dumps(facts, ensure_ascii=False, indent=1).translate(_ENDS_A_SCRIPT)
    canonical = f'<link rel="canonical" href="{escape(url)}">\n'
    return page[: found.start()] + canonical + found[1] + text + page[found.end(2) :]
