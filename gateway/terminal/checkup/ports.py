"""Who listens where: Kiln itself, somebody else, nobody. Names come from ``/proc``."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from common.hosts import in_url
from common.settings import Settings
from gateway.terminal.checkup.finding import Finding, missing, ok

PORTS: Final = {
    "gateway_port": "the gateway",
    "stylize_port": "the stylize service",
    "fusion_port": "the fusion service",
    "recipe_port": "the recipe service",
    "flower_port": "Flower",
    "redis_port": "Redis",
}
PATIENCE_S: Final = 1.0
LISTENING: Final = "0A"  # state of a socket in /proc/net/tcp


@dataclass(frozen=True)
class Listener:
    """A process behind a port; ``pid`` is None where the system does not tell."""

    pid: int | None
    name: str


def look(settings: Settings) -> Iterator[Finding]:
    """Look at every port of the stack."""
    ours = ours_of(settings)
    for setting, what in PORTS.items():
        if setting == "redis_port" and settings.redis_url:
            continue
        yield _port(settings, setting, what, ours)


def is_ours(settings: Settings, port: int) -> bool:
    """Whether a process of this stack listens at a port."""
    who = listener(port)
    return who is not None and who.pid in ours_of(settings)


def _port(settings: Settings, setting: str, what: str, ours: set[int]) -> Finding:
    port = int(getattr(settings, setting))
    name = f"Port {port}"
    host = in_url(settings.host if setting == "gateway_port" else settings.inner_host)
    who = listener(port)
    if who is None and not _answers(host.strip("[]"), port):
        return ok(name, f"free for {what}")
    if who is not None and who.pid in ours:
        return ok(name, f"{what}, process {who.pid}")
    named = f"{who.name} (process {who.pid})" if who and who.pid else "another user's process"
    fix = f"KILN_{setting.upper()}={port + 10_000 if port < 50_000 else port - 10_000} make up"
    return missing(name, f"{what} wants it, but {named} has it", fix)


def ours_of(settings: Settings) -> set[int]:
    """Pids of the stack with these settings: its supervisor and all below."""
    try:
        top = int((settings.data_dir / "run" / "supervisord.pid").read_text("ascii"))
    except (OSError, ValueError):
        return set()
    parents = {int(one.name): _parent(one) for one in Path("/proc").glob("[0-9]*")}
    found = {top}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def listener(port: int, proc: Path = Path("/proc")) -> Listener | None:
    """Who listens at a port of this machine; None where nobody does, or nothing tells."""
    inodes = {inode for table in ("tcp", "tcp6") for inode in _sockets(proc / "net" / table, port)}
    if not inodes:
        return None
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for process in sorted(proc.glob("[0-9]*"), key=lambda one: int(one.name)):
        if wanted & set(_links(process)):
            return Listener(int(process.name), _name(process))
    return Listener(None, "")


def _sockets(table: Path, port: int) -> Iterator[str]:
    """Inodes of the sockets that listen at a port (proc(5))."""
    try:
        rows = [line.split() for line in table.read_text("ascii").splitlines()[1:]]
    except OSError:
        return
    for row in rows:
        if row[3] == LISTENING and int(row[1].rpartition(":")[2], 16) == port:
            yield row[9]


def _links(process: Path) -> Iterator[str]:
    try:
        for link in (process / "fd").iterdir():
            yield str(link.readlink())
    except OSError:  # gone, or somebody else's
        return


def _name(process: Path) -> str:
    try:
        words = (process / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:
        return "a process"
    return " ".join(Path(word).name if "/" in word else word for word in words[:3] if word)[:60]


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0


def _answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), PATIENCE_S).close()
    except OSError:
        return False
    return True
