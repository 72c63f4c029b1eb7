"""Keys at rest: made once, kept as hashes, read anew when they change."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from common.errors import BadParameter
from common.settings import Settings
from gateway import cli
from gateway.domain.keys import Key, Scope, checked_owner, checked_rate, checked_scopes
from gateway.door import keys

READ = keys.Terms(frozenset({Scope.READ}))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def test_a_key_is_found_by_what_was_shown_once(path: Path) -> None:
    key, presented = keys.create(path, "anna", READ)
    ring = keys.KeyRing(path)
    assert presented.startswith("kiln_")
    assert len(base64.urlsafe_b64decode(presented.removeprefix("kiln_") + "=")) == 32
    assert ring.find(presented) == key
    assert ring.find(presented + "x") is ring.find("") is ring.find("kiln_\udcff") is None


def test_the_file_holds_no_key_and_is_nobody_else_s(path: Path) -> None:
    _, presented = keys.create(path, "anna", READ)
    assert presented.removeprefix("kiln_") not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_keys_may_share_a_name_and_the_newest_tells_the_quota(path: Path) -> None:
    old, _ = keys.create(path, "anna", READ)
    new, _ = keys.create(path, "anna", keys.Terms(frozenset({Scope.READ}), quota_mb=5))
    keys.create(path, "bert", READ)
    assert old.id != new.id
    assert keys.read(path).newest_of("anna") == new
    assert keys.revoke(path, new.id) == (new,)
    assert keys.read(path).newest_of("anna") == old
    assert keys.revoke(path, "nobody") == ()
    assert keys.revoke(path, "anna") == (old,)
    assert [key.owner for key in keys.read(path).keys] == ["bert"]


def test_a_running_gateway_sees_what_has_changed(path: Path) -> None:
    ring = keys.KeyRing(path)
    assert ring.find("kiln_x") is None
    key, presented = keys.create(path, "anna", READ)
    assert ring.find(presented) == key
    keys.revoke(path, key.id)
    assert ring.find(presented) is None


def test_a_key_that_was_exchanged_for_one_of_equal_length_is_noticed(path: Path) -> None:
    ring = keys.KeyRing(path)
    old, presented_before = keys.create(path, "anna", READ)
    assert ring.find(presented_before) == old
    size = path.stat().st_size
    keys.revoke(path, old.id)
    new, presented = keys.create(path, "anna", READ)
    assert path.stat().st_size == size
    assert ring.find(presented_before) is None
    assert ring.find(presented) == new


def test_a_file_that_cannot_be_read_changes_nothing_and_tells_nothing(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    key, presented = keys.create(path, "anna", READ)
    ring = keys.KeyRing(path)
    assert ring.find(presented) == key
    path.write_text(path.read_text().replace("anna", "../anna"))
    assert ring.find(presented) == key
    assert "keys stay as they were" in caplog.text
    assert "anna" not in caplog.text
    path.unlink()
    assert ring.find(presented) is None


def test_keys_of_a_newer_version_are_read(path: Path) -> None:
    key, _ = keys.create(path, "anna", READ)
    book = json.loads(path.read_text())
    path.write_text(json.dumps(book | {"keys": [book["keys"][0] | {"colour": "blue"}]}))
    assert keys.read(path).keys == (key,)


@pytest.mark.parametrize("name", ["", "Anna", "../x", "a/b", ".", "a.b", "promises", "a" * 41, "ä"])
def test_a_name_that_is_no_folder_is_refused(path: Path, name: str) -> None:
    with pytest.raises(BadParameter):
        keys.create(path, name, READ)
    assert not path.exists()
    assert checked_owner("anna-2_x") == "anna-2_x"


def test_scopes_and_rates_are_checked() -> None:
    assert checked_scopes([" read", "submit"]) == {Scope.READ, Scope.SUBMIT}
    assert checked_rate(None) is None
    assert checked_rate("60/minute") == "60/minute"
    for wrong in (["write"], [], [""]):
        with pytest.raises(BadParameter):
            checked_scopes(wrong)
    for rate in ("60", "0/minute", "60 per minute", "10000/second", "1/minute\n"):
        with pytest.raises(BadParameter):
            checked_rate(rate)


def test_a_webhook_secret_is_made_once_and_can_be_renewed(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    secret = keys.webhook_secret(settings, "local")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert keys.webhook_secret(settings, "local") == secret
    assert keys.webhook_secret(settings, "anna") != secret
    assert keys.renew_webhook_secret(settings, "local") != secret
    assert keys.webhook_secret(settings, "local") != secret
    modes = {file.stat().st_mode & 0o777 for file in (tmp_path / "webhook-secrets").iterdir()}
    assert modes == {0o600}
    with pytest.raises(BadParameter):
        keys.webhook_secret(settings, "../keys.json")


# -- kiln keys ------------------------------------------------------------------------------------
@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("KILN_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("gateway.terminal.keys.out.width", 200)
    return CliRunner()


def test_the_key_alone_goes_to_standard_output(command: CliRunner, path: Path) -> None:
    made = command.invoke(cli.app, ["keys", "create", "anna", "--rate", "5/second"])
    assert made.exit_code == 0
    (key,) = keys.read(path).keys
    assert keys.KeyRing(path).find(made.stdout.strip()) == key
    assert (sorted(key.scopes), key.rate) == (["read", "submit"], "5/second")
    assert key.id in made.stderr
    assert "KILN_AUTH=on" in made.stderr  # it would not be asked for here


def test_keys_are_listed_and_revoked(command: CliRunner, path: Path) -> None:
    assert "No keys" in command.invoke(cli.app, ["keys", "list"]).stdout
    command.invoke(cli.app, ["keys", "create", "anna", "--max-active", "3", "--scope", "read"])
    (key,) = keys.read(path).keys
    listed = command.invoke(cli.app, ["keys", "list"]).stdout
    assert key.id in listed
    assert key.sha256 not in listed
    assert key.id in command.invoke(cli.app, ["keys", "revoke", "anna"]).stdout
    again = command.invoke(cli.app, ["keys", "revoke", "anna"])
    assert (again.exit_code, "no key anna" in again.stderr) == (1, True)


@pytest.mark.parametrize(
    "wrong", [["../x"], ["anna", "--scope", "all"], ["anna", "--rate", "often"]], ids=str
)
def test_what_makes_no_key_is_said_plainly(
    command: CliRunner, path: Path, wrong: list[str]
) -> None:
    answer = command.invoke(cli.app, ["keys", "create", *wrong])
    assert answer.exit_code == 2
    assert "Traceback" not in answer.stderr
    assert not path.exists()


def test_a_damaged_file_is_named_and_not_overwritten(command: CliRunner, path: Path) -> None:
    path.write_text("{")
    for arguments in (["list"], ["create", "anna"], ["revoke", "anna"]):
        answer = command.invoke(cli.app, ["keys", *arguments])
        assert answer.exit_code == 1
        assert "cannot be used" in answer.stderr.replace("\n", "")
    assert path.read_text() == "{"


def test_the_secret_of_webhooks_is_printed(command: CliRunner) -> None:
    one = command.invoke(cli.app, ["keys", "webhook-secret", "anna"]).stdout
    assert one.startswith("whsec_")
    assert command.invoke(cli.app, ["keys", "webhook-secret", "anna"]).stdout == one
    assert command.invoke(cli.app, ["keys", "webhook-secret", "anna", "--renew"]).stdout != one


def test_looking_a_key_up_compares_it_with_every_one(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [keys.create(path, f"owner{number}", READ) for number in range(5)]
    compared: list[str] = []

    def compare(one: str, other: str) -> bool:
        compared.append(one)
        return one == other

    monkeypatch.setattr("gateway.domain.keys.hmac.compare_digest", compare)
    key: Key | None = keys.KeyRing(path).find(found[0][1])
    assert key == found[0][0]
    assert len(compared) == 5
