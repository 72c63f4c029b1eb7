"""Whatever can be set, called, seen or go wrong is written down; the files are fit to publish."""

from __future__ import annotations

import json
import re
import tomllib

import pytest

from common.contracts.stages import STAGES
from common.settings import Settings
from deploy import metrics_page
from deploy.metrics_page import all_metrics
from deploy.reference import FILE, codes, reference
from deploy.routes import SERVICES, routes_of
from tests.house import ROOT, tracked_files

BINARY = {
    ".npz",
    ".zip",
    ".jpg",
    ".ttf",
    ".jpeg",
    ".png",
    ".webp",
    ".glb",
    ".stl",
    ".3mf",
    ".gif",
    ".heic",
    ".ico",
}
PAPERS = ("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md")
# Taken apart, so that this file does not fail its own test.
REGISTRIES = ("py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "npm" + "js.com")
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:wo" + r"rk|ho" + r"me/\w+|Us" + r"ers/\w+|ro" + r"ot)/")


@pytest.fixture(scope="module")
def written() -> str:
    """Text of every page for people."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    pages += [ROOT / room / "README.md" for room in SERVICES]
    return "\n".join(page.read_text("utf-8") for page in pages if page.exists())


def test_the_reference_is_up_to_date() -> None:
    assert FILE.read_text("utf-8") == reference(), "run `make docs` and commit the page"


def test_the_page_of_metrics_is_up_to_date() -> None:
    written = metrics_page.FILE.read_text("utf-8")
    assert written == metrics_page.metrics_page(), "run `make docs` and commit the page"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_described(name: str, written: str) -> None:
    assert Settings.model_fields[name].description
    assert f"KILN_{name.upper()}" in written


@pytest.mark.parametrize("room", ["common", *SERVICES])
def test_every_call_is_described(room: str, written: str) -> None:
    routes = routes_of(room)
    assert routes, "the scan of the source finds nothing any more"
    for route in routes:
        rule = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.rule)
        assert f"{route.method} {rule}`" in written
        assert route.summary or room == "common", f"{route.rule}: no docstring"


def test_the_calls_read_off_the_source_are_those_the_gateway_serves() -> None:
    from gateway.app import create_app  # noqa: PLC0415  only this test needs the app

    rules = create_app(Settings(store_url="memory:///")).url_map.iter_rules()
    served = {rule.rule for rule in rules if rule.endpoint != "static"}
    assert served == {route.rule for room in ("common", "gateway") for route in routes_of(room)}


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_every_stage_and_what_it_writes_is_described(stage: object, written: str) -> None:
    (row,) = [one for one in STAGES if one is stage]
    assert f"`{row.name}`" in written
    for output in row.writes:
        assert f"`{output.name}`" in written


def test_every_metric_is_described(written: str) -> None:
    for metric in all_metrics():
        (family,) = metric.describe()
        assert f"`{family.name}" in written
        assert family.documentation, family.name
        assert family.name.startswith(("kiln_", "celery_"))


@pytest.mark.parametrize("code", sorted(codes()))
def test_every_error_code_is_described(code: str, written: str) -> None:
    assert f"`{code}`" in written


@pytest.mark.parametrize("room", SERVICES)
def test_every_room_has_a_readme(room: str) -> None:
    assert (ROOT / room / "README.md").is_file()


@pytest.mark.parametrize("name", PAPERS)
def test_the_house_has_its_papers(name: str) -> None:
    assert (ROOT / name).is_file()


def test_every_link_between_pages_leads_somewhere() -> None:
    broken = []
    for page in (path for path in tracked_files() if path.suffix == ".md"):
        targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        broken += [
            f"{page.relative_to(ROOT)}: {target}"
            for target in targets
            if "://" not in target and not (page.parent / target).exists()
        ]
    assert broken == []


def test_every_answer_in_the_recipe_page_is_what_the_call_answers() -> None:
    from gateway.domain.calls.table import CALLS  # noqa: PLC0415  only this test needs the table

    page = (ROOT / "docs" / "recipes.md").read_text("utf-8")
    calls = {f"{call.method} {call.path}": call for call in CALLS}
    for section in page.split("\n### ")[1:]:
        name = section.partition("`")[2].partition("`")[0]
        models = [answer.model for answer in calls[name].answers if answer.model]
        blocks = re.findall(r"```json\n(.*?)```", section, re.DOTALL)
        assert blocks, name
        for block in blocks:
            said = json.loads(block)
            assert any(said.keys() - {"…"} <= model.model_fields.keys() for model in models), name
    for block in re.findall(r"```json\n(.*?)```", page, re.DOTALL):
        json.loads(block)


def test_every_setting_used_by_the_stack_exists() -> None:
    used: set[str] = set()
    for name in ("deploy/supervisord.conf", "deploy/stack.py", "Makefile", "README.md"):
        if (ROOT / name).exists():
            used.update(re.findall(r"\bKILN_([A-Z][A-Z_]+[A-Z])\b", (ROOT / name).read_text()))
    assert {name.lower() for name in used} <= set(Settings.model_fields)


def test_every_make_target_in_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    readme = (ROOT / "README.md").read_text("utf-8")
    assert set(re.findall(r"`make ([a-z-]+)", readme)) <= targets
    assert {"setup", "up", "down", "demo", "check", "test", "logs", "help"} <= targets


def test_no_path_of_a_machine_and_no_registry_is_written_down() -> None:
    found = []
    for path in tracked_files():
        if path.suffix in BINARY:
            continue
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            if any(host in line for host in REGISTRIES) or MACHINE_PATHS.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
    assert found == []


def test_every_package_is_pinned_with_hashes() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        pinned = re.findall(r"^[\w.-]+(?:\[[\w,]+\])?==", text, re.MULTILINE)
        assert len(pinned) == len(re.findall(r"(?:\\\n +--hash=\S+ ?)+", text)), name
        assert not re.search(r"^(-e|-i|--(extra-)?index-url|--find-links)", text, re.MULTILINE)


def test_every_direct_dependency_is_locked() -> None:
    for name in ("requirements", "requirements-dev"):
        wanted = (ROOT / f"{name}.in").read_text()
        names = re.findall(r"^([a-z][\w-]*)", wanted, re.MULTILINE)
        locked = (ROOT / f"{name}.txt").read_text()
        assert [one for one in names if f"\n{one}==" not in f"\n{locked}"] == []


def test_the_project_asks_for_the_python_it_is_checked_with() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["requires-python"] == ">=3.11"
    assert project["tool"]["mypy"]["python_version"] == "3.11"
