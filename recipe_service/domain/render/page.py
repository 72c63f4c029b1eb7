"""A recipe as one HTML page: readable, printable, and understood by recipe managers."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from common.contracts.recipe import Recipe
from recipe_service.domain.render.jsonld import to_script
from recipe_service.domain.render.labels import (
    Labels,
    ingredient_line,
    labels_of,
    language_tag,
    nutrition_line,
    plain,
    sections,
    times,
)

# Nothing on the page may load or run anything, whatever a model wrote into a title.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = """
:root { color-scheme: light dark; --ink: #26211c; --paper: #fdfbf7; --line: #d9cfc0;
  --accent: #a4442c }
@media (prefers-color-scheme: dark) { :root { --ink: #eee6da; --paper: #1d1a17; --line: #4a433a;
  --accent: #e08a6e } }
body { margin: 0 auto; max-width: 46rem; padding: 2rem 1.2rem; background: var(--paper);
  color: var(--ink); font: 1.06rem/1.55 Georgia, "Noto Serif", serif }
h1 { margin: 0 0 .3rem; font-size: 2.1rem; line-height: 1.15 }
h2 { margin: 2rem 0 .5rem; color: var(--accent); font-size: 1.2rem }
h3 { margin: 1.2rem 0 .3rem; font-size: 1rem; font-style: italic; font-weight: normal }
.summary { font-style: italic }
.facts { padding: .5rem 0; border: solid var(--line); border-width: 1px 0; font-size: .95rem }
.facts span + span::before { content: " · " }
ul { padding: 0; list-style: none; columns: 2 17rem }
li { break-inside: avoid }
ul li { padding: .15rem 0 }
ol { padding-left: 1.6rem }
ol li { margin: .5rem 0 }
b { font-weight: 600 }
small, footer { font-size: .88rem; opacity: .85 }
@media print { body { padding: 0; background: none; color: #000; font-size: 11pt } }
"""


def recipe_page(recipe: Recipe) -> str:
    """Return a page that stands alone: style and JSON-LD inside, nothing to load, no script run."""
    words = labels_of(recipe)
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="{language_tag(recipe)}">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta property="og:site_name" content="Kiln">',
            f"<title>{escape(recipe.title)}</title>",
            f"<style>{_STYLE}</style>",
            f'<script type="application/ld+json">{to_script(recipe)}</script>',
            "</head>",
            "<body>",
            "<article>",
            *_head(recipe, words),
            *_ingredients(recipe, words),
            *_method(recipe, words),
            *_foot(recipe, words),
            "</article>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _head(recipe: Recipe, words: Labels) -> Iterator[str]:
    yield f"<h1>{escape(recipe.title)}</h1>"
    if recipe.summary:
        yield f'<p class="summary">{escape(recipe.summary)}</p>'
    facts = [words.serves.format(recipe.servings)]
    spent = times(recipe)
    facts += [f"{words.phase(name)} {words.duration(minutes)}" for name, minutes in spent.items()]
    if len(spent) > 1:
        facts.append(f"{words.total} {words.duration(recipe.total_minutes)}")
    facts += [recipe.kitchen] if recipe.kitchen else []
    yield f'<p class="facts">{"".join(f"<span>{escape(fact)}</span>" for fact in facts)}</p>'


def _ingredients(recipe: Recipe, words: Labels) -> Iterator[str]:
    yield from (f"<h2>{words.ingredients}</h2>", "<ul>")
    for line in recipe.ingredients:
        text = escape(ingredient_line(line))
        amount = escape(line.amount)
        if amount and text.startswith(amount):
            text = f"<b>{amount}</b>{text.removeprefix(amount)}"
        bought = f" <small>({words.to_buy})</small>" if line.have == "missing" else ""
        yield f"<li>{text}{bought}</li>"
    yield "</ul>"


def _method(recipe: Recipe, words: Labels) -> Iterator[str]:
    yield f"<h2>{words.method}</h2>"
    runs, number = list(sections(recipe)), 1
    for phase, steps in runs:
        if len(runs) > 1:
            yield f"<h3>{words.phase(phase)}</h3>"
        yield f'<ol start="{number}">'
        yield from (f"<li>{escape(step.text)}</li>" for step in steps)
        yield "</ol>"
        number += len(steps)


def _foot(recipe: Recipe, words: Labels) -> Iterator[str]:
    yield "<footer>"
    if recipe.nutrition:
        yield f"<p>{words.nutrition}: {nutrition_line(recipe.nutrition)}.</p>"
    if recipe.allergens:
        yield f"<p>{words.allergens}: {escape(', '.join(recipe.allergens))}.</p>"
    if recipe.diets:
        yield f"<p>{words.suits}: {escape(', '.join(map(plain, recipe.diets)))}.</p>"
    if recipe.note:
        yield f"<p>{escape(recipe.note)}</p>"
    yield "</footer>"
