"""The HTTP calls of a service, read off its source: no app is built, no model loaded."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from deploy.stack import ROOT

SERVICES: Final = ("gateway", "stylize_service", "fusion_service", "recipe_service")
VERBS: Final = {"get", "post", "put", "patch", "delete"}


@dataclass(frozen=True)
class Route:
    """One call: ``rule`` is Flask's, with ``<name>`` for the variable parts."""

    method: str
    rule: str
    summary: str


def routes_of(package: str) -> list[Route]:
    """All calls a package declares by ``@blueprint.get(...)`` or ``add_url_rule(...)``."""
    found: set[Route] = set()
    for path in sorted((ROOT / package).rglob("*.py")):
        found.update(_routes_in(ast.parse(path.read_text("utf-8"))))
    return sorted(found, key=lambda route: (route.rule, route.method))


def _routes_in(module: ast.Module) -> Iterator[Route]:
    functions = {node.name: node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)}
    for function in functions.values():
        for decorator in function.decorator_list:
            if isinstance(decorator, ast.Call) and (verb := _name(decorator)) in VERBS:
                yield Route(verb.upper(), _rule(decorator), _summary(function))
    for call in (node for node in ast.walk(module) if isinstance(node, ast.Call)):
        if _name(call) == "add_url_rule" and isinstance(call.args[0], ast.Constant):
            view = _keyword(call, "view_func") or call.args[-1]
            names = [node.id for node in ast.walk(view) if isinstance(node, ast.Name)]
            summary = next((_summary(functions[n]) for n in names if n in functions), "")
            yield Route(_method(call), _rule(call), summary)


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _rule(call: ast.Call) -> str:
    return str(ast.literal_eval(call.args[0]))


def _method(call: ast.Call) -> str:
    methods = _keyword(call, "methods")
    return str(ast.literal_eval(methods)[0]) if methods else "GET"


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def _summary(function: ast.FunctionDef) -> str:
    return (ast.get_docstring(function) or "").partition("\n")[0]
