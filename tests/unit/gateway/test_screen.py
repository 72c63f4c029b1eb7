"""What is printed comes out, whatever signs the other end of the pipe can take."""

from __future__ import annotations

import json
import os
import subprocess
import sys

SAYS = """
from gateway.terminal.screen import err, out, print_json
out.print("the plaque of Zoë: waiting…")
err.print("sent…")
print_json({"name": "Zoë"})
"""


def said(encoding: str) -> tuple[str, str]:
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    run = [sys.executable, "-c", SAYS]
    done = subprocess.run(run, capture_output=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode(), done.stderr.decode()


def test_a_sign_that_cannot_be_written_ends_no_command() -> None:
    told, beside = said("ascii")
    words, _, document = told.partition("\n")
    assert words == "the plaque of Zo?: waiting?"
    assert beside.strip() == "sent?"
    assert json.loads(document) == {"name": "Zoë"}  # what a program reads is whole


def test_all_signs_are_written_where_they_can_be() -> None:
    told, beside = said("utf-8")
    assert told.startswith("the plaque of Zoë: waiting…")
    assert '"Zoë"' in told
    assert beside.strip() == "sent…"
