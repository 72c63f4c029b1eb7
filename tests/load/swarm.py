"""Users as Locust greenlets: ``python -m tests.load.swarm URL FOLDER SEEN STEPS THINK_S``.

Half of them follow by server-sent events, half by long-polls with the calls of older clients.
"""

from __future__ import annotations

import locust  # first: it replaces the sockets of everything that comes after it

# isort: split
import json
import logging
import random
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import gevent
from locust.env import Environment
from locust.exception import StopUser

from gateway.client import JobEvent, parse_events
from tests.load.pantry import new_list

LAST_DINNERS_S = 30
NOTHING_SEEN = "nothing seen"
FLOW = "flow"  # beside the HTTP methods: what a user waits for, made of several requests


class Evening:
    """What all users share: photos, the step that runs, what was seen."""

    def __init__(self, folder: Path, think_s: float) -> None:
        self.photos = sorted((folder / "photos").iterdir())
        self.think_s = think_s
        self.users = 0
        self.ends = False
        self.began = time.monotonic()
        self.seen: list[dict[str, Any]] = []
        self.rng = random.Random()
        self._next = iter(self.photos)

    def photo(self) -> bytes:
        """The next photo; each is used once, over all runs of this folder."""
        path = next(self._next, None)
        if path is None:
            raise StopUser  # better no user than a remembered answer
        photo = path.read_bytes()
        path.unlink()
        return photo


class Guest(locust.HttpUser):
    """Somebody who photographs groceries and wants a dinner, again and again."""

    abstract = True
    evening: Evening

    def on_start(self) -> None:
        self.client.trust_env = False
        self.think(self.evening.rng.random())  # not all at once

    def think(self, share: float, *, hungry: bool = False) -> None:
        """Be a person for a while; who waits for a dinner does not leave before it."""
        until = time.monotonic() + self.evening.think_s * share * self.evening.rng.uniform(0.8, 1.2)
        while time.monotonic() < until and not self.evening.ends:
            gevent.sleep(0.1)
        if self.evening.ends and not hungry:
            raise StopUser

    def waited(self, what: str, since: float, *, error: str = "", users: int) -> None:
        """Note what a user has waited for."""
        self.environment.events.request.fire(
            request_type=FLOW,
            name=what,
            response_time=(time.perf_counter() - since) * 1000,
            response_length=0,
            exception=RuntimeError(error) if error else None,
            context={"users": users},
        )

    def without(self, error: dict[str, str], since: float, users: int) -> None:
        """Note why there is no dinner; that nothing was recognised is an answer, too."""
        if error.get("code") == "no_ingredients":
            self.waited(NOTHING_SEEN, since, users=users)
        else:
            self.waited("photo to recipes", since, error=json.dumps(error), users=users)


class StreamGuest(Guest):
    """Submits, follows the events, fetches the recipes: three requests."""

    @locust.task
    def dinner(self) -> None:
        users, began = self.evening.users, time.perf_counter()
        context = {"users": users}
        if self.evening.photos:
            sent: dict[str, Any] = {"files": {"photo": ("table.jpg", self.evening.photo())}}
        else:
            sent = {"json": {"ingredients": new_list(self.evening.rng)}}
        job = self.client.post("/v1/recipes", name="submit", context=context, **sent).json()
        seen, end = self.follow(job["links"]["events"], context)
        if end.type == "succeeded":
            self.waited("cook", seen, users=users)
            self.waited("photo to recipes", began, users=users)
            path = f"{job['links']['self']}/artifacts/recipes.json"
            self.client.get(path, name="result", context=context).json()
        else:
            self.without(end.data.get("error") or {}, began, users)
        self.think(1)

    def follow(self, path: str, context: dict[str, int]) -> tuple[float, JobEvent]:
        """Read the stream to its end; returns when the list was there, and how it ended."""
        stream = self.client.get(path, name="follow by events", context=context, stream=True)
        seen, event = 0.0, JobEvent("", "no events", {})
        with closing(stream):
            for event in parse_events(line.decode() for line in stream.iter_lines(64)):
                told = event.data.get("stage"), event.data.get("state")
                if told == ("recipe.recognise", "done"):
                    seen = time.perf_counter()
        return seen, event


class PollGuest(Guest):
    """Submits, waits for the list, looks at it, has it cooked: three requests."""

    @locust.task
    def dinner(self) -> None:
        users, began = self.evening.users, time.perf_counter()
        context = {"users": users}
        files = {"photo": ("table.jpg", self.evening.photo())}
        task = self.client.post("/test-vlm", name="submit", files=files, context=context).json()
        path = f"{task['status_url']}?wait=30"
        looked = self.client.get(path, name="follow by long-poll", context=context).json()
        if not looked.get("ingredients"):
            self.without(looked.get("error") or {"code": looked["status"]}, began, users)
            self.think(1)
            return
        self.waited("photo to list", began, users=users)
        self.think(0.5, hungry=True)
        asked = time.perf_counter()
        path = f"/cook-from-image/{task['task_id']}"
        cooked = self.client.post(path, name="cook", context=context).json()
        error = "" if cooked.get("recipes") else f"no recipes: {cooked.get('code')}"
        self.waited("cook", asked, error=error, users=users)
        self.think(0.5)


def run(url: str, evening: Evening, steps: list[tuple[int, float]]) -> None:
    """Let the users come and go."""
    Guest.evening = evening
    kinds = [StreamGuest, PollGuest] if evening.photos else [StreamGuest]
    environment = Environment(user_classes=kinds, host=url, stop_timeout=LAST_DINNERS_S)
    environment.events.request.add_listener(_listener(evening))
    environment.events.user_error.add_listener(_on_bug(environment, evening))
    runner = environment.create_local_runner()
    for users, seconds in steps:
        evening.users = users
        runner.start(users, spawn_rate=users)
        gevent.sleep(seconds)
    evening.ends = True
    runner.stop()  # waits for dinners that are under way
    runner.quit()


def _listener(evening: Evening) -> Any:
    def on_request(
        request_type: str,
        name: str,
        response_time: float,
        exception: BaseException | None,
        context: dict[str, int],
        **_: Any,
    ) -> None:
        evening.seen.append(
            {
                "users": context["users"],
                "thinking": evening.think_s > 0,
                "at": time.monotonic() - evening.began,
                "kind": request_type,
                "name": name,
                "ms": response_time,
                "error": repr(exception) if exception else "",
            }
        )

    return on_request


def _on_bug(environment: Environment, evening: Evening) -> Any:
    """An answer that a user cannot read is an error as well."""

    def on_error(exception: BaseException, **_: Any) -> None:
        environment.events.request.fire(
            request_type=FLOW,
            name="dinner",
            response_time=0,
            response_length=0,
            exception=exception,
            context={"users": evening.users},
        )

    return on_error


def main() -> None:
    url, folder, seen, steps, think_s = sys.argv[1:]
    logging.getLogger("locust").setLevel(logging.WARNING)
    evening = Evening(Path(folder), float(think_s))
    run(url, evening, [(users, seconds) for users, seconds in json.loads(steps)])
    Path(seen).write_text(json.dumps(evening.seen))


if __name__ == "__main__":
    main()
