"""``kiln audit``, ``kiln recover`` and ``kiln dead`` against a house without Redis."""

from __future__ import annotations

import json
from typing import Any, Self

import pytest
import redis
from typer.testing import CliRunner, Result

from common.errors import LedgerUnavailable, NoFace, StageHung
from common.ledger import audit as auditing
from common.ledger import redis_ledger
from common.ledger.audit import Report
from common.ledger.audit_rules import Finding, Kind
from common.ledger.protocol import MAX_ATTEMPTS
from common.ledger.records import Claim
from common.settings import Settings
from gateway import promises
from gateway.cli import app
from gateway.house import EXTENSION
from tests.unit.gateway.conftest import Stack


@pytest.fixture(autouse=True)
def house(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.house.open_house", lambda _: stack.app.extensions[EXTENSION])
    monkeypatch.setattr("gateway.recover.SETTLING_MS", 0)


def kiln(*words: str, **options: Any) -> Result:
    return CliRunner().invoke(app, words, env={"COLUMNS": "200"}, **options)


def reports(monkeypatch: pytest.MonkeyPatch, *findings: Finding) -> None:
    report = Report({"succeeded": 2, "queued": 1}, 7, findings)
    monkeypatch.setattr(auditing, "audit", lambda *_, **__: report)


def hang(stack: Stack, job: str, node: str = "fusion.measure") -> None:
    """Let a stage use up its attempts."""
    for _ in range(MAX_ATTEMPTS):
        claim = stack.ledger.claim(job, node, "w1@here")
        assert isinstance(claim, Claim), claim
        stack.ledger.fail(claim, StageHung("it took 200 s"))


# -- audit ---------------------------------------------------------------------------------
def test_a_clean_house_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    reports(monkeypatch)
    result = kiln("audit")
    assert result.exit_code == 0
    assert "1 queued, 2 succeeded; files: 7" in result.stdout
    assert "clean" in result.stdout


def test_findings_are_listed_and_end_in_an_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    reports(monkeypatch, Finding(Kind.STUCK, "j1", "nothing [will] move it"))
    result = kiln("audit")
    assert result.exit_code == 1
    assert ("stuck" in result.stdout, "nothing [will] move it" in result.stdout) == (True, True)


def test_an_audit_speaks_json(monkeypatch: pytest.MonkeyPatch) -> None:
    reports(monkeypatch, Finding(Kind.ORPHAN, "", "nobody refers to a/b", "a/b"))
    result = kiln("audit", "--json")
    said = json.loads(result.stdout)
    assert (result.exit_code, said["clean"], said["files"]) == (1, False, 7)
    assert said["findings"][0]["kind"] == "orphan"


def test_an_audit_may_leave_the_files_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def note(*_: object, check_hashes: bool) -> Report:
        asked.append(check_hashes)
        return Report({}, 0, ())

    monkeypatch.setattr(auditing, "audit", note)
    assert kiln("audit", "--quick").exit_code == kiln("audit").exit_code == 0
    assert asked == [False, True]


@pytest.mark.parametrize("command", [("audit",), ("recover",), ("dead", "list")])
def test_redis_away_is_told_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    def away(*_: object, **__: object) -> None:
        raise LedgerUnavailable("Redis does not answer")

    monkeypatch.setattr("gateway.house.open_house", away)
    monkeypatch.setattr(auditing, "audit", away)
    result = kiln(*command)
    assert result.exit_code == 3
    assert ("does not answer" in result.stderr, "make status" in result.stderr) == (True, True)


# -- redis ---------------------------------------------------------------------------------
class Asked:
    """A client of Redis that keeps what it was asked, and gives one answer."""

    def __init__(self, answer: object) -> None:
        self.answer, self.words, self.response_callbacks = answer, (), {"INFO": dict}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def execute_command(self, *words: str) -> object:
        self.words = words
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "lines", "code"),
    [
        ("used_memory:7\r\nmaxmemory:9\r\n", ["used_memory:7", "maxmemory:9"], 0),
        (None, ["(nil)"], 0),
        (["a", ["b", 3]], ["a", "b", "3"], 0),
        (redis.ResponseError("unknown command"), [], 2),
        (redis.ConnectionError("away"), [], 3),
    ],
    ids=["text", "nothing", "lists", "refused", "away"],
)
def test_redis_is_asked_as_the_settings_say(
    monkeypatch: pytest.MonkeyPatch, answer: object, lines: list[str], code: int
) -> None:
    client, urls = Asked(answer), []
    monkeypatch.setattr(redis_ledger, "connect", lambda url: urls.append(url) or client)
    result = kiln("redis", "zrange", "kiln:queue", "0", "-1", "--withscores")
    assert (result.exit_code, result.stdout.splitlines()) == (code, lines)
    assert client.words == ("zrange", "kiln:queue", "0", "-1", "--withscores")
    assert urls == [Settings().ledger_url]


# -- recover -------------------------------------------------------------------------------
def lose(stack: Stack, job: str) -> None:
    del stack.ledger._book.jobs[job]


