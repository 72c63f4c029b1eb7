"""The receipt of an erased job, for a terminal."""

from __future__ import annotations

from typing import Any

from rich.filesize import decimal
from rich.markup import escape
from rich.table import Table


def erasure_table(receipt: dict[str, Any]) -> Table:
    """Show what is gone, what goes within minutes, and what stays for other jobs."""
    table = Table(title=f"{receipt['job']} was erased at {receipt['erased_at']}")
    for name in ("file", "size", "", "sha256"):
        table.add_column(name, justify="right" if name == "size" else "left")
    for what, says in (("erased", "erased"), ("pending", "[yellow]within minutes[/yellow]")):
        for file in receipt[what]:
            table.add_row(*_named(file), says, file["sha256"][:16])
    for file in receipt["kept"]:
        jobs = ", ".join(file["used_by"])
        table.add_row(*_named(file), f"[yellow]kept[/yellow] for {jobs}", file["sha256"][:16])
    return table


def _named(file: dict[str, Any]) -> tuple[str, str]:
    return escape(file["name"]), decimal(file["size"])
