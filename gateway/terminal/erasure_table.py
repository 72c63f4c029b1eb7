"""The receipt of an erased job, for a terminal."""

from __future__ import annotations

from rich.filesize import decimal
from rich.markup import escape
from rich.table import Table

from gateway.client.shapes import ErasedFile, ErasureReceipt


def erasure_table(receipt: ErasureReceipt) -> Table:
    """Show what is gone, what goes within minutes, and what stays for other jobs."""
    table = Table(
        title=f"{receipt['job']} was erased at {receipt['erased_at']}",
        title_justify="left",
        box=None,
        pad_edge=False,
        header_style="dim",
    )
    for name in ("file", "size", "", "sha256"):
        table.add_column(name, justify="right" if name == "size" else "left")
    for what, says in (("erased", "erased"), ("pending", "[yellow]within minutes[/yellow]")):
        for file in receipt[what]:
            table.add_row(*_named(file), says, file["sha256"][:16])
    for file in receipt["kept"]:
        jobs = ", ".join(file["used_by"])
        table.add_row(*_named(file), f"[yellow]kept[/yellow] for {jobs}", file["sha256"][:16])
    return table


def _named(file: ErasedFile) -> tuple[str, str]:
    return escape(file["name"]), decimal(file["size"])
