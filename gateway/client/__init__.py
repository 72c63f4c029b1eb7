"""Python SDK: submit a photo, follow the job, fetch the files; docs/sdk.md tells it in full.

>>> with Kiln("http://127.0.0.1:8000") as kiln:  # doctest: +SKIP
...     job = kiln.submit_figurine("me.jpg", template="superhero")
...     job = kiln.wait(job)
...     kiln.download(job, "out")
...     sticker = kiln.submit_portrait("me.jpg", style="cel", background="transparent")
...     dinner = kiln.submit_recipe(["table.jpg"], pause_after="ingredients")
...     dinner = kiln.wait(dinner)  # paused: look at the list
...     kiln.resume(dinner, ingredients=["2 leeks", "rice"])
...     for made in kiln.batch(["anna.jpg", "ben.jpg"], folder="team", style="pop"):
...         print(made.name, made.why or made.files)
"""

from gateway.client.batch import Made
from gateway.client.event_lines import JobEvent, parse_events
from gateway.client.kiln import Kiln
from gateway.client.looking import RESTING, TERMINAL
from gateway.client.refusals import ApiError, Damaged, Unreachable
from gateway.client.shapes import Artifact, Job, JobSummary, Stage

__all__ = [
    "RESTING",
    "TERMINAL",
    "ApiError",
    "Artifact",
    "Damaged",
    "Job",
    "JobEvent",
    "JobSummary",
    "Kiln",
    "Made",
    "Stage",
    "Unreachable",
    "parse_events",
]
