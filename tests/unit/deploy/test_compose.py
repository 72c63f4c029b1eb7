"""compose.yaml, which nobody can start here: it fits its schema, and what it names exists."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from common.contracts.stages import QUEUES
from common.settings import Settings
from deploy.logins import write_logins
from gateway.api.reading import LONGEST_TEXT
from gateway.api.uploads import LARGEST_REQUEST_MB
from tests.images import ROOT, TARGETS, lineage, modules, stages
from tests.unit.deploy.promtool import promtool

FOLDER = ROOT / "deploy" / "compose"
FILE, OUTSIDE = FOLDER / "compose.yaml", FOLDER / "outside-bucket.yaml"
PROCESS_MB = 120  # docs/operations.md
LATER = "prometheus_key"  # made with the first keys, when the house is there
# as in supervisord.conf
GRACE = {"gateway": 30, "courier": 40, "reconciler": 10, "redis": 30, "recipe-worker": 150}


@cache
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    return found


def services(*, ours: bool = False) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose()["services"]
    return {name: one for name, one in found.items() if not ours or "KILN_IMAGES" in one["image"]}


def target(service: dict[str, Any]) -> str:
    found = re.fullmatch(r"\$\{KILN_IMAGES:-kiln\}-([\w-]+):\$\{.*\}", service["image"])
    assert found
    return found[1]


def secrets_of(service: dict[str, Any]) -> set[str]:
    named = service.get("secrets", [])
    return {one if isinstance(one, str) else one["source"] for one in named}


def command(service: dict[str, Any]) -> list[str]:
    return service.get("command") or stages()[target(service)].command()


def image_environment(name: str) -> dict[str, str]:
    lines = [line for stage in reversed(lineage(name)) for line in stage.all("ENV")]
    return dict(word.split("=", 1) for line in lines for word in shlex.split(line))


@pytest.mark.parametrize("file", [FILE, OUTSIDE], ids=lambda f: f.name)
def test_it_fits_the_schema_of_the_specification(file: Path) -> None:
    check = ["-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
    ended = subprocess.run([sys.executable, *check], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_every_image_of_ours_has_a_target() -> None:
    for name, service in services(ours=True).items():
        assert target(service) in TARGETS, name
        built = service.get("build", {"target": target(service)})
        assert built["target"] == target(service)
        if "build" in service:
            dockerfile = (FOLDER / built["context"] / built["dockerfile"]).resolve()
            assert dockerfile == ROOT / "deploy" / "docker" / "Dockerfile"


def test_every_command_is_one_that_the_image_can_import() -> None:
    for name, service in services(ours=True).items():
        words = [word.partition(":")[0] for word in command(service)]
        text = " ".join(words)
        named = re.findall(r"\b(\w+\.(?:worker|wsgi|reconciler|courier))\b", text)
        assert named, name
        known = modules("gateway") if target(service) == "flower" else modules(target(service))
        assert set(named) <= set(known), name


def test_every_queue_has_a_worker() -> None:
    workers = [command(one) for one in services(ours=True).values() if "-Q" in command(one)]
    assert {words[words.index("-Q") + 1] for words in workers} == set(QUEUES)


def test_a_gateway_has_room_for_the_uploads_it_takes_in() -> None:
    service, house = services()["gateway"], Settings()
    tmp = next(one for one in service["tmpfs"] if one.startswith("/tmp:"))  # noqa: S108  a path in a container
    size = re.search(r"size=(\d+)m", tmp)
    assert size
    folder = int(size[1]) * 2**20
    assert house.gateway_processes * house.uploads_mb * 1_000_000 <= folder
    assert house.uploads_mb * 1_000_000 >= LARGEST_REQUEST_MB * 1_000_000 + LONGEST_TEXT
    # what is in /tmp counts as memory; a photo is read out of there before it leaves
    a_process = PROCESS_MB + house.uploads_mb + house.max_upload_mb
    assert service["deploy"]["resources"]["limits"]["memory"] == "1g"
    assert house.gateway_processes * a_process * 1_000_000 <= 2**30


def test_what_is_mounted_from_here_exists() -> None:
    for service in services().values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (FOLDER / source).exists(), source
            else:
                assert source in compose()["volumes"]


def test_every_secret_is_a_file_that_is_made(tmp_path: Path) -> None:
    made = {path.relative_to(tmp_path) for path in write_logins(tmp_path, "redis:6379")}
    defined = compose()["secrets"]
    for name, one in defined.items():
        path = Path(one["file"]).relative_to("secrets")
        assert name == LATER or path in made, name
    assert set().union(*map(secrets_of, services().values())) == set(defined)


def test_nothing_secret_is_in_an_environment() -> None:
    for service in services().values():
        for name in service.get("environment", {}):
            assert not re.search("PASSWORD$|SECRET$|TOKEN|KEY|REDIS_URL", name), name


@pytest.mark.parametrize("name", sorted(services(ours=True)))
def test_a_setting_of_the_operator_reaches_every_process(name: str) -> None:
    service = services()[name]
    assert service["env_file"] == [{"path": "kiln.env", "required": False}]
    assert "/deploy/compose/kiln.env" in (ROOT / ".gitignore").read_text("utf-8").splitlines()
    # `environment` comes before the file: nobody moves the house out of its volumes
    fixed = {
        key: value for key, value in image_environment(target(service)).items() if "KILN_" in key
    }
    assert {"KILN_DATA_DIR", "KILN_HOUSE_DIR", "KILN_HOST", "KILN_INNER_HOST"} <= set(fixed)
    assert {key: service["environment"].get(key) for key in fixed} == fixed
    free = {"KILN_RESULT_TTL_HOURS", "KILN_MAX_QUEUE_DEPTH", "KILN_MIN_FREE_MB", "KILN_KEY_RATE"}
    assert not free & set(service["environment"])


@pytest.mark.parametrize("name", sorted(services(ours=True)))
def test_a_container_of_ours_has_few_rights(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")


@pytest.mark.parametrize("name", sorted(set(services()) - {"bucket-made"}))
def test_a_service_comes_back_says_how_it_is_and_has_a_limit(name: str) -> None:
    service = services()[name]
    assert service["restart"] == "unless-stopped"
    assert service["deploy"]["resources"]["limits"]["memory"]
    assert "healthcheck" in service or stages()[target(service)].all("HEALTHCHECK")


def test_only_loopback_is_published() -> None:
    published = [port for one in services().values() for port in one.get("ports", [])]
    assert len(published) == 4
    assert all("127.0.0.1:" in port for port in published)


def test_who_stops_has_the_time_that_it_has_on_one_machine() -> None:
    for name, service in services(ours=True).items():
        if "-Q" in command(service):
            assert service["stop_grace_period"] == f"{GRACE.get(name, 60)}s", name
    for name, seconds in GRACE.items():
        assert services()[name]["stop_grace_period"] == f"{seconds}s"


def test_streams_go_to_the_process_that_is_made_for_them() -> None:
    text = (FOLDER / "nginx.conf").read_text("utf-8")
    streams = re.search(r"location ~ (\S+) \{\s+proxy_pass \$sse;\s+proxy_buffering off;", text)
    assert streams
    assert re.fullmatch(streams[1], "/v1/jobs/0192-ab/events")
    assert not re.fullmatch(streams[1], "/v1/jobs/0192-ab")


def test_prometheus_can_read_its_configuration() -> None:
    promtool("check", "config", "--syntax-only", FOLDER / "prometheus.yaml")


def test_prometheus_can_tell_somebody(tmp_path: Path) -> None:
    text = (FOLDER / "prometheus.yaml").read_text("utf-8")
    assert "\n# alerting:\n" in text
    block = re.search(r"^# alerting:\n(?:#  .*\n)+", text, re.MULTILINE)
    assert block
    plain = text.replace(block[0], re.sub("^# ", "", block[0], flags=re.MULTILINE))
    assert yaml.safe_load(plain)["alerting"]["alertmanagers"]
    (tmp_path / "told.yaml").write_text(plain, "utf-8")
    promtool("check", "config", "--syntax-only", tmp_path / "told.yaml")


def test_prometheus_looks_for_services_that_exist() -> None:
    text = (FOLDER / "prometheus.yaml").read_text("utf-8")
    for job in yaml.safe_load(text)["scrape_configs"]:
        for found in job.get("dns_sd_configs", []):
            assert set(found["names"]) <= set(services()), job["job_name"]


def test_who_keeps_files_can_reach_a_bucket_outside() -> None:
    over = yaml.safe_load(OUTSIDE.read_text("utf-8"))["services"]
    shut_in = {
        name
        for name, one in services(ours=True).items()
        if "profiles" not in one  # the services that only answer directly keep nothing
        and "s3_access_key_id" in secrets_of(one)
        and one["networks"] == ["inner"]
    }
    assert set(over) == shut_in - {"sse"}  # it tells events and keeps no file
    assert all("outer" in one["networks"] for one in over.values())
