from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from common.hosts import also_here
from common.redis_logins import logins_file
from common.settings import Settings, as_environment
from deploy.redis_users import prepare


def test_a_variable_of_the_environment_sets_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KILN_GATEWAY_PORT", "9000")
    assert Settings().gateway_url == "http://127.0.0.1:9000"


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KILN_MODELS_DIR", "KILN_STORE_URL", "KILN_GATEWAY_PORT"):
        monkeypatch.setenv(name, "")
    settings = Settings()
    assert settings.models == settings.data_dir / "models"
    assert settings.gateway_port == 8000
    assert settings.artifacts_url.startswith("file:///")


@pytest.mark.parametrize("given", [{}, {"data_dir": "here"}])
def test_folders_stay_where_they_were_when_the_process_changes_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, Path]
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(**given)  # type: ignore[arg-type]
    before = (settings.data_dir, settings.models, settings.artifacts_url, settings.out_dir)
    monkeypatch.chdir("/")
    assert settings.data_dir.is_relative_to(tmp_path)
    after = (settings.data_dir, settings.models, settings.artifacts_url, settings.out_dir)
    assert before == after


def test_a_folder_with_a_blank_makes_a_valid_url(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "my data")
    assert settings.artifacts_url == (tmp_path / "my data" / "artifacts").as_uri()


def test_each_part_of_the_house_has_its_database() -> None:
    settings = Settings(redis_url="redis://:secret@redis:6379/")
    urls = (settings.broker_url, settings.results_url, settings.ledger_url)
    assert urls == tuple(f"redis://:secret@redis:6379/{number}" for number in (0, 1, 2))


def test_without_a_url_redis_is_the_stack_s_own(tmp_path: Path) -> None:
    settings = Settings(redis_port=7000, data_dir=tmp_path)
    assert settings.ledger_url == "redis://127.0.0.1:7000/2"
    assert settings.model_copy(update={"inner_host": "::1"}).ledger_url == "redis://[::1]:7000/2"


def test_a_process_reads_its_own_login_where_the_stack_has_written_it(tmp_path: Path) -> None:
    prepare(tmp_path)
    urls = {
        user: Settings(redis_port=7000, data_dir=tmp_path, redis_user=user).redis
        for user in ("gateway", "worker", "operator")
    }
    assert len(set(urls.values())) == 3
    for user, url in urls.items():
        assert re.fullmatch(rf"redis://{user}:[\w-]{{43}}@127\.0\.0\.1:7000", url)
    outside = Settings(redis_url="redis://their:own@redis:6379", data_dir=tmp_path)
    assert outside.redis == "redis://their:own@redis:6379"
    settings = Settings(data_dir=tmp_path)
    (password,) = re.findall(r"operator:([\w-]+)@", settings.redis)
    assert password not in repr(settings) + str(as_environment(settings))


def test_passwords_of_redis_are_made_once_and_only_their_hashes_go_to_it(tmp_path: Path) -> None:
    rules = prepare(tmp_path)
    before = logins_file(tmp_path).read_text()
    assert prepare(tmp_path) == rules
    assert logins_file(tmp_path).read_text() == before
    assert all(password not in rules.read_text() for password in json.loads(before).values())
    assert {path.stat().st_mode & 0o777 for path in rules.parent.iterdir()} == {0o600}
    old = {user: password for user, password in json.loads(before).items() if user != "flower"}
    logins_file(tmp_path).write_text(json.dumps(old))  # of a version that knew fewer users
    prepare(tmp_path)
    assert json.loads(logins_file(tmp_path).read_text()).items() > old.items()


def test_a_secret_of_the_settings_is_not_shown() -> None:
    given = {
        "llm_api_key": "hidden-1",
        "flower_basic_auth": "me:hidden-2",
        "redis_url": "redis://me:hidden-3@redis:6379",
        "s3_secret_access_key": "hidden-4",
    }
    assert "hidden" not in repr(Settings(**given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong",
    [
        {"redis_url": "redis://host:6379/0"},
        {"redis_url": "host:6379"},
        {"gateway_port": 0},
        {"fusion_workers": 0},
        {"reconcile_s": 0},
        {"photo_ttl_hours": 0},
        {"log_level": "LOUD"},
    ],
    ids=str,
)
def test_a_setting_that_cannot_work_is_refused_at_the_start(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Settings(**wrong)  # type: ignore[arg-type]


def test_a_given_store_is_used_as_it_is() -> None:
    assert Settings(store_url="s3://bucket/prefix").artifacts_url == "s3://bucket/prefix"


def test_the_environment_makes_the_same_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data_dir=tmp_path / "it's here", gateway_port=9000, photo_ttl_hours=1.5)
    for name, value in as_environment(settings).items():
        monkeypatch.setenv(name, value)
    assert Settings() == settings


def test_a_house_with_a_name_of_its_own_still_answers_its_own_machine() -> None:
    settings = Settings(allowed_hosts="kiln.example, .my.site")
    assert settings.trusted_hosts == [".my.site", "127.0.0.1", "[::1]", "kiln.example", "localhost"]
    assert settings.locked


def test_the_case_of_a_name_says_nothing() -> None:
    settings = Settings(allowed_hosts="Kiln.Example.org, LOCALHOST", host="My.House")
    own = ["127.0.0.1", "[::1]", "localhost"]
    assert settings.trusted_hosts == sorted([*own, "kiln.example.org", "my.house"])
    assert not Settings(allowed_hosts="LOCALHOST").locked


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.2", "127.0.0.2"),
        ("0.0.0.0", "127.0.0.1"),  # noqa: S104  that is what is asked
        ("::", "[::1]"),
        ("192.0.2.7", "127.0.0.1"),
        ("2001:db8::7", "[::1]"),
        ("my.house", "my.house"),
    ],
)
def test_this_machine_reaches_its_gateway_by_loopback(host: str, here: str) -> None:
    assert also_here(host) == here
