from __future__ import annotations

import threading
from contextlib import AbstractContextManager

from common.company import Company
from common.contracts.facts import MeasureFacts
from common.ledger.records import Claim
from common.stage import StageContext
from tests.unit.common.workbench import FACTS, MEASURE, Workbench, measured

SOON_S, LATE_S = 0.1, 5.0


class Guest(threading.Thread):
    """Somebody who comes in, and leaves when told."""

    def __init__(self, room: AbstractContextManager[None]) -> None:
        super().__init__(daemon=True)
        self.inside, self.may_leave = threading.Event(), threading.Event()
        self._room = room
        self.start()

    def run(self) -> None:
        with self._room:
            self.inside.set()
            self.may_leave.wait(LATE_S)

    def leave(self) -> None:
        self.may_leave.set()
        self.join(LATE_S)


def test_many_are_inside_at_once() -> None:
    company = Company()
    guests = [Guest(company.among_others()) for _ in range(3)]
    assert all(guest.inside.wait(LATE_S) for guest in guests)


def test_who_wants_to_be_alone_waits_for_all_and_keeps_the_next_ones_out() -> None:
    company = Company()
    first = Guest(company.among_others())
    assert first.inside.wait(LATE_S)
    hermit = Guest(company.alone())
    assert not hermit.inside.wait(SOON_S)
    late = Guest(company.among_others())
    assert not late.inside.wait(SOON_S)
    first.leave()
    assert hermit.inside.wait(LATE_S)
    assert not late.inside.wait(SOON_S)
    hermit.leave()
    assert late.inside.wait(LATE_S)


def test_two_who_want_to_be_alone_take_turns() -> None:
    company = Company()
    one, two = Guest(company.alone()), Guest(company.alone())
    assert one.inside.wait(LATE_S) or two.inside.wait(LATE_S)
    first, second = (one, two) if one.inside.is_set() else (two, one)
    assert not second.inside.wait(SOON_S)
    first.leave()
    assert second.inside.wait(LATE_S)


def test_a_stage_that_crashed_before_waits_until_it_is_alone() -> None:
    # Given a stage whose first process has died, and another process that is busy
    bench = Workbench()
    bench.accept()
    assert isinstance(bench.claim(MEASURE, worker="w1"), Claim)
    bench.memory.release("w1", counts=True)
    busy = Guest(bench.runtime.company.among_others())
    assert busy.inside.wait(LATE_S)
    # When its message comes, Then it is not claimed before the other one has left
    ran: list[str] = []
    runner = threading.Thread(target=lambda: ran.append(bench.run(measured)))
    runner.start()
    runner.join(SOON_S)
    assert bench.node_states()[0] == "ready"
    busy.leave()
    runner.join(LATE_S)
    assert ran == ["committed"]


def test_a_stage_that_runs_is_company_for_one_that_crashed_before() -> None:
    bench, others = Workbench(), list[Guest]()
    bench.accept()

    def body(context: StageContext, *_: object) -> MeasureFacts:
        others.append(Guest(bench.runtime.company.alone()))
        assert not others[0].inside.wait(SOON_S)
        return FACTS

    assert bench.run(body) == "committed"
    assert others[0].inside.wait(LATE_S)
    others[0].leave()
