"""All systems in turn, one at a time, warm, in an order that turns round each time."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from tests.bench.cpu import Account, Accountant
from tests.bench.drive import Crowd, System, crowd, singles
from tests.bench.photos import new_portrait
from tests.bench.yardstick import pace

Opener = Callable[[Path], AbstractContextManager[System]]  # a folder for files to a warm system
WARM: Final = 6  # jobs before it counts
CROWDS: Final = (10, 30)  # clients
CALM: Final = 0.05  # of the cores' time, which the host may take away
TRIES: Final = 3  # of a crowd, before the calmest one counts


@dataclass
class Measured:
    """What one system did over all rounds."""

    singles_ms: list[float] = field(default_factory=list)
    crowds: dict[int, list[Crowd]] = field(default_factory=dict)  # by clients
    accounts: list[tuple[Account, int]] = field(default_factory=list)  # most clients; jobs
    paces: list[float] = field(default_factory=list)  # yardsticks before and after, seconds
    not_here: str = ""  # why it was not measured


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    rounds: int
    singles: int  # jobs one at a time, each round
    turns: int  # jobs of each client, each round


def in_rounds(openers: Mapping[str, Opener], size: Size, folder: Path) -> dict[str, Measured]:
    """Measure every system in every round."""
    found = {name: Measured() for name in openers}
    for round_ in range(size.rounds):
        for name in list(openers)[:: -1 if round_ % 2 else 1]:
            out = folder / f"{name}-{round_}"
            out.mkdir(parents=True)
            with openers[name](out) as system:
                measure(system, size, found[name])
    return found


def measure(system: System, size: Size, into: Measured) -> None:
    """Measure one system that is warm."""
    crowd(system, portraits(WARM), clients=3)
    into.paces.append(pace())
    into.singles_ms += singles(system, portraits(size.singles))
    into.paces.append(pace())
    for clients in CROWDS:
        result, account = calmest(partial(_crowd, system, clients, size.turns))
        into.paces.append(pace())
        into.crowds.setdefault(clients, []).append(result)
        if clients == max(CROWDS):
            into.accounts.append((account, clients * size.turns))


def calmest(measured: Callable[[], tuple[Crowd, Account]]) -> tuple[Crowd, Account]:
    """Measure again where the host gave much of the time to others; the calmest time counts."""
    tries: list[tuple[Crowd, Account]] = []
    for _ in range(TRIES):
        tries.append(measured())
        if tries[-1][1].taken <= CALM:
            break
    return min(tries, key=lambda one: one[1].taken)


def _crowd(system: System, clients: int, turns: int) -> tuple[Crowd, Account]:
    photos = portraits(clients * turns)
    accountant = Accountant(lambda: system.pids() | {"client": [os.getpid()]})
    return crowd(system, photos, clients), accountant.account()


def portraits(count: int) -> Sequence[bytes]:
    """Photos that no system has seen."""
    return [new_portrait() for _ in range(count)]
