from __future__ import annotations

import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace

import pytest

from common import lease
from common.lease import EXIT_HUNG, _for_ever
from common.ledger.protocol import HEARTBEAT_S
from tests.unit.common.workbench import Workbench


@dataclass
class Context:
    lost: bool = False


@pytest.fixture
def bench() -> Workbench:
    bench = Workbench()
    bench.accept()
    return bench


def test_a_held_lease_is_renewed_every_two_seconds(bench: Workbench) -> None:
    now = time.monotonic()
    with bench.keeper.holding(bench.claim(), Context(), hard_s=30):
        for seconds in (0, 1, HEARTBEAT_S + 1, HEARTBEAT_S + 2, 2 * HEARTBEAT_S + 2):
            bench.keeper.renew_due(now + seconds)
    assert bench.ledger.calls["heartbeat"] == 2


def test_a_renewed_lease_is_not_reaped(bench: Workbench) -> None:
    with bench.keeper.holding(bench.claim(), Context(), hard_s=30):
        bench.later(9_000)
        bench.keeper.renew_due(time.monotonic() + 9)
        bench.later(9_000)
        assert bench.memory.reap().again == ()


def test_nothing_is_renewed_past_the_hard_limit(bench: Workbench) -> None:
    with bench.keeper.holding(bench.claim(), Context(), hard_s=30):
        bench.keeper.renew_due(time.monotonic() + 31)
    assert bench.ledger.calls["heartbeat"] == 0


def test_a_lost_claim_is_told_to_the_stage_and_stays_lost(bench: Workbench) -> None:
    context, claim = Context(), bench.claim()
    with bench.keeper.holding(claim, context, hard_s=30):
        bench.memory.cancel("j1", "ann")
        bench.keeper.renew_due(time.monotonic() + 3)
    assert context.lost


def test_a_claim_is_held_by_its_token_and_no_other(bench: Workbench) -> None:
    claim = bench.claim()
    with bench.keeper.holding(claim, Context(), hard_s=30):
        assert bench.keeper.holds(claim)
        assert not bench.keeper.holds(replace(claim, token=claim.token + 1))
    assert not bench.keeper.holds(claim)


def test_redis_away_is_no_lost_claim(bench: Workbench) -> None:
    context = Context()
    bench.ledger.away["heartbeat"] = 1
    with bench.keeper.holding(bench.claim(), context, hard_s=30):
        bench.keeper.renew_due(time.monotonic() + 3)
    assert not context.lost


def test_a_stage_past_its_hard_limit_ends_the_process_and_counts_as_hung(bench: Workbench) -> None:
    with bench.keeper.holding(bench.claim(), Context(), hard_s=30):
        bench.keeper.end_if_hung(time.monotonic() + 29)
        assert bench.left == []
        bench.keeper.end_if_hung(time.monotonic() + 31)
    assert bench.left == [EXIT_HUNG]
    assert bench.memory.events("j1")[-1].data["reason"] == "hang"


def test_a_stage_that_has_just_ended_does_not_end_the_process(bench: Workbench) -> None:
    with bench.keeper.holding(bench.claim(), Context(), hard_s=30):
        pass
    bench.keeper.end_if_hung(time.monotonic() + 31)
    assert bench.left == []


def test_a_redis_that_hangs_too_does_not_keep_a_hung_process(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "LAST_WORDS_S", 0.05)
    redis_is_back = threading.Event()
    bench.memory.fail = lambda *_: redis_is_back.wait(10)  # type: ignore[assignment,method-assign]
    started = time.monotonic()
    with bench.keeper.holding(bench.claim(), Context(), hard_s=30):
        bench.keeper.end_if_hung(time.monotonic() + 31)
    assert bench.left == [EXIT_HUNG]
    assert time.monotonic() - started < 5
    redis_is_back.set()


def test_a_redis_that_is_away_does_not_keep_a_hung_process(bench: Workbench) -> None:
    bench.ledger.away["fail"] = 1
    with bench.keeper.holding(bench.claim(), Context(), hard_s=30):
        bench.keeper.end_if_hung(time.monotonic() + 31)
    assert bench.left == [EXIT_HUNG]


def test_the_threads_outlive_a_bug(caplog: pytest.LogCaptureFixture) -> None:
    looks: list[float] = []

    def look(now: float) -> None:
        looks.append(now)
        if len(looks) == 1:
            raise ValueError("never seen before")
        raise KeyboardInterrupt  # ends the test

    with pytest.raises(KeyboardInterrupt):
        _for_ever(look)
    assert len(looks) == 2
    assert caplog.records[0].exc_info is not None


def test_both_threads_run_once_started(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "TICK_S", 0.01)
    bench.keeper.start()
    with bench.keeper.holding(bench.claim(), Context(), hard_s=0.05):
        give_up = time.monotonic() + 5
        while not bench.left and time.monotonic() < give_up:
            time.sleep(0.01)
    assert bench.left[0] == EXIT_HUNG


def test_a_process_in_which_no_thread_can_run_any_more_is_ended() -> None:
    code = (
        "import ctypes, time; from common import lease; lease.FROZEN_S = 1.0;"
        "lease.LeaseKeeper(None).start(); time.sleep(2.5);"  # alive: it is wound up again and again
        "print('alive', flush=True); ctypes.PyDLL(None).sleep(60)"  # keeps the interpreter lock
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout) == (1, "alive\n")
    assert "Timeout" in done.stderr
