"""Users as Locust greenlets; ``crowd`` starts this: ``python -m tests.load.swarm JSON``."""

from __future__ import annotations

from tests.load.guests import Evening, Guest  # first: it replaces sockets

# isort: split
import json
import logging
import sys
import time
from pathlib import Path
from typing import Any

import gevent
from locust import User
from locust.env import Environment

from tests.load.diners import Diner, PollDiner, StreamDiner
from tests.load.samples import FLOW
from tests.load.sitters import PollSitter, Sitter, StreamSitter

LAST_ONES_S = 60
KINDS: dict[str, tuple[type[Guest], ...]] = {
    Diner.kind: (StreamDiner, PollDiner),
    Sitter.kind: (StreamSitter, PollSitter),
}


def run(told: dict[str, Any], evening: Evening) -> None:
    """Let the users come and go."""
    Guest.evening = evening
    classes: list[type[User]] = []
    for kind, share in told["who"].items():
        by_list = kind == Diner.kind and not evening.has[kind]
        for one in KINDS[kind][: 1 if by_list else 2]:
            one.weight = share
            classes.append(one)
    environment = Environment(user_classes=classes, host=told["url"], stop_timeout=LAST_ONES_S)
    environment.events.request.add_listener(_listener(evening))
    environment.events.user_error.add_listener(_on_bug(environment, evening))
    runner = environment.create_local_runner()
    for users, seconds in told["steps"]:
        evening.users = users
        runner.start(users, spawn_rate=users)
        gevent.sleep(seconds)
    evening.ends = True
    runner.stop()  # waits for what is under way
    runner.quit()


def _listener(evening: Evening) -> Any:
    def on_request(
        request_type: str,
        name: str,
        response_time: float,
        exception: BaseException | None,
        context: dict[str, Any],
        **_: Any,
    ) -> None:
        evening.seen.append(
            {
                "users": context["users"],
                "thinking": any(evening.think_s.values()),
                "at": time.monotonic() - evening.began,
                "kind": request_type,
                "name": name,
                "ms": response_time,
                "error": repr(exception) if exception else "",
                "job": context["job"],
            }
        )

    return on_request


def _on_bug(environment: Environment, evening: Evening) -> Any:
    """An answer that a user cannot read is an error as well."""

    def on_error(exception: BaseException, **_: Any) -> None:
        environment.events.request.fire(
            request_type=FLOW,
            name="what a user could not read",
            response_time=0,
            response_length=0,
            exception=exception,
            context={"users": evening.users, "job": ""},
        )

    return on_error


def main() -> None:
    told = json.loads(sys.argv[1])
    logging.getLogger("locust").setLevel(logging.WARNING)
    evening = Evening(Path(told["folder"]), told["think_s"])
    run(told, evening)
    Path(told["seen"]).write_text(json.dumps(evening.seen))


if __name__ == "__main__":
    main()
