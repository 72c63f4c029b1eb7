from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery

from common import canvas, worker
from common.contracts.stages import BY_NAME
from common.exposition import render
from common.metrics import Process
from common.settings import Settings
from common.stage import StageTask
from common.worker import EXIT_CANNOT_START, LINGER_S, Service, _Life, _message_handler
from tests.unit.common.workbench import MEASURE, SCULPT, Workbench, measured, sculpted


@pytest.fixture
def bench() -> Workbench:
    bench = Workbench()
    bench.accept()
    return bench


@pytest.fixture
def life(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> _Life:
    monkeypatch.setattr(worker, "READY_PERIOD_S", 0.01)
    # other tests of this process may have filled it: a worker as large as that would leave
    monkeypatch.setattr(worker, "resident_mb", lambda: 200.0)
    life = _life()
    life.runtime = bench.runtime
    return life


def _life(load: Callable[[Settings], Any] = lambda _: None) -> _Life:
    tasks = (StageTask(BY_NAME[MEASURE], measured),)
    service = Service("fusion", "fusion", tasks, load, ("common.memo",))
    return _Life(Celery(), Settings(store_url="memory:///"), service)


def _until(condition: Callable[[], object]) -> None:
    give_up = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.005)


def _workers(bench: Workbench) -> list[str]:
    return bench.memory.workers(["fusion"])["fusion"]


