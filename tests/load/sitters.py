"""Users who want a figurine of a portrait. Half follow by events, half by long-polls.

Two requests, and then what they came for: the preview and the GLB.
"""

from __future__ import annotations

from tests.load.guests import Guest  # first: it replaces sockets

# isort: split
import json

import locust

from gateway.client import TERMINAL, JobEvent

LONGEST_WAIT_S = 30
FILES = {"preview": ("preview.png", b"\x89PNG"), "GLB": ("figurine.glb", b"glTF")}


class Sitter(Guest):
    """What both have in common."""

    abstract = True
    kind = "figurines"

    @locust.task
    def sitting(self) -> None:
        began = self.begin()
        files = {"photo": ("me.jpg", self.photo())}
        job = self.ask("POST", "/v1/figurines", "submit", files=files).json()
        self.job = job["id"]
        end = self.end_of(job["links"], began)
        if end.type == "succeeded":
            self.waited("photo to figurine", began)
            for name in FILES:
                self.fetch(job["links"]["self"], name)
            self.waited("photo to files", began)
        else:
            error = end.data.get("error") or {"code": end.type}
            self.waited("photo to figurine", began, json.dumps(error))
        self.think(1)

    def end_of(self, links: dict[str, str], began: float) -> JobEvent:
        """Wait until the job has ended."""
        raise NotImplementedError

    def fetch(self, job: str, name: str) -> None:
        file, magic = FILES[name]
        content = self.ask("GET", f"{job}/artifacts/{file}", name).content
        if not content.startswith(magic):
            raise ValueError(f"{file} begins with {content[:8]!r}")


class StreamSitter(Sitter):
    """Follows the events; sees the figurine to turn around before its job has ended."""

    def end_of(self, links: dict[str, str], began: float) -> JobEvent:
        end, shown = JobEvent("", "no events", {}), False
        for end in self.follow(links["events"]):
            if not shown and (end.type, end.data.get("name")) == ("artifact", "figurine.glb"):
                shown = True
                self.waited("photo to GLB", began)
        return end


class PollSitter(Sitter):
    """Waits by long-polls: one, unless a figurine takes longer than a long-poll lasts."""

    def end_of(self, links: dict[str, str], began: float) -> JobEvent:  # noqa: ARG002
        while True:
            path = f"{links['self']}?wait={LONGEST_WAIT_S}"
            job = self.ask("GET", path, "follow by long-poll").json()
            if job["state"] in TERMINAL:
                return JobEvent("", job["state"], {"error": job["error"]})
