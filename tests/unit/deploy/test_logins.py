"""Logins of a house on many machines are made once, and only their owner comes near them."""

from __future__ import annotations

import stat
from pathlib import Path

from common.settings import Settings
from deploy.logins import write_logins
from deploy.redis_users import USERS


def test_there_is_a_login_for_each_kind_of_process(tmp_path: Path) -> None:
    write_logins(tmp_path / "logins", "redis.example:6379")
    urls = {user: Settings(secrets_dir=tmp_path / "logins" / user).ledger_url for user in USERS}
    assert all(url.startswith(f"redis://{user}:") for user, url in urls.items())
    assert all(url.endswith("@redis.example:6379/2") for url in urls.values())
    assert len(set(urls.values())) == len(USERS)


def test_passwords_stay_when_the_files_are_written_again(tmp_path: Path) -> None:
    before = {path: path.read_text() for path in write_logins(tmp_path, "one:1")}
    write_logins(tmp_path, "two:2", "rediss")
    after = {path: path.read_text() for path in before}
    url = tmp_path / "worker" / "kiln_redis_url"
    assert after[url] == before[url].replace("redis://", "rediss://").replace("one:1", "two:2")
    unchanged = [path for path in before if path.name != "kiln_redis_url"]
    assert len(unchanged) > 4
    assert all(after[path] == before[path] for path in unchanged)


def test_redis_holds_hashes_only(tmp_path: Path) -> None:
    write_logins(tmp_path, "redis:6379")
    rules = (tmp_path / "users.acl").read_text()
    for user in USERS:
        password = (tmp_path / user / "kiln_redis_url").read_text().split(":")[2].split("@")[0]
        assert password not in rules


def test_nobody_else_comes_into_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "logins"
    write_logins(folder, "redis:6379")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_file_is_read_where_the_environment_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "kiln_llm_api_key").write_text("from the file\n")
    (tmp_path / "kiln_redis_url").write_text("redis://file:1\n")
    settings = Settings(secrets_dir=tmp_path, redis_url="redis://said:1")
    assert (settings.llm_api_key, settings.redis_url) == ("from the file", "redis://said:1")