# -- start ---------------------------------------------------------------------------
def test_a_worker_that_cannot_warm_up_leaves_instead_of_consuming(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Left(BaseException):
        """Stands for the end of the process."""

    def leave(code: int) -> None:
        assert code == EXIT_CANNOT_START
        raise Left

    def load(_: Settings) -> None:
        raise FileNotFoundError("face_landmark.tflite")

    life = _life(load)
    monkeypatch.setattr("os._exit", leave)
    monkeypatch.setattr(life, "on_logging", lambda: None)  # leave pytest's handlers alone
    with pytest.raises(Left):
        life.on_init(SimpleNamespace(hostname="fusion-1@h", concurrency=1))
    assert "face_landmark.tflite" in caplog.text


def test_warming_up_needs_no_redis_and_versions_every_stage_of_the_service() -> None:
    runtime = _life(lambda _: "models")._warm_up("fusion-1@h")
    assert (runtime.worker, runtime.models) == ("fusion-1@h", "models")
    assert set(runtime.versions) == {name for name in BY_NAME if name.startswith("fusion.")}


def test_the_leases_of_the_predecessor_are_freed_and_published(
    life: _Life, bench: Workbench
) -> None:
    bench.claim(worker="w1")
    bench.ledger.away["release"] = 2  # Redis is away at first: the worker waits for it
    life._take_over()
    assert [node.id for node in bench.published] == [MEASURE]
    assert bench.node_states() == ["ready", "waiting"]
    assert bench.claim().attempt == 2  # it died on this stage: that was an attempt


def test_what_the_process_itself_claims_is_not_freed_when_it_says_that_it_is_ready(
    life: _Life, bench: Workbench
) -> None:
    life._take_over()
    bench.claim(worker="w1")
    life.on_ready()
    _until(lambda: _workers(bench))
    assert bench.node_states()[0] == "running"
    life.on_leaving()


@pytest.fixture
def bare_life(life: _Life, bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> _Life:
    """One that has nothing to load and nobody to show its metrics to."""
    monkeypatch.setattr(life, "on_logging", lambda: None)
    monkeypatch.setattr(life, "_warm_up", lambda _: bench.runtime)
    monkeypatch.setattr(worker, "start_metrics", lambda *_: None)
    monkeypatch.setattr("gc.freeze", lambda: None)
    return life


def test_a_worker_tells_how_many_stages_it_runs_at_once(bare_life: _Life, bench: Workbench) -> None:
    bare_life.on_init(SimpleNamespace(hostname="w1", concurrency=4))
    bare_life.on_ready()
    _until(lambda: bench.memory.slots(["fusion"]) == {"fusion": 4})
    bare_life.on_leaving()
    _until(lambda: bench.memory.slots(["fusion"]) == {"fusion": 0})


def test_a_worker_shows_its_counters_before_the_first_stage(bare_life: _Life) -> None:
    bare_life.on_init(SimpleNamespace(hostname="fusion-7@host", concurrency=1))
    shown = render(Process.WORKER).decode()
    for series in (
        f'kiln_lease_lost_total{{stage="{MEASURE}"}}',
        f'kiln_stage_attempts_total{{reason="again",stage="{MEASURE}"}}',
        f'kiln_stage_queue_seconds_count{{stage="{MEASURE}"}}',
        f'kiln_stage_run_seconds_count{{outcome="again",stage="{MEASURE}"}}',
        f'kiln_cache_requests_total{{result="hit",stage="{MEASURE}"}}',
        f'celery_task_started_total{{hostname="fusion-7@host",name="{MEASURE}",queue_name="fusion"}}',
        'celery_worker_tasks_active{hostname="fusion-7@host"} 0.0',
    ):
        assert series in shown


# -- life ----------------------------------------------------------------------------
@pytest.mark.parametrize("mb", [(200, 1400, 0), (200, 1600, 1), (7000, 9000, 0)])
def test_a_worker_that_is_large_from_the_start_does_not_leave_for_that(
    life: _Life, bench: Workbench, monkeypatch: pytest.MonkeyPatch, mb: tuple[int, int, int]
) -> None:
    warm, later, leaves = mb
    monkeypatch.setattr(life, "_warm_up", lambda _: bench.runtime)
    monkeypatch.setattr(life, "on_logging", lambda: None)
    monkeypatch.setattr(worker, "start_metrics", lambda *_: None)
    monkeypatch.setattr("gc.freeze", lambda: None)
    monkeypatch.setattr(worker, "resident_mb", lambda: float(warm))
    life.on_init(SimpleNamespace(hostname="w1", concurrency=1))
    signals: list[int] = []
    monkeypatch.setattr("os.kill", lambda _, number: signals.append(number))
    monkeypatch.setattr(worker, "resident_mb", lambda: float(later))
    life.leave_if_bloated()
    assert len(signals) == leaves


def test_memory_that_is_only_kept_goes_back_before_a_worker_leaves_for_it(
    life: _Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, signals = [1600.0], list[int]()
    monkeypatch.setattr("os.kill", lambda _, number: signals.append(number))
    monkeypatch.setattr(worker, "resident_mb", lambda: held[0])
    monkeypatch.setattr(worker, "give_back", lambda: held.__setitem__(0, 600.0))
    life.leave_if_bloated()
    assert (held, signals) == ([600.0], [])


@pytest.mark.parametrize(("period_s", "gives"), [(30.0, False), (0.05, True)])
def test_memory_of_a_job_and_of_the_warm_up_is_kept_for_the_next_and_given_back_now_and_then(
    life: _Life, bench: Workbench, monkeypatch: pytest.MonkeyPatch, period_s: float, *, gives: bool
) -> None:
    given = threading.Event()
    monkeypatch.setattr(worker, "resident_mb", lambda: 600.0)
    monkeypatch.setattr(worker, "give_back", given.set)
    monkeypatch.setattr(worker, "TIDY_PERIOD_S", period_s)
    life.leave_if_bloated()
    assert not given.is_set()
    life.on_ready()
    _until(lambda: _workers(bench) == ["w1"])
    assert given.wait(5 if gives else 0.1) == gives
    life.on_leaving()
    _until(lambda: _workers(bench) == [])


def test_a_worker_is_seen_from_ready_to_leaving(life: _Life, bench: Workbench) -> None:
    life.on_ready()
    _until(lambda: _workers(bench) == ["w1"])
    assert bench.memory.versions()[MEASURE] == "v1"
    life.on_leaving()
    _until(lambda: _workers(bench) == [])


def test_an_announcement_that_fails_is_repeated(life: _Life, bench: Workbench) -> None:
    bench.ledger.away["worker_up"] = 2
    bench.ledger.away["put_versions"] = 1
    life.on_ready()
    _until(lambda: _workers(bench))
    assert bench.ledger.calls["put_versions"] == 2
    life.on_leaving()


def test_a_bug_does_not_hide_a_worker(
    life: _Life, bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = iter([ValueError("bug")])
    put = bench.memory.put_versions

    def put_versions(found: dict[str, str]) -> None:
        for error in versions:
            raise error
        put(found)

    monkeypatch.setattr(bench.memory, "put_versions", put_versions)
    life.on_ready()
    _until(lambda: _workers(bench))
    life.on_leaving()


def test_what_cannot_be_finished_is_handed_back_without_counting(
    life: _Life, bench: Workbench
) -> None:
    bench.claim(worker="w1")
    life.on_ready()
    life.on_shutdown()
    assert _workers(bench) == []
    assert [node.id for node in bench.published] == [MEASURE]
    assert bench.claim().attempt == 1


def test_a_worker_leaves_though_redis_is_away(life: _Life, bench: Workbench) -> None:
    bench.ledger.away["release"] = 1
    life.on_shutdown()
    assert bench.published == []


# -- messages ------------------------------------------------------------------------
@pytest.mark.parametrize(("headers", "published"), [(None, 0), ({canvas.REPUBLISHED: True}, 1)])
def test_a_message_is_ids_in_and_a_receipt_out(
    life: _Life, bench: Workbench, headers: dict[str, bool] | None, published: int
) -> None:
    on_message = _message_handler(life, StageTask(BY_NAME[MEASURE], measured))
    request = SimpleNamespace(request=SimpleNamespace(headers=headers))
    assert on_message(request, "j1", MEASURE) == {"status": "committed"}
    assert len(bench.published) == published


def test_a_process_that_should_be_gone_hands_the_rest_of_its_message_over(
    life: _Life, bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    life.tasks = {SCULPT: StageTask(BY_NAME[SCULPT], sculpted)}
    on_message = _message_handler(life, StageTask(BY_NAME[MEASURE], measured))
    request = SimpleNamespace(request=SimpleNamespace(headers=None))
    life.on_leaving()
    clock[0] += LINGER_S + 1
    assert on_message(request, "j1", MEASURE, SCULPT) == {"status": "committed"}
    assert bench.node_states() == ["done", "ready"]
    assert [(one.job, one.id, one.queue) for one in bench.published] == [("j1", SCULPT, "fusion")]
    bench.published.clear()
    clock[0] -= LINGER_S  # a stage that ends soon after the signal is followed by the next
    on_message(request, "j1", MEASURE, SCULPT)
    assert bench.node_states() == ["done", "done"]
    assert bench.published == []
