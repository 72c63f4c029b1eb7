"""Users who photograph groceries and want a dinner. Half follow by events, half by long-polls."""

from __future__ import annotations

from tests.load.guests import Guest  # first: it replaces sockets

# isort: split
import json
import time
from typing import Any

import locust

from gateway.client import JobEvent
from tests.load.pantry import new_list
from tests.load.samples import NOTHING_SEEN


class Diner(Guest):
    """What both have in common."""

    abstract = True
    kind = "recipes"

    def without(self, error: dict[str, str], since: float) -> None:
        """Note why there is no dinner; that nothing was recognised is an answer, too."""
        if error.get("code") == "no_ingredients":
            self.waited(NOTHING_SEEN, since)
        else:
            self.waited("photo to recipes", since, json.dumps(error))


class StreamDiner(Diner):
    """Submits, follows the events, fetches the recipes: three requests."""

    @locust.task
    def dinner(self) -> None:
        began = self.begin()
        if self.evening.has[self.kind]:
            sent: dict[str, Any] = {"files": {"photo": ("table.jpg", self.photo())}}
        else:
            sent = {"json": {"ingredients": new_list(self.evening.rng)}}
        job = self.ask("POST", "/v1/recipes", "submit", **sent).json()
        self.job = job["id"]
        seen, end = 0.0, JobEvent("", "no events", {})
        for end in self.follow(job["links"]["events"]):
            told = end.data.get("stage"), end.data.get("state")
            if told == ("recipe.recognise", "done"):
                seen = time.perf_counter()
        if end.type == "succeeded":
            self.waited("cook", seen)
            self.waited("photo to recipes", began)
            self.ask("GET", f"{job['links']['self']}/artifacts/recipes.json", "result").json()
        else:
            self.without(end.data.get("error") or {"code": end.type}, began)
        self.think(1)


class PollDiner(Diner):
    """Submits, waits for the list, looks at it, has it cooked: three requests."""

    @locust.task
    def dinner(self) -> None:
        began = self.begin()
        files = {"photo": ("table.jpg", self.photo())}
        task = self.ask("POST", "/test-vlm", "submit", files=files).json()
        self.job = task["task_id"]
        looked = self.ask("GET", f"{task['status_url']}?wait=30", "follow by long-poll").json()
        if not looked.get("ingredients"):
            self.without(looked.get("error") or {"code": looked["status"]}, began)
            self.think(1)
            return
        self.waited("photo to list", began)
        self.think(0.5, hungry=True)
        asked = time.perf_counter()
        cooked = self.ask("POST", f"/cook-from-image/{self.job}", "cook").json()
        error = "" if cooked.get("recipes") else f"no recipes: {cooked.get('code')}"
        self.waited("cook", asked, error)
        self.think(0.5)
