"""The Kubernetes manifests, which no cluster runs here: rendered, checked by the API's schemas."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from common import metrics
from common.contracts.stages import QUEUES
from common.metrics import Process
from common.settings import Settings
from deploy.logins import write_logins
from deploy.monitoring import RELEASE, objects
from tests.images import ROOT, TARGETS, modules, stages

FOLDER = ROOT / "deploy" / "kubernetes"
RENDERED = ("base", "overlays/s3", "overlays/gpu")
VERSIONS = ("1.30", "1.34")
OTHERS = {"keda.sh/v1alpha1", "monitoring.coreos.com/v1"}  # of operators: no schema of the API
GRACE = {
    "gateway": 35, "courier": 40, "reconciler": 10, "redis": 30, "sse": 20, "recipe-worker": 150,
}  # fmt: skip
Json = dict[str, Any]


@cache
def rendered(part: str) -> tuple[Json, ...]:
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl, which renders the manifests, is not installed")
    command = ["kubectl", "kustomize", str(FOLDER / part)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return tuple(yaml.safe_load_all(ended.stdout))


def of_kind(part: str, *kinds: str) -> dict[str, Json]:
    return {one["metadata"]["name"]: one for one in rendered(part) if one["kind"] in kinds}


def pod(workload: Json) -> Json:
    found: Json = workload["spec"]["template"]["spec"]
    return found


def main(workload: Json) -> Json:
    (found,) = pod(workload)["containers"]
    return dict(found)


def ours(part: str) -> Iterator[tuple[str, str, Json]]:
    """Name, target of the image and workload of what runs our code."""
    for name, workload in of_kind(part, "Deployment").items():
        image = main(workload)["image"].partition(":")[0].removeprefix("kiln-")
        if image in TARGETS:
            yield name, image, workload


def command(image: str, workload: Json) -> list[str]:
    return main(workload).get("args") or stages()[image].command()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("part", RENDERED)
def test_every_object_fits_the_schema_of_the_api(part: str, version: str) -> None:
    checked = 0
    for one in rendered(part):
        if one["apiVersion"] not in OTHERS:
            kubernetes_validate.validate(one, version, strict=True)
            checked += 1
    assert checked > 30


@pytest.mark.parametrize("part", RENDERED)
def test_everything_that_is_named_exists(part: str, tmp_path: Path) -> None:
    write_logins(tmp_path, "redis:6379")
    claims = set(of_kind(part, "PersistentVolumeClaim"))
    maps = set(of_kind(part, "ConfigMap"))
    users = {"kiln-redis-users", "kiln-redis-gateway", "kiln-redis-worker"}
    secrets = {"kiln-s3", "kiln-llm", *users}
    for workload in of_kind(part, "Deployment", "StatefulSet").values():
        volumes = {one["name"]: one for one in pod(workload).get("volumes", [])}
        mounts = {one["name"] for one in main(workload)["volumeMounts"]}
        made = {one["metadata"]["name"] for one in workload["spec"].get("volumeClaimTemplates", [])}
        assert mounts == set(volumes) | made, workload["metadata"]["name"]
        for volume in volumes.values():
            assert volume.get("persistentVolumeClaim", {}).get("claimName") in {None, *claims}
            assert volume.get("configMap", {}).get("name") in {None, *maps}
            for source in volume.get("projected", {}).get("sources", []):
                assert source["secret"]["name"] in secrets
    for user in ("gateway", "worker"):
        assert (tmp_path / user / "kiln_redis_url").exists()


@pytest.mark.parametrize("part", RENDERED)
def test_a_gateway_has_room_for_the_uploads_it_takes_in(part: str) -> None:
    gateway, house = of_kind(part, "Deployment")["gateway"], Settings()
    (tmp,) = [one for one in pod(gateway)["volumes"] if one["name"] == "tmp"]
    assert tmp["emptyDir"] == {"sizeLimit": "512Mi"}
    assert house.gateway_processes * house.uploads_mb * 1_000_000 <= 512 * 2**20
    assert main(gateway)["resources"]["limits"]["memory"] == "1Gi"  # as in compose.yaml


@pytest.mark.parametrize("page", ["operations.md", "how-to/kubernetes.md"])
def test_every_secret_that_a_pod_or_a_monitor_needs_is_made_on_the_page(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    needed = {
        (found["name"], found["key"])
        for monitor in of_kind("overlays/s3", "ServiceMonitor", "PodMonitor").values()
        for endpoint in monitor["spec"].get("endpoints", [])
        for found in [endpoint.get("authorization", {}).get("credentials")]
        if found
    }
    assert needed == {("kiln-prometheus-key", "key")}
    for secret, key in needed:
        assert re.search(rf"create secret generic {secret} .*--from-file={key}=", text), secret
    for secret in ("kiln-redis-users", "kiln-redis-gateway", "kiln-redis-worker", "kiln-s3"):
        assert f"create secret generic {secret} " in text, secret


@pytest.mark.parametrize("part", RENDERED)
def test_every_command_is_one_that_its_image_can_import(part: str) -> None:
    queues = set()
    for name, image, workload in ours(part):
        words = command(image, workload)
        named = re.findall(r"\b(\w+\.(?:worker|wsgi|reconciler|courier))\b", " ".join(words))
        assert named, name
        base = "stylize" if image == "stylize-neural" else image
        assert set(named) <= set(modules(base)), name
        queues |= {words[words.index("-Q") + 1]} if "-Q" in words else set()
    assert queues == set(QUEUES)


@pytest.mark.parametrize("part", RENDERED)
def test_pods_have_few_rights_and_a_limit(part: str) -> None:
    for name, workload in of_kind(part, "Deployment", "StatefulSet").items():
        inside, around = main(workload)["securityContext"], pod(workload)["securityContext"]
        assert around["runAsNonRoot"] is True, name
        assert around["seccompProfile"] == {"type": "RuntimeDefault"}
        assert inside["readOnlyRootFilesystem"] is True
        assert inside["allowPrivilegeEscalation"] is False
        assert inside["capabilities"] == {"drop": ["ALL"]}
        assert pod(workload)["automountServiceAccountToken"] is False
        assert main(workload)["resources"]["limits"]["memory"]
        assert "readinessProbe" in main(workload)


@pytest.mark.parametrize("part", RENDERED)
def test_who_stops_has_the_time_that_it_has_on_one_machine(part: str) -> None:
    for name, workload in of_kind(part, "Deployment", "StatefulSet").items():
        wanted = GRACE.get(name, 60 if name.endswith("-worker") else None)
        assert wanted in {None, pod(workload)["terminationGracePeriodSeconds"]}, name


@pytest.mark.parametrize("part", RENDERED)
def test_probes_and_services_ask_ports_that_are_open(part: str) -> None:
    workloads = of_kind(part, "Deployment", "StatefulSet")
    for workload in workloads.values():
        container = main(workload)
        ports = {one["name"] for one in container["ports"]}
        for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
            probe = container.get(kind, {})
            asked = probe.get("httpGet", probe.get("tcpSocket", {})).get("port")
            assert asked in {None, *ports}
    for service in of_kind(part, "Service").values():
        name = service["spec"]["selector"]["app.kubernetes.io/name"]
        open_ports = {one["name"] for one in main(workloads[name])["ports"]}
        assert {one["targetPort"] for one in service["spec"]["ports"]} <= open_ports


@pytest.mark.parametrize("part", RENDERED)
def test_every_deployment_has_a_budget_that_lets_nodes_be_drained(part: str) -> None:
    budgets = of_kind(part, "PodDisruptionBudget")
    assert set(budgets) == set(of_kind(part, "Deployment"))
    assert all(one["spec"]["maxUnavailable"] == 1 for one in budgets.values())


def test_nobody_talks_to_anybody_unless_a_policy_says_so() -> None:
    policies = of_kind("base", "NetworkPolicy")
    nobody = policies.pop("nobody")["spec"]
    assert nobody == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    (asked,) = policies["redis-is-asked"]["spec"]["ingress"][0]["from"]
    assert asked == {"podSelector": {"matchLabels": {"kiln/redis": "client"}}}
    clients = {
        name
        for name, workload in of_kind("base", "Deployment").items()
        if workload["spec"]["template"]["metadata"]["labels"].get("kiln/redis") == "client"
    }
    assert clients == {name for name, *_ in ours("base")}


def test_redis_is_what_it_is_on_one_machine() -> None:
    words = iter(main(of_kind("base", "StatefulSet")["redis"])["args"])
    told = {name.removeprefix("--"): value for name, value in zip(words, words, strict=True)}
    lines = (ROOT / "deploy" / "redis.conf").read_text("utf-8").splitlines()
    for line in lines:
        name, _, value = line.partition(" ")
        if name and name not in {"#", "daemonize"}:
            assert told[name] == value.strip('"'), name


def test_the_door_is_that_of_compose_but_for_the_names() -> None:
    compose = (ROOT / "deploy" / "compose" / "nginx.conf").read_text("utf-8")
    here = (FOLDER / "base" / "door.conf").read_text("utf-8")
    for name in ("gateway", "sse"):
        here = here.replace(f"proxy_pass http://{name}:8000;", f"proxy_pass ${name};")
    skipped = re.compile(r"^\s*(#.*|resolver .*|set .*)?$|\s+#.*$", re.MULTILINE)
    assert skipped.sub("", here).split() == skipped.sub("", compose).split()


def scaled() -> dict[str, Json]:
    return of_kind("overlays/s3", "ScaledObject")


def test_workers_are_scaled_by_work_and_warm_ones_stay() -> None:
    deployments = of_kind("overlays/s3", "Deployment")
    assert set(scaled()) == {"stylize-worker", "fusion-worker", "recipe-worker"}
    for name, one in scaled().items():
        spec = one["spec"]
        assert spec["scaleTargetRef"] == {"name": name}
        assert "replicas" not in deployments[name]["spec"]  # KEDA says how many
        assert 1 <= spec["minReplicaCount"] < spec["maxReplicaCount"]
        assert spec["fallback"]["replicas"] >= spec["minReplicaCount"]
        kinds = [trigger["type"] for trigger in spec["triggers"]]
        assert kinds == ["prometheus", "prometheus"]
        now, soon = (trigger["metadata"] for trigger in spec["triggers"])
        assert now["threshold"] == soon["threshold"]  # KEDA takes strings
        assert "predict_linear(" in soon["query"]


def test_what_scales_is_measured_and_can_be_asked(tmp_path: Path) -> None:
    queries = [t["metadata"]["query"] for one in scaled().values() for t in one["spec"]["triggers"]]
    series = {name for query in queries for name in re.findall(r"\bkiln_\w+", query)}
    assert series == {
        "kiln_queue_depth", "kiln_stage_running", "kiln_worker_slots", "kiln_worker_ready",
    }  # fmt: skip
    text = Path(metrics.__file__).read_text("utf-8")
    assert all(f'"{name}"' in text for name in series)
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed")
    rules = [{"record": f"scale:{i}", "expr": query} for i, query in enumerate(queries)]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "scale", "rules": rules}]}))
    ended = subprocess.run(
        ["promtool", "check", "rules", str(file)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_scrape_jobs_have_the_names_that_rules_know() -> None:
    monitors = of_kind("overlays/s3", "ServiceMonitor", "PodMonitor")
    ends = [
        end
        for one in monitors.values()
        for end in (*one["spec"].get("endpoints", ()), *one["spec"].get("podMetricsEndpoints", ()))
    ]
    jobs = {rule["replacement"] for end in ends for rule in end["relabelings"]}
    assert jobs == {"kiln-streams", *(f"kiln-{process}" for process in Process)}


def test_an_operator_selects_rules_and_monitors_by_the_same_label() -> None:
    monitors = of_kind("overlays/s3", "ServiceMonitor", "PodMonitor").values()
    rules = [one for one in objects("monitoring", RELEASE) if one["kind"] == "PrometheusRule"]
    assert {one["metadata"]["labels"]["release"] for one in (*monitors, *rules)} == {RELEASE}


@pytest.mark.parametrize("part", RENDERED)
def test_nothing_is_in_the_way_of_tokens_that_a_cloud_mounts(part: str) -> None:
    """They go below /var/run/secrets, which is /run/secrets in Debian's images."""
    for workload in of_kind(part, "Deployment", "StatefulSet").values():
        mounts = [mount["mountPath"] for mount in main(workload)["volumeMounts"]]
        assert not [path for path in mounts if path.startswith(("/run", "/var/run"))]


def test_portraits_by_networks_run_where_the_gpus_are() -> None:
    worker = of_kind("overlays/gpu", "Deployment")["stylize-worker"]
    assert main(worker)["image"].startswith("kiln-stylize-neural:")
    assert main(worker)["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert pod(worker)["nodeSelector"] == {"kiln/pool": "gpu"}
    assert pod(worker)["tolerations"][0]["key"] == "nvidia.com/gpu"
    assert {one["mountPath"] for one in main(worker)["volumeMounts"]} >= {"/models", "/data"}


def test_no_secret_is_in_a_manifest() -> None:
    for path in FOLDER.rglob("*.yaml"):
        assert not re.search(r"kind: Secret\b|://[^/\s]*:[^/\s]*@", path.read_text("utf-8")), path