def test_a_lost_job_is_made_anew(stack: Stack) -> None:
    job = stack.submit()
    lose(stack, job)
    stack.published.clear()
    result = kiln("recover")
    assert result.exit_code == 0, result.output
    assert "made anew: 1;" in result.stdout
    assert [name for name, _ in stack.published] == [job]
    assert "made anew: 0; too late, ended as expired: 0; known to the ledger: 1" in (
        kiln("recover").stdout
    )


def test_what_cannot_be_made_anew_is_listed(stack: Stack) -> None:
    stack.store.put("promises", "promise", "application/json", b"{}")
    result = kiln("recover")
    assert (result.exit_code, "it does not fit" in result.stdout) == (1, True)
    assert json.loads(kiln("recover", "--json").stdout)["lost"][0]["job"] == ""


def test_the_sweep_asks_first_and_spares_what_was_promised(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.submit()
    (promise,) = promises.hashes(stack.store)
    stray = stack.store.put("local", "x", "text/plain", b"stray").sha256
    paths = [f"local/{stray[:2]}/{stray}", f"promises/{promise[:2]}/{promise}"]
    reports(monkeypatch, *(Finding(Kind.ORPHAN, "", "nobody", path) for path in paths))
    stack.ledger.trash(-1)
    refused = kiln("recover", "--sweep", input="n\n")
    assert "Throw away 1 of 7 files?" in refused.stderr
    assert stack.ledger.trash(-1) == []
    assert kiln("recover", "--sweep", "--yes").exit_code == 0
    assert stack.ledger.trash(-1) == [("local", stray)]


# -- dead letters ----------------------------------------------------------------------------
def test_a_dead_letter_is_listed_and_shown(stack: Stack) -> None:
    assert "No dead letters" in kiln("dead", "list").stdout
    job = stack.submit()
    hang(stack, job)
    listed = kiln("dead", "list")
    assert listed.exit_code == 0
    for word in (job, "fusion.measure", "hang", "kept"):
        assert word in listed.stdout
    shown = kiln("dead", "show", job)
    photo = stack.record(job).artifacts["photo"].sha256
    for word in ("it took 200 s", f"failed after {MAX_ATTEMPTS} attempts", photo, "w1@here"):
        assert word in shown.stdout
    (said,) = json.loads(kiln("dead", "list", "--json").stdout)
    assert said["stages"][0]["attempts"] == MAX_ATTEMPTS
    assert json.loads(kiln("dead", "show", job, "--json").stdout) == said


def test_what_somebody_wished_for_is_not_shown(stack: Stack) -> None:
    job = str(stack.ask("leek", diet=["vegan"], hint="for my sick aunt").json["id"])
    hang(stack, job, "recipe.recognise")
    for command in (("list",), ("show", job)):
        for as_json in ((), ("--json",)):
            said = kiln("dead", *command, *as_json).stdout
            assert not any(word in said for word in ("leek", "vegan", "aunt")), said


def test_a_dead_letter_is_replayed_as_a_new_job(stack: Stack) -> None:
    job = stack.submit(style="oil")
    hang(stack, job)
    result = kiln("dead", "replay", job)
    assert result.exit_code == 0, result.output
    (new,) = (one for one in stack.ledger.jobs("local", None, 10) if one.id != job)
    assert new.id in result.stdout
    assert new.params == stack.record(job).params | {"from": job}
    stack.run(new.id)
    assert stack.record(new.id).state == "succeeded"
    assert stack.record(job).state == "failed"
    assert "No dead letters" in kiln("dead", "list").stdout


def test_a_recipe_that_died_behind_its_pause_does_not_pause_again(stack: Stack) -> None:
    job = stack.paused()
    stack.client.post(f"/v1/jobs/{job}/resume", json={"ingredients": ["feta"]})
    for node in ("recipe.compose#0", "recipe.compose#1", "recipe.compose#2"):
        stack.run_stage(job, node)
    hang(stack, job, "recipe.rank")
    new = json.loads(kiln("dead", "replay", job, "--json").stdout)["id"]
    assert stack.record(new).params["edited"] == ["feta"]
    assert not any(node.hold for node in stack.record(new).plan.nodes)


@pytest.mark.parametrize("command", ["show", "replay"])
def test_a_job_that_failed_for_another_reason_is_no_dead_letter(stack: Stack, command: str) -> None:
    job = stack.submit()
    claim = stack.ledger.claim(job, "fusion.measure", "w1")
    assert isinstance(claim, Claim)
    stack.ledger.fail(claim, NoFace("nobody is there"))
    result = kiln("dead", command, job)
    assert (result.exit_code, "no dead letter" in result.stderr) == (2, True)


def test_a_dead_letter_without_its_photo_cannot_be_replayed(stack: Stack) -> None:
    job = stack.submit()
    hang(stack, job)
    stack.ledger._book.jobs[job].due["photo"] = 0
    stack.ledger.expire()
    assert "gone" in kiln("dead", "show", job).stdout
    result = kiln("dead", "replay", job)
    assert (result.exit_code, "has expired" in result.stderr) == (2, True)
