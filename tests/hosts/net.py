"""Hosts on this machine: network namespaces on a bridge, each with an address and a cable."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.processes import descendants, is_alive

FIRST = 10  # number of the first host in its network; this machine itself is number 1


def why_not() -> str | None:
    """Say what is missing to make hosts; None where they can be made."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return "network namespaces need root and iproute2"
    probe = f"kiln-probe-{os.getpid()}"
    if _ip("netns", "add", probe, check=False).returncode:
        return "this system gives no network namespaces"
    _ip("netns", "del", probe)
    return None


@dataclass
class Host:
    """A machine of its own, as far as the network goes."""

    name: str
    namespace: str
    cable: str  # its end in this machine: what is pulled out
    address: IPv4Address
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def run(self, *command: str, env: dict[str, str], log: Path, cwd: Path) -> None:
        """Start a process there."""
        with log.open("ab") as out:
            process = subprocess.Popen(
                ["ip", "netns", "exec", self.namespace, *command],
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        self.processes.append(process)

    def unplug(self) -> None:
        """Cut it off: what it sends from now on goes nowhere, and nobody is told."""
        _ip("link", "set", self.cable, "down")

    def plug(self) -> None:
        """Put the cable back."""
        _ip("link", "set", self.cable, "up")

    def end(self, patience_s: float = 20) -> None:
        """Ask its processes to leave, and end those that do not."""
        pids = [pid for one in self.processes for pid in (one.pid, *descendants(one.pid))]
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(patience_s)
        for pid in pids:
            if is_alive(pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        for process in self.processes:
            process.wait(5)
        self.processes.clear()


class Net:
    """A network of hosts; nothing of it is left when it ends."""

    def __init__(self) -> None:
        self._tag = f"{random.randrange(16**5):05x}"
        self._network = _free_network()
        self._bridge = f"kbr{self._tag}"
        self.hosts: list[Host] = []

    def __enter__(self) -> Self:
        _ip("link", "add", "name", self._bridge, "type", "bridge")
        here = f"{self._network[1]}/{self._network.prefixlen}"
        _ip("addr", "add", here, "dev", self._bridge)
        _ip("link", "set", self._bridge, "up")
        return self

    def host(self, name: str) -> Host:
        """Add a host."""
        number = len(self.hosts)
        namespace, cable = f"kiln-{self._tag}-{name}", f"kv{self._tag}h{number}"
        host = Host(name, namespace, cable, self._network[FIRST + number])
        _ip("netns", "add", namespace)
        self.hosts.append(host)
        _ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", namespace)
        _ip("link", "set", cable, "master", self._bridge, "up")
        there = f"{host.address}/{self._network.prefixlen}"
        _ip("-n", namespace, "addr", "add", there, "dev", "eth0")
        for device in ("lo", "eth0"):
            _ip("-n", namespace, "link", "set", device, "up")
        return host

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for host in reversed(self.hosts):  # who depends on others goes first
            host.end()
        for host in self.hosts:
            _ip("netns", "del", host.namespace, check=False)
            _ip("link", "del", host.cable, check=False)  # where it outlived its other end
        _ip("link", "del", self._bridge, check=False)


def _free_network() -> IPv4Network:
    routes = _ip("-4", "-o", "route").stdout.split()
    while True:
        network = IPv4Network(f"10.{random.randrange(210, 250)}.{random.randrange(256)}.0/24")
        if not any(word.startswith(str(network[0]).removesuffix(".0")) for word in routes):
            return network


def _ip(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["ip", *words], check=check, capture_output=True, text=True)
