"""A house with people in it, so that every series of it has something to tell.

``Guests`` do what people do, and what they should not; ``trouble`` is what happens to machines.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
import requests

from common.celery_app import KEY_PREFIX
from common.ledger.redis_ledger import connect
from gateway.broker import PRIORITY_STEPS
from gateway.client import Kiln
from tests.bench.photos import new_portrait
from tests.load.pantry import new_list
from tests.stack import TestStack, until

CLOSED = "http://127.0.0.1:9/"  # nobody listens there


class Guests:
    """Clients of one stack; each call is one thing that somebody does, to its end."""

    def __init__(self, stack: TestStack) -> None:
        self._stack = stack
        self._url = stack.url
        self._rng = random.Random(5)
        self._known = new_portrait(512)

    def wave(self) -> None:
        """Let everybody in at once."""
        doings: list[Callable[[], object]] = [
            self.known_portrait,
            self.recipe,
            self.told_recipe,
            self.portrait_of_nobody,
            self.lost,
            self.direct,
        ]
        with ThreadPoolExecutor(len(doings)) as pool:
            for done in [pool.submit(doing) for doing in doings]:
                done.result()

    def figurine(self, side: int = 512) -> dict[str, Any]:
        """Somebody follows the making of a figurine."""
        with Kiln(self._url) as kiln:
            job = kiln.submit_figurine(new_portrait(side))
            for _ in kiln.stream(job["id"]):
                pass
            return kiln.job(job["id"])

    def known_portrait(self) -> dict[str, Any]:
        """The same photo again: the stage remembers it."""
        with Kiln(self._url) as kiln:
            return kiln.wait(kiln.submit_portrait(self._known)["id"])

    def known_face(self) -> dict[str, Any]:
        """The same photo for another figurine: its face is measured already."""
        template = self._rng.choice(["superhero", "chef", "graduate", "sports", "astronaut"])
        with Kiln(self._url) as kiln:
            height_mm = self._rng.randrange(60, 160)
            job = kiln.submit_figurine(self._known, template=template, height_mm=height_mm)
            return kiln.wait(job["id"])

    def recipe(self) -> dict[str, Any]:
        with Kiln(self._url) as kiln:
            job = kiln.submit_recipe(ingredients=new_list(self._rng))
            return kiln.wait(job["id"])

    def told_recipe(self) -> dict[str, Any]:
        """Somebody wants to be told, and does not listen."""
        with Kiln(self._url) as kiln:
            job = kiln.submit_recipe(ingredients=new_list(self._rng), webhook_url=CLOSED)
            return kiln.wait(job["id"])

    def portrait_of_nobody(self) -> dict[str, Any]:
        """A photo without a face: the job is refused."""
        shade = self._rng.randrange(60, 200)
        _, data = cv2.imencode(".jpg", np.full((512, 512, 3), shade, np.uint8))
        with Kiln(self._url) as kiln:
            return kiln.wait(kiln.submit_figurine(bytes(data))["id"])

    def lost(self) -> None:
        """Calls that do not exist or are not right."""
        requests.get(f"{self._url}/v1/nowhere", timeout=10)
        requests.get(f"{self._url}/v1/jobs/nobody", timeout=10)
        requests.post(f"{self._url}/v1/figurines", data={"template": "emperor"}, timeout=10)
        requests.get(f"{self._url}/v1/catalog", timeout=10)

    def direct(self) -> None:
        """A call of a service behind the gateway."""
        room = f"http://127.0.0.1:{self._stack.settings.stylize_port}"
        requests.post(f"{room}/v1/portrait", files={"photo": new_portrait(512)}, timeout=30)

    def given_up(self) -> None:
        """Somebody who never comes back, until the deadline is over: now."""
        with connect(self._stack.settings.ledger_url) as ledger:
            assert ledger.zadd("kiln:deadlines", {self.forgotten(): 0}, xx=True, ch=True)

    def forgotten(self) -> str:
        """Somebody who wanted to look at the ingredients and never comes back."""
        with Kiln(self._url) as kiln:
            job = kiln.submit_recipe(ingredients=new_list(self._rng), pause_after="ingredients")
            return str(kiln.wait(job["id"])["id"])


def message_lost(stack: TestStack) -> None:
    """Jobs come while no recipe worker is there; the broker loses its messages; one is cancelled.

    Queues fill, the reconciler publishes again, and the worker finds a message with nothing to do.
    """
    stack.stop("recipe-worker")
    with Kiln(stack.url) as kiln, connect(stack.settings.broker_url) as broker:
        jobs = [kiln.submit_recipe(ingredients=[f"{n} eggs", "rice"])["id"] for n in (1, 2)]
        begin = f"{KEY_PREFIX}recipe{PRIORITY_STEPS[-1]}"  # messages that begin a job
        until(lambda: broker.delete(begin) == 1, 5)
        until(lambda: broker.llen(f"{KEY_PREFIX}recipe") >= len(jobs), 10)
        kiln.cancel(jobs[0])
        full(stack.url)
        stack.start("recipe-worker")
        kiln.wait(jobs[1])


def full(url: str, most: int = 40) -> None:
    """Come in until there is no room."""
    for _ in range(most):
        files = {"ingredients": "rice, eggs"}
        answer = requests.post(f"{url}/v1/recipes", data=files, timeout=10)
        if answer.status_code == 503:
            return
    raise AssertionError("the house is never full")


def listener(url: str, job: str, over: threading.Event) -> threading.Thread:
    """Somebody who listens to a job all the time."""

    def listen() -> None:
        with requests.get(f"{url}/v1/jobs/{job}/events", stream=True, timeout=60) as stream:
            for _ in stream.iter_lines():
                if over.is_set():
                    return

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    return thread
