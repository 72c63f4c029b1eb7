"""A house with a lock: who gets in, to what, and how often."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from limits.storage import MemoryStorage

from common import metrics
from common.settings import Settings
from gateway.app import create_app
from gateway.domain.calls.table import CALLS
from gateway.domain.keys import checked_scopes
from gateway.domain.scopes import SCOPES
from gateway.door import keys
from gateway.door.limits import limits_of
from gateway.door.lock import as_in_tables
from gateway.door.rates import RateLimiter
from gateway.house import EXTENSION, House
from tests.unit.gateway.conftest import Stack
from tests.unit.gateway.photos import jpeg

PUBLIC = {"/", "/docs", "/health", "/openapi.json", "/readyz", "/web/{filename}"}
ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, max_upload_mb=1, max_streams=2, auth="on")


@pytest.fixture
def house(stack: Stack) -> House:
    """Its rates are counted in this process."""
    house: House = stack.app.extensions[EXTENSION]
    house = replace(house, rates=RateLimiter(MemoryStorage()))
    stack.app.extensions[EXTENSION] = house
    return house


@pytest.fixture
def anna(house: House) -> dict[str, str]:
    return new_key(house, "anna")


@pytest.fixture
def bert(house: House) -> dict[str, str]:
    return new_key(house, "bert")


def new_key(house: House, owner: str, scopes: str = "submit,read", **terms: Any) -> dict[str, str]:
    wanted = keys.Terms(checked_scopes(scopes.split(",")), **terms)
    _, presented = keys.create(keys.key_file(house.settings), owner, wanted)
    return {"Authorization": f"Bearer {presented}"}


def submitted(stack: Stack, headers: dict[str, str]) -> str:
    answer = stack.post(headers=headers)
    assert answer.status_code == 202, answer.text
    return str(answer.json["id"])


def get(stack: Stack, path: str, **options: Any) -> Any:
    return stack.client.get(path, **options)


def code_of(answer: Any) -> tuple[int, str]:
    assert answer.content_type == "application/problem+json"
    return answer.status_code, answer.json["code"]


def filled(path: str) -> str:
    return path.replace("{job}", "0" * 32).replace("{task}", "0" * 32).replace("{name}", "x.stl")


# -- the table ------------------------------------------------------------------------------------
def test_every_route_says_which_scope_it_needs(stack: Stack) -> None:
    routes = {
        f"{method} {as_in_tables(rule.rule)}"
        for rule in stack.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes == SCOPES.keys()
    assert {call.partition(" ")[2] for call, scope in SCOPES.items() if scope is None} == PUBLIC


@pytest.mark.parametrize("call", [call for call, scope in SCOPES.items() if scope])
def test_without_a_key_nothing_happens(stack: Stack, house: House, call: str) -> None:
    method, _, path = call.partition(" ")
    assert house.settings.locked
    for headers in ({}, {"Authorization": "Bearer kiln_x"}, {"Authorization": "Basic kiln_x"}):
        answer = stack.client.open(
            filled(path), method=method, headers=headers, environ_base=ELSEWHERE
        )
        assert code_of(answer) == (401, "unauthorized")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert stack.published == []


@pytest.mark.parametrize("call", [call for call, scope in SCOPES.items() if scope])
def test_a_key_without_the_scope_is_refused(stack: Stack, house: House, call: str) -> None:
    others = ",".join({"submit", "read", "admin"} - {str(SCOPES[call])})
    method, _, path = call.partition(" ")
    answer: Any = stack.client.open(
        filled(path), method=method, headers=new_key(house, "anna", others), environ_base=ELSEWHERE
    )
    assert code_of(answer) == (403, "forbidden")
    assert str(SCOPES[call]) in answer.json["detail"]


@pytest.mark.parametrize("path", sorted(PUBLIC))
def test_what_is_public_needs_no_key(stack: Stack, path: str) -> None:
    found = path.replace("{filename}", "main.js")
    with get(stack, found, environ_base=ELSEWHERE) as answer:
        assert answer.status_code in {200, 503}


@pytest.mark.parametrize("path", ["/v1/figurines", "/v1/jobs/{job}", "/metrics"])
def test_which_methods_there_are_is_told_without_a_key(stack: Stack, path: str) -> None:
    """A browser asks so, and sends no key along, before it sends one."""
    answer = stack.client.options(filled(path), environ_base=ELSEWHERE)
    assert answer.status_code == 200
    assert "OPTIONS" in answer.headers["Allow"]
    assert answer.data == b""


def test_a_call_that_the_table_forgot_is_refused(
    stack: Stack, anna: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(SCOPES, "GET /v1/jobs")
    assert code_of(get(stack, "/v1/jobs", headers=anna)) == (403, "forbidden")


def test_who_may_read_may_ask_for_the_head_alone(stack: Stack, anna: dict[str, str]) -> None:
    assert stack.client.head("/v1/jobs", headers=anna).status_code == 200
    assert stack.client.head("/v1/jobs").status_code == 401


def test_the_description_says_what_each_call_needs(stack: Stack) -> None:
    paths = get(stack, "/openapi.json").json["paths"]
    for call in CALLS:
        operation = paths[call.path][call.method.lower()]
        scope = SCOPES[f"{call.method} {call.path}"]
        assert operation.get("x-scope") == scope
        assert ("401" in operation["responses"]) == bool(operation["security"]) == bool(scope)


# -- keys -----------------------------------------------------------------------------------------
def test_a_key_opens_by_either_header(stack: Stack, anna: dict[str, str]) -> None:
    key = anna["Authorization"].removeprefix("Bearer ")
    for headers in (anna, {"X-API-Key": key}, {"Authorization": f"bearer {key}"}):
        answer = get(stack, "/v1/jobs", headers=headers)
        assert answer.status_code == 200
        assert "private" in answer.headers["Cache-Control"]


def test_a_revoked_key_is_refused_at_once(
    stack: Stack, house: House, anna: dict[str, str], bert: dict[str, str]
) -> None:
    assert get(stack, "/v1/jobs", headers=anna).status_code == 200
    keys.revoke(keys.key_file(house.settings), "anna")
    assert code_of(get(stack, "/v1/jobs", headers=anna)) == (401, "unauthorized")
    assert get(stack, "/v1/jobs", headers=bert).status_code == 200


def test_the_stream_of_a_revoked_key_ends(stack: Stack, house: House, anna: dict[str, str]) -> None:
    job = submitted(stack, anna)
    with get(stack, f"/v1/jobs/{job}/events", headers=anna) as answer:
        lines = iter(answer.response)
        assert b"retry" in next(lines)
        assert b"accepted" in next(lines)
        keys.revoke(keys.key_file(house.settings), "anna")
        stack.run(job)
        assert list(lines) == []


def test_a_job_exists_for_its_owner_only(
    stack: Stack, house: House, anna: dict[str, str], bert: dict[str, str]
) -> None:
    job = submitted(stack, anna)
    rotated = new_key(house, "anna")
    stack.run(job)
    file = get(stack, f"/v1/jobs/{job}", headers=anna).json["artifacts"][0]["url"]
    looks = [f"/v1/jobs/{job}", file, f"/v1/jobs/{job}/timeline", f"/task-result/{job}"]
    looks += [f"/v1/jobs/{job}/events"]
    for path in looks:
        assert get(stack, path, headers=anna).status_code == 200, path
        assert get(stack, path, headers=rotated).status_code == 200, path
        answer = get(stack, path, headers=bert)
        unknown = get(stack, path.replace(job, "0" * 32), headers=bert)
        assert code_of(answer) == code_of(unknown) == (404, "not_found")
        assert answer.text.replace(job, "0" * 32) == unknown.text  # nothing tells them apart
    for path in (f"/v1/jobs/{job}/cancel", f"/v1/jobs/{job}/resume", f"/cook-from-image/{job}"):
        assert code_of(stack.client.post(path, headers=bert)) == (404, "not_found")
    assert get(stack, "/v1/jobs", headers=bert).json["jobs"] == []
    assert [one["id"] for one in get(stack, "/v1/jobs", headers=anna).json["jobs"]] == [job]


def test_the_same_idempotency_key_of_two_owners_makes_two_jobs(
    stack: Stack, anna: dict[str, str], bert: dict[str, str]
) -> None:
    same = {"Idempotency-Key": "x"}
    assert submitted(stack, anna | same) != submitted(stack, bert | same)


def test_what_somebody_else_has_made_is_not_remembered_for_me(
    stack: Stack, anna: dict[str, str], bert: dict[str, str]
) -> None:
    stack.run(submitted(stack, anna))
    again = stack.post(headers=anna | {"Prefer": "wait=1"})
    assert again.json["state"] == "succeeded"
    other = submitted(stack, bert)
    view = get(stack, f"/v1/jobs/{other}", headers=bert).json
    assert (view["state"], view["progress"]) == ("queued", 0)


# -- how often, how much --------------------------------------------------------------------------
def test_a_key_that_asks_too_often_is_told_when_to_come_back(
    stack: Stack, house: House, bert: dict[str, str]
) -> None:
    hasty = new_key(house, "anna", rate="2/minute")
    left = [get(stack, "/v1/jobs", headers=hasty).headers["RateLimit"] for _ in range(2)]
    assert left == ['"key";r=1;t=60', '"key";r=0;t=60']
    before = metrics.REJECTED.labels("rate")._value.get()
    refused = get(stack, "/v1/jobs", headers=hasty)
    assert code_of(refused) == (429, "rate_limited")
    assert metrics.REJECTED.labels("rate")._value.get() == before + 1
    assert 58 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["RateLimit-Policy"] == '"key";q=2;w=60'
    assert get(stack, "/v1/jobs", headers=bert).status_code == 200
    assert get(stack, "/health", headers=hasty).status_code == 200


def test_the_limits_of_a_job_are_those_of_the_house_and_of_the_newest_key(
    house: House, anna: dict[str, str]
) -> None:
    assert limits_of(house, "anna").max_active_of_owner is None
    new_key(house, "anna", max_active=3, quota_mb=5)
    limits = limits_of(house, "anna")
    assert limits.max_active == house.settings.max_active_jobs
    assert (limits.max_active_of_owner, limits.max_bytes_of_owner) == (3, 5_000_000)
    assert anna
    general = Settings(
        auth="on",
        store_quota_gb=1.5,
        max_queue_depth=9,
        key_max_active=7,
        key_quota_mb=2,
    )
    limits = limits_of(replace(house, settings=general), "nobody yet")
    assert (limits.max_bytes, limits.max_depth, limits.max_active_of_owner) == (
        10**9 * 3 // 2,
        9,
        None,
    )
    limits = limits_of(replace(house, settings=general), "anna")
    assert (limits.max_active_of_owner, limits.max_bytes_of_owner) == (3, 5_000_000)


# -- a house without a lock -----------------------------------------------------------------------
class TestWithoutALock:
    @pytest.fixture
    def settings(self, tmp_path: Path) -> Settings:
        return Settings(data_dir=tmp_path, max_upload_mb=1)

    def test_nobody_is_asked_for_a_key(self, stack: Stack) -> None:
        assert get(stack, "/v1/jobs").status_code == 200
        assert get(stack, "/v1/jobs", headers={"X-API-Key": "x"}).status_code == 200

    def test_keys_limit_nobody(self, stack: Stack, house: House) -> None:
        key = new_key(house, "local", rate="1/minute", max_active=1)
        for _ in range(3):
            answer = get(stack, "/v1/jobs", headers=key)
            assert answer.status_code == 200
            assert "RateLimit" not in answer.headers
        assert limits_of(house, "local").max_active_of_owner is None

    def test_metrics_stay_here_all_the_same(self, stack: Stack) -> None:
        assert get(stack, "/metrics").status_code == 200
        assert get(stack, "/metrics", environ_base=ELSEWHERE).status_code == 401


# -- metrics --------------------------------------------------------------------------------------
def test_metrics_are_for_this_machine_or_an_admin(
    stack: Stack, house: House, anna: dict[str, str]
) -> None:
    admin = new_key(house, "operator", "admin")

    def ask(path: str, **options: Any) -> Any:
        return get(stack, path, **options)

    assert ask("/metrics").status_code == 200
    assert ask("/metrics", environ_base={"REMOTE_ADDR": "::1"}).status_code == 200
    assert ask("/metrics", environ_base=ELSEWHERE, headers=admin).status_code == 200
    assert ask("/metrics", environ_base=ELSEWHERE, headers=anna).status_code == 403
    assert ask("/metrics", environ_base={"REMOTE_ADDR": ""}).status_code == 401


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_no_header_makes_a_stranger_local_but_a_proxy_makes_one_a_stranger(
    stack: Stack, header: str
) -> None:
    said = {header: "127.0.0.1"}
    assert get(stack, "/metrics", headers=said).status_code == 401
    assert get(stack, "/metrics", headers=said, environ_base=ELSEWHERE).status_code == 401


# -- the start ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("given", "locked"),
    [
        ({}, False),
        ({"host": "127.0.0.2"}, False),
        ({"host": "localhost"}, False),
        ({"host": "::1"}, False),
        ({"auth": "on"}, True),
        ({"host": "0.0.0.0"}, True),  # noqa: S104  that is what is asked
        ({"host": "::"}, True),
        ({"host": "192.0.2.1"}, True),
        ({"host": "my.house"}, True),
        ({"allowed_hosts": "localhost"}, False),
        ({"allowed_hosts": "kiln.example"}, True),  # somebody else knows this house by a name
        ({"allowed_hosts": "kiln.example", "auth": "off"}, False),
    ],
    ids=str,
)
def test_a_house_has_a_lock_unless_only_this_machine_reaches_it(
    given: dict[str, Any], locked: bool
) -> None:
    settings = Settings(**given)
    assert settings.locked == locked
    assert settings.danger is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "my.house"])  # noqa: S104
def test_a_door_open_to_the_world_is_not_opened(tmp_path: Path, host: str) -> None:
    with pytest.raises(ValueError, match="kiln keys create NAME"):
        create_app(Settings(data_dir=tmp_path, host=host, auth="off"))


def test_a_photo_is_not_read_before_its_key_is_known(stack: Stack, house: House) -> None:
    assert house
    answer = stack.client.post("/v1/figurines", data=jpeg() * 100)  # larger than any photo
    assert code_of(answer) == (401, "unauthorized")


def test_one_key_leaves_places_for_long_answers_to_the_others(
    stack: Stack, house: House, anna: dict[str, str], bert: dict[str, str]
) -> None:
    assert house.settings.max_streams == 2
    hers, his = submitted(stack, anna), submitted(stack, bert)
    with house.hub.place("anna"):
        for path in (
            f"/v1/jobs/{hers}?wait=1",
            f"/v1/jobs/{hers}/events",
            f"/task-result/{hers}?wait=1",
        ):
            answer = get(stack, path, headers=anna)
            assert code_of(answer) == (429, "rate_limited")
            assert int(answer.headers["Retry-After"]) >= 1
            assert "event streams" in answer.json["detail"]
        accepted = stack.post(headers=anna | {"Prefer": "wait=1"})  # it owes its 202
        assert (accepted.status_code, "Preference-Applied" in accepted.headers) == (202, False)
        assert get(stack, f"/v1/jobs/{his}?wait=0.1", headers=bert).status_code == 200
    assert get(stack, f"/v1/jobs/{hers}?wait=0.1", headers=anna).status_code == 200
