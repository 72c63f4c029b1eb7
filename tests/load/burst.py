"""Thirty figurines at once, from processes that have only just started."""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import requests

from tests.bench.photos import new_portrait
from tests.load.samples import head, percentile, row
from tests.load.section import Section
from tests.stack import TestStack

LONGEST_WAIT_S = 30
PATIENCE_S = 300.0


@dataclass(frozen=True)
class Burst:
    """What came of one; seconds after it began."""

    done_s: list[float]
    took_s: list[float]  # of each figurine, from its first request
    errors: list[str]
    told_to_wait: int

    @property
    def share(self) -> float:
        return len(self.done_s) / max(1, len(self.done_s) + len(self.errors))


class Client:
    """Sends again when it is told to, after the seconds it is told, and never otherwise."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False
        self.told_to_wait = 0

    def figurine(self, photo: bytes) -> str:
        """Make a figurine; returns how its job ended."""
        files = {"photo": ("me.jpg", photo)}
        job = self._ask("POST", "/v1/figurines", files=files)
        give_up = time.monotonic() + PATIENCE_S
        while job["finished"] is None and time.monotonic() < give_up:
            job = self._ask("GET", f"{job['links']['self']}?wait={LONGEST_WAIT_S}")
        return str(job["state"])

    def _ask(self, method: str, path: str, **sent: Any) -> dict[str, Any]:
        while True:
            answer = self._session.request(method, self._url + path, timeout=60, **sent)
            asked = answer.headers.get("Retry-After", "")
            if answer.status_code in {429, 503} and asked.isdecimal():
                self.told_to_wait += 1
                time.sleep(int(asked))
                continue
            answer.raise_for_status()
            return dict(answer.json())


def run(options: argparse.Namespace) -> Section:
    """Start a stack, wait until it is ready, fire; once more while it is warm; all that again."""
    starts, colds, warms = [], [], []
    for _round in range(options.bursts):
        photos = [[new_portrait() for _ in range(options.burst)] for _ in range(2)]
        began = time.perf_counter()
        with TestStack() as stack:
            starts.append(time.perf_counter() - began)
            colds.append(_fire(stack.url, photos[0], options.at_once))
            warms.append(_fire(stack.url, photos[1], options.at_once))
    firsts = [statistics.median(min(b.done_s) for b in bursts) for bursts in (colds, warms)]
    lines = [
        (
            f"{options.burst} figurines, {options.at_once} at a time, fired in the moment in which "
            "`/readyz` of a stack that was just started turns green; then once more, while it is "
            f"warm; {options.bursts} times. Clients send again after `Retry-After`, and in no "
            "other case."
        ),
        "",
        *head(("what", "measured", "to beat, or goal")),
        row(("success, cold", f"{min(b.share for b in colds):.1%}", "86.7 %; goal 100 %")),
        row(("success, warm", f"{min(b.share for b in warms):.1%}", "goal 100 %")),
        row(("start until `/readyz` is green, s", _median(starts), "40-90 s cold starts")),
        row(("first figurine, cold, s after the burst began", f"{firsts[0]:.2f}", "")),
        row(("first figurine, warm, s", f"{firsts[1]:.2f}", "")),
        row(("first, cold / warm", f"{firsts[0] / firsts[1]:.2f}", "≤ 1.2")),
        row(("last figurine, cold / warm, s", f"{_last(colds)} / {_last(warms)}", "")),
        row(("one figurine, p50 / p95, cold, s", _took(colds), "")),
        row(("one figurine, p50 / p95, warm, s", _took(warms), "")),
        row(("told to wait", sum(b.told_to_wait for b in colds + warms), "")),
        *(["", *(f"- {one}" for b in colds + warms for one in b.errors)]
          if any(b.errors for b in colds + warms) else []),
    ]  # fmt: skip
    numbers = {"cold": [asdict(b) for b in colds], "warm": [asdict(b) for b in warms]}
    success = min(b.share for b in colds)
    start_s = statistics.median(starts)
    ours = f"{success:.1%} success, all workers ready {start_s:.1f} s after the start"
    return Section(
        "A burst from cold processes",
        lines,
        numbers | {"start_s": starts},
        {"30 figurines from cold, 15 at a time": ours},
    )


def _fire(url: str, photos: list[bytes], at_once: int) -> Burst:
    clients = threading.local()
    told, errors, done = [], [], []
    began = time.perf_counter()

    def one(photo: bytes) -> None:
        if not hasattr(clients, "own"):
            clients.own = Client(url)
            told.append(clients.own)
        sent = time.perf_counter()
        try:
            end = clients.own.figurine(photo)
        except requests.RequestException as exc:
            end = repr(exc)
        now = time.perf_counter()
        if end == "succeeded":
            done.append((now - began, now - sent))
        else:
            errors.append(end)

    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(one, photos))
    waited = sum(client.told_to_wait for client in told)
    return Burst([at for at, _ in done], [took for _, took in done], errors, waited)


def _median(values: list[float]) -> str:
    return f"{statistics.median(values):.1f} (most {max(values):.1f})"


def _last(bursts: list[Burst]) -> str:
    return f"{statistics.median(max(b.done_s) for b in bursts):.1f}"


def _took(bursts: list[Burst]) -> str:
    took = [one for b in bursts for one in b.took_s]
    return f"{percentile(took, 50):.1f} / {percentile(took, 95):.1f}"
