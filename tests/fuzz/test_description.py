"""Our own ``/openapi.json`` against our own house: schemathesis, all checks, on a real stack."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.extent import FULL
from tests.fuzz import tally
from tests.stack import ROOT, TestStack

CONFIG = Path(__file__).with_name("schemathesis.toml")
# given a time, it goes on until that is over; without one it ends by the number of its examples
SIZE = ("--max-time", "300", "--max-examples", "100") if FULL else ("--max-examples", "3")
SEED = os.environ.get("KILN_TEST_SEED", "4")
ALLOWED = {503, 507}  # Redis is away, the house is full: never the fault of a request


def test_every_call_keeps_to_its_description(stack: TestStack, tmp_path: Path) -> None:
    report = tmp_path / "report.ndjson"
    run = subprocess.run(
        [
            *(Path(sys.executable).with_name("st"), "--config-file", CONFIG, "run", "--no-color"),
            *(f"{stack.url}/openapi.json", "--checks", "all", "--seed", SEED),
            *SIZE,
            *("--report", "ndjson", "--report-ndjson-path", report),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    answers = Counter(re.findall(r'"status_code": ?(\d{3})', report.read_text("utf-8")))
    for status, number in answers.items():
        tally.count("described calls", status, number)
    assert run.returncode == 0, run.stdout[-20_000:] + run.stderr
    assert sum(answers.values()) > 300
    assert not {int(status) for status in answers if status >= "500"} - ALLOWED
