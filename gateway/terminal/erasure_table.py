"""The receipt of an erased job, for a terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.filesize import decimal
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from gateway.client.shapes import ErasedFile, ErasureReceipt


def erasure_table(receipt: ErasureReceipt) -> RenderableType:
    """Show what is gone, what goes within minutes, and what stays for other jobs."""
    title = Text(
        f"{receipt['job']} was erased at {receipt['erased_at'][:19].replace('T', ' ')} UTC"
    )
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("file", "size", "", "sha256"):
        table.add_column(name, justify="right" if name == "size" else "left")
    for file in receipt["erased"]:
        table.add_row(*_named(file), "erased", file["sha256"][:16])
    for file in receipt["pending"]:
        table.add_row(*_named(file), "[yellow]within minutes[/yellow]", file["sha256"][:16])
    for file in receipt["kept"]:
        jobs = ", ".join(file["used_by"])
        table.add_row(*_named(file), f"[yellow]kept[/yellow] for {jobs}", file["sha256"][:16])
    return Group(title, table)


def _named(file: ErasedFile) -> tuple[str, str]:
    return escape(file["name"]), decimal(file["size"])
