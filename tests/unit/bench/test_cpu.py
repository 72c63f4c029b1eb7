from __future__ import annotations

import subprocess
import sys

from tests.bench.cpu import Accountant, parent_of, usage_of

BUSY = """
import sys, time
while time.process_time() < 0.6: pass
print("busy no more", flush=True)
sys.stdin.read()
"""
PARENT = f"""
import subprocess, sys
pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child = subprocess.Popen([sys.executable, "-c", {BUSY!r}], **pipes)
child.stdout.readline()
print(child.pid, flush=True)
sys.stdin.readline()
child.communicate()
print("buried", flush=True)
sys.stdin.read()
"""


def test_what_a_child_had_used_before_is_not_its_parents_when_it_ends() -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", PARENT], text=True, **pipes) as parent:
        child = int(parent.stdout.readline())
        assert usage_of(child).seconds >= 0.5
        assert parent_of(child) == parent.pid
        accountant = Accountant(lambda: {"family": [parent.pid, child]})
        parent.stdin.write("\n")
        parent.stdin.flush()
        assert parent.stdout.readline() == "buried\n"
        assert parent_of(child) == 0
        assert usage_of(parent.pid).seconds >= 0.5  # it has inherited all of the child's time
        assert accountant.account().used.seconds < 0.4  # CPU time: what the child did in its end
        parent.stdin.close()


def test_nothing_is_known_of_a_process_that_is_gone() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert usage_of(process.pid).seconds == 0.0
    assert parent_of(process.pid) == 0
