"""``kiln figurine`` and ``kiln portrait``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from common.contracts.figurine import Looks
from gateway.client import ApiError, Job, Kiln
from gateway.domain.figurines import FigurineParams, PortraitParams
from gateway.terminal.approval import ask_for_changes, show_portrait
from gateway.terminal.findings import findings
from gateway.terminal.line import (
    AsJson,
    OutDir,
    PhotoOf,
    Portrait,
    Url,
    Webhook,
    followed,
    leave,
    named,
    refused,
    report,
    talking_to,
)
from gateway.terminal.options import asks
from gateway.terminal.panels import MAKING
from gateway.terminal.screen import err

_DRAWN: Final = ("style", "subject", "engine", "seed")
_PANELS: Final = {
    "Portrait": (*_DRAWN, "size_px", "background"),
    "Figurine": ("template", "height_mm", "name", "face", "formats"),
    "Looks, where you know better than the photo": tuple(
        name for name in Looks.model_fields if name != "face"
    ),
    "Colours": ("skin", "hair", "eyes", "shirt"),
    "Printing": ("process", "hollow", "accept", "orientation", "colouring", "filaments"),
}

app = typer.Typer()


@app.command(rich_help_panel=MAKING)
@asks(FigurineParams, _PANELS)
def figurine(  # noqa: PLR0913, PLR0917  options of a command are its signature
    wishes: dict[str, Any],
    photo: Portrait = None,
    photo_of: PhotoOf = None,
    out_dir: OutDir = Path("out"),
    approve: Annotated[
        bool, typer.Option("--approve", help="Look at the portrait before the body is made.")
    ] = False,
    webhook: Webhook = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Make a figurine from a photo and fetch its files."""
    _need_one(photo, photo_of)
    pause = {"pause_after": "portrait"} if approve else {}
    with talking_to(url) as kiln:
        earlier = photo_of and named(kiln, photo_of)
        job = kiln.submit_figurine(photo, photo_of=earlier, webhook_url=webhook, **wishes | pause)
        job, last = followed(kiln, job["id"], quiet=as_json)
        if approve:
            job = _approved(kiln, job, out_dir, quiet=as_json, after=last)
        paths = kiln.download(job, out_dir) if job["state"] == "succeeded" else []
        report(job, paths, as_json=as_json, lines=findings(job))
    leave(job, as_json=as_json)


@app.command(rich_help_panel=MAKING)
@asks(PortraitParams, {"Portrait": _DRAWN})
def portrait(  # noqa: PLR0913, PLR0917  options of a command are its signature
    wishes: dict[str, Any],
    photo: Portrait = None,
    photo_of: PhotoOf = None,
    out_dir: OutDir = Path("out"),
    size: Annotated[int | None, typer.Option(help="Side in px: 128 to 2048.")] = None,
    transparent: Annotated[
        bool, typer.Option("--transparent", help="Cut out, nothing behind the person.")
    ] = False,
    webhook: Webhook = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Make a cartoon portrait from a photo, and nothing else."""
    _need_one(photo, photo_of)
    cut_out: dict[str, Any] = {"background": "transparent"} if transparent else {}
    with talking_to(url) as kiln:
        job = kiln.submit_portrait(
            photo,
            photo_of=photo_of and named(kiln, photo_of),
            webhook_url=webhook,
            size_px=size,
            **cut_out,
            **wishes,
        )
        job, _ = followed(kiln, job["id"], quiet=as_json)
        paths = kiln.download(job, out_dir) if job["state"] == "succeeded" else []
        report(job, paths, as_json=as_json, lines=findings(job))
    leave(job, as_json=as_json)


def _need_one(photo: Path | None, photo_of: str | None) -> None:
    if photo is None and photo_of is None:
        raise typer.BadParameter("give a photo, or `--from JOB` for that of an earlier job")


def _approved(kiln: Kiln, job: Job, folder: Path, *, quiet: bool, after: str) -> Job:
    """Let a person look and change, as often as the portrait is drawn anew."""
    while job["state"] == "paused":
        show_portrait(kiln, job, folder, err)
        _resume(kiln, job["id"])
        job, after = followed(kiln, job["id"], quiet=quiet, after=after)
    return job


def _resume(kiln: Kiln, job: str) -> None:
    """Resume with what is asked for; what is refused is asked for again."""
    while True:
        try:
            changes = ask_for_changes(err)
        except (EOFError, KeyboardInterrupt):
            kiln.cancel(job)
            raise typer.Abort from None
        try:
            kiln.resume(job, **changes)
        except ApiError as error:
            if error.status != 422:
                raise
            refused(error)
        else:
            return
