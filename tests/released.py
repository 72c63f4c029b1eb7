"""What was promised with the last release of the API, and which changes would break it.

``python -m tests.released`` writes today's description as the promise; do it with each release. It
refuses while today's breaks the promise before; ``--anyway`` is for what nobody was given yet.
Rules: docs/api-versions.md.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from common.exposition import house_version
from gateway.domain.openapi import build_openapi

FILE: Final = Path(__file__).parent / "contract" / "released" / "openapi-v1.json"
WORDS: Final = {"description", "summary", "example", "examples", "title", "x-codeSamples", "tags"}
NAMES: Final = {"properties", "schemas", "headers", "responses"}  # their keys are no words of ours
LEAST: Final = {"minimum", "minLength", "minItems"}
MOST: Final = {"maximum", "maxLength", "maxItems"}
SAME: Final = ("format", "const", "default", "x-default")
Found = Iterator[str]
Schema = dict[str, Any]


def promise(document: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is for people: words may change at any time."""
    plain = _plain(document)
    assert isinstance(plain, dict)
    kept = {name: plain[name] for name in ("info", "openapi", "paths")}
    return kept | {"components": {"schemas": plain["components"]["schemas"]}}


def breaking(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """List what a client of the old description could trip over with the new one."""
    return [*_calls(old, new)]


def _plain(node: Any, *, named: bool = False) -> Any:
    if isinstance(node, list):
        return [_plain(one) for one in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _plain(value, named=key in NAMES and not named)
        for key, value in node.items()
        if named or key not in WORDS
    }


def _calls(old: Schema, new: Schema) -> Found:
    for path, methods in old["paths"].items():
        for method, call in methods.items():
            where = f"{method.upper()} {path}"
            now = new["paths"].get(path, {}).get(method)
            if now is None:
                yield f"{where} is gone"
                continue
            for name, what in (("operationId", "name in clients"), ("x-scope", "scope")):
                if call.get(name) != now.get(name):
                    yield f"{where} has another {what}: {call.get(name)} → {now.get(name)}"
            yield from _parameters(where, call, now)
            yield from _bodies(where, call.get("requestBody", {}), now.get("requestBody", {}))
            yield from _answers(where, call, now, (old, new))


def _parameters(where: str, old: Schema, new: Schema) -> Found:
    before, after = ({(p["in"], p["name"]): p for p in one["parameters"]} for one in (old, new))
    for key, parameter in before.items():
        said = f"{where}: {key[0]} parameter `{key[1]}`"
        if key not in after:
            yield f"{said} is gone"
            continue
        if after[key]["required"] and not parameter["required"]:
            yield f"{said} is required now"
        yield from _sent(said, parameter["schema"], after[key]["schema"])
    for key in after.keys() - before.keys():
        if after[key]["required"]:
            yield f"{where}: {key[0]} parameter `{key[1]}` is new, and required"


def _bodies(where: str, old: Schema, new: Schema) -> Found:
    if new.get("required") and not old.get("required"):
        yield f"{where}: a body is required now"
    for kind, content in old.get("content", {}).items():
        if kind not in new.get("content", {}):
            yield f"{where}: no body of {kind} is read any more"
            continue
        yield from _sent(f"{where}: {kind}", content["schema"], new["content"][kind]["schema"])


def _sent(where: str, old: Schema, new: Schema) -> Found:
    """Compare what a client may send: nothing that was understood may be refused."""
    yield from _values(where, old, new)
    yield from _limits(where, old, new)
    if added := {*new.get("required", ())} - {*old.get("required", ())}:
        yield f"{where}: {', '.join(sorted(added))} is required now"
    for name, one in old.get("properties", {}).items():
        if name in new.get("properties", {}):
            yield from _sent(f"{where}: `{name}`", one, new["properties"][name])
        else:
            yield f"{where}: `{name}` is gone"
    if "items" in old and "items" in new:
        yield from _sent(f"{where}: each", old["items"], new["items"])
    yield from _choices(where, old, new)


def _values(where: str, old: Schema, new: Schema) -> Found:
    if _types(old) - _types(new) and _types(new):
        yield f"{where}: no {', '.join(sorted(_types(old) - _types(new)))} any more"
    if gone := [one for one in old.get("enum", ()) if one not in new.get("enum", [one])]:
        yield f"{where}: {', '.join(gone)} is understood no more"
    if "enum" in new and "enum" not in old:
        yield f"{where}: only {', '.join(map(str, new['enum']))} is understood now"
    if "pattern" in new and not _alternatives(old) <= _alternatives(new):
        yield f"{where}: pattern {old.get('pattern')} → {new['pattern']}"
    for name in SAME:
        if name in old and old[name] != new.get(name):
            yield f"{where}: {name} {old[name]} → {new.get(name)}"


def _alternatives(schema: Schema) -> set[str]:
    """Read a pattern of words as a set of them: a longer list understands all that it did."""
    pattern = schema.get("pattern", "")
    words = re.fullmatch(r"\^\(([^()]*)\)\$", pattern)
    return {*words[1].split("|")} if words else {pattern}


def _limits(where: str, old: Schema, new: Schema) -> Found:
    for limits, sign in ((LEAST, 1), (MOST, -1)):
        for name in sorted(limits & new.keys()):
            if name not in old or sign * new[name] > sign * old[name]:
                yield f"{where}: {name} {old.get(name, 'none')} → {new[name]}"


def _choices(where: str, old: Schema, new: Schema) -> Found:
    """Compare alternatives: each kind that was understood still is."""
    kinds = {json.dumps(sorted(_types(one))): one for one in new.get("anyOf", ())}
    for one in old.get("anyOf", ()) if kinds else ():
        now = kinds.get(json.dumps(sorted(_types(one))))
        if now is None:
            yield f"{where}: no {one.get('type', one)} any more"
        else:
            yield from _sent(where, one, now)


def _answers(where: str, old: Schema, new: Schema, both: tuple[Schema, Schema]) -> Found:
    for status, answer in old["responses"].items():
        now = new["responses"].get(status)
        if now is None and status < "400":
            yield f"{where}: never answers {status} any more"
        if now is None:
            continue
        for name in answer.get("headers", {}).keys() - now.get("headers", {}).keys():
            yield f"{where}: {status} has no header {name} any more"
        for kind, content in answer.get("content", {}).items():
            if kind not in now.get("content", {}):
                yield f"{where}: {status} is no {kind} any more"
                continue
            schemas = (content.get("schema", {}), now["content"][kind].get("schema", {}))
            yield from _told(f"{where}: {status}", *schemas, both, frozenset())


def _told(
    where: str, old: Schema, new: Schema, both: tuple[Schema, Schema], seen: frozenset[str]
) -> Found:
    """Compare what a client reads: what was always there still is, as it was."""
    name = old.get("$ref", "")
    if name in seen:
        return
    seen |= {name} - {""}
    old, new = (_found(one, document) for one, document in zip((old, new), both, strict=True))
    if _types(new) - _types(old) and _types(old):
        yield f"{where} may be {', '.join(sorted(_types(new) - _types(old)))} now"
    if added := [one for one in new.get("enum", ()) if one not in old.get("enum", [one])]:
        yield f"{where} may be {', '.join(map(str, added))} now, which clients do not know"
    if gone := {*old.get("required", ())} - {*new.get("required", ())}:
        yield f"{where}: `{'`, `'.join(sorted(gone))}` may be missing now"
    for key, one in old.get("properties", {}).items():
        if key in new.get("properties", {}):
            yield from _told(f"{where}: `{key}`", one, new["properties"][key], both, seen)
        else:
            yield f"{where}: `{key}` is gone"
    for key in ("items", "additionalProperties"):
        if isinstance(old.get(key), dict) and isinstance(new.get(key), dict):
            yield from _told(f"{where}: each", old[key], new[key], both, seen)


def _found(schema: Schema, document: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    found: Schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def _types(schema: Schema) -> set[str]:
    said = schema.get("type", [])
    own = {said} if isinstance(said, str) else {*said}
    alternatives = (_types(one) or {one.get("$ref", "")} for one in schema.get("anyOf", ()))
    return own.union(*alternatives) - {""}


def main() -> int:
    """Write today's promise, unless it breaks the one before."""
    today = promise(build_openapi(house_version()))
    found = breaking(json.loads(FILE.read_text("utf-8")), today) if FILE.exists() else []
    if found and "--anyway" not in sys.argv:
        sys.stderr.write("\n".join([*found, "Nothing was written.", ""]))
        return 1
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(today, indent=1, sort_keys=True) + "\n", "utf-8")
    sys.stdout.write(f"wrote {FILE}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
