"""``python -m deploy up | down | restart | status | logs``: the stack of this machine.

``python -m deploy backup FOLDER | restore FOLDER``: see docs/backup.md.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from common.hosts import in_url
from common.settings import Settings
from deploy import prometheus
from deploy.backup import backup, restore
from deploy.stack import Stack, StackError
from gateway.door.keys import key_file


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _up(stack: Stack) -> None:
    settings = stack.settings
    _say("Kiln is up." if stack.up() else "Kiln was up already.")
    _say(f"  page and API   {settings.gateway_url}/")
    _say(f"  API reference  {settings.gateway_url}/docs")
    _say(f"  Flower         http://{settings.inner_host}:{settings.flower_port}/")
    if settings.flower_basic_auth is None:
        _say(f"                 name and password: {stack.run / 'flower-login'}")
    _say(f"  Prometheus     {_prometheus(stack)}")
    _say(f"  logs           {stack.logs}")
    if settings.locked and not key_file(settings).exists():
        _say("  no key yet     `kiln keys create NAME` makes one; without a key nothing is done")


def _prometheus(stack: Stack) -> str:
    settings = stack.settings
    if any(process.name == "prometheus" for process in stack.processes()):
        return f"http://{in_url(settings.inner_host)}:{settings.prometheus_port}/alerts"
    if settings.prometheus == "off":
        return "off"
    if not prometheus.installed():
        return "not installed: nothing remembers the metrics (docs/alerts.md)"
    return f"off, port {settings.prometheus_port} is in use: set KILN_PROMETHEUS_PORT"


def _down(stack: Stack) -> None:
    _say("Kiln is down." if stack.down() else "Kiln was not up.")


def _restart(stack: Stack) -> None:
    _down(stack)
    _up(stack)


def _status(stack: Stack) -> None:
    if not stack.is_up():
        raise StackError("Kiln is not up: `make up` starts it.")
    for process in stack.processes():
        _say(f"{process.name:20} {process.state:10} {process.pid or ''}")


def _logs(stack: Stack) -> None:
    files = [str(path) for path in sorted(stack.logs.glob("*.log"))]
    if not files:
        raise StackError(f"no logs in {stack.logs}: `make up` starts a stack.")
    os.execvp("tail", ["tail", "-n", "20", "-F", *files])  # noqa: S606, S607


COMMANDS: Final = {
    "up": _up,
    "down": _down,
    "restart": _restart,
    "status": _status,
    "logs": _logs,
}
COPIES: Final = {"backup": backup, "restore": restore}


def main(arguments: Sequence[str]) -> int:
    """Run one command and return the exit status."""
    try:
        match arguments:
            case [command] if command in COMMANDS:
                COMMANDS[command](Stack(Settings()))
            case [command, folder] if command in COPIES:
                COPIES[command](Stack(Settings()), Path(folder).absolute())
                _say(f"{command}: done")
            case _:
                usage = [*COMMANDS, *(f"{name} FOLDER" for name in COPIES)]
                sys.stderr.write(f"usage: python -m deploy {' | '.join(usage)}\n")
                return 2
    except (StackError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
