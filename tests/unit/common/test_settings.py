from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from common.settings import Settings, as_environment


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


def test_without_a_url_redis_is_the_stack_s_own() -> None:
    assert Settings(redis_port=7000).ledger_url == "redis://127.0.0.1:7000/2"


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
