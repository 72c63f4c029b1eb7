"""``kiln audit``, ``recover``, ``dead``, ``redis``: for whoever runs the house on this machine.

They talk to Redis and to the store of the settings, not to the gateway: it may be down. Nobody's
wishes and nobody's face are shown.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Column, Table

from common.errors import BadParameter
from common.ledger.audit_rules import Kind
from common.settings import Settings
from gateway.terminal.exits import Exit
from gateway.terminal.line import AsJson
from gateway.terminal.panels import RUNNING
from gateway.terminal.screen import err, out, print_json

# What these commands work with takes longer to import than `kiln --help` should: Celery, Flask,
# the store. Each command imports its own.
if TYPE_CHECKING:
    from common.ledger.audit import Report
    from gateway.dead import DeadLetter
    from gateway.house import House
    from gateway.recover import Recovery
    from gateway.sweep import File

app = typer.Typer()
letters = typer.Typer(help="Jobs with a stage that used up its attempts.", no_args_is_help=True)
app.add_typer(letters, name="dead", rich_help_panel=RUNNING)

JobId = Annotated[str, typer.Argument(help="Id of a job.")]


@app.command("audit", rich_help_panel=RUNNING)
def audit_house(
    quick: Annotated[bool, typer.Option("--quick", help="Do not read the files.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare the ledger with itself and with the store; exit code 1 when something is wrong."""
    report = _audit(Settings(), check_hashes=not quick)
    if as_json:
        print_json(asdict(report) | {"clean": report.clean})
    else:
        _show(report)
    raise typer.Exit(0 if report.clean else Exit.FAILED)


@app.command("recover", rich_help_panel=RUNNING)
def recover_house(
    renew: Annotated[
        bool, typer.Option("--renew", help="Give every job its whole time again.")
    ] = False,
    sweep: Annotated[
        bool, typer.Option("--sweep", help="Then throw away files that nobody refers to.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before that.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make unfinished jobs anew after Redis was lost. Safe to repeat, and beside a running house.

    Exit code 1 when a promised job cannot be made anew.
    """
    from gateway.recover import Rescuer  # noqa: PLC0415  see above

    settings = Settings()
    house = _house(settings)
    found = Rescuer(house.ledger, house.store, house.publish, renew=renew).recover()
    if not as_json:
        _tell(found)
    swept = _sweep(house, ask=not yes) if sweep else []
    if as_json:
        print_json(asdict(found) | {"swept": ["/".join(one) for one in swept]})
    raise typer.Exit(Exit.FAILED if found.lost else 0)


@app.command(
    "redis",
    rich_help_panel=RUNNING,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
def ask_redis(
    words: Annotated[list[str], typer.Argument(metavar="COMMAND", help="Such as `info memory`.")],
) -> None:
    """Send one command to the ledger's Redis, with the address and the login of the settings.

    `redis-cli` would need both, and the password is to be in no command line.
    """
    from redis import ResponseError  # noqa: PLC0415  see above

    from common.ledger.redis_ledger import connect  # noqa: PLC0415
    from common.ledger.scripts import within_reach  # noqa: PLC0415

    with connect(Settings().ledger_url) as client:
        client.response_callbacks.clear()  # as Redis says it
        try:
            with within_reach():
                answer = client.execute_command(*words)
        except ResponseError as exc:
            raise BadParameter(f"Redis refuses that: {exc}") from exc
    for line in _lines(answer):
        typer.echo(line)


def _lines(answer: object) -> Iterator[str]:
    if isinstance(answer, list):
        for one in answer:
            yield from _lines(one)
    else:
        yield "(nil)" if answer is None else str(answer).rstrip()


@letters.command("list")
def list_dead(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List dead letters, latest first."""
    from gateway import dead  # noqa: PLC0415  see above

    found = list(dead.letters(_house(), limit))
    if as_json:
        print_json([_as_json(one) for one in found])
        return
    table = _table_of_jobs("stage", "error", "ended", "photo")
    for one in found:
        last = one.stages[-1] if one.stages else None
        table.add_row(
            one.job,
            last.id if last else one.product,
            (one.error or {}).get("code", one.state),
            _time(one.ended),
            "kept" if one.photos else "",
        )
    out.print(table if found else "No dead letters.")


@letters.command("show")
def show_dead(job: JobId, as_json: AsJson = False) -> None:
    """Show what became of one: its error, its stages and times, where its photo is."""
    from gateway import dead  # noqa: PLC0415  see above

    one = dead.letter(_house(), job)
    if as_json:
        print_json(_as_json(one))
        return
    table = Table(show_header=False, title=f"{one.product} {one.job}: {one.state}")
    table.add_row("owner", escape(one.owner))
    table.add_row("accepted, ended", f"{_time(one.accepted)}, {_time(one.ended)}")
    for name in ("code", "detail", "hint"):
        table.add_row(name, escape(str((one.error or {}).get(name, ""))))
    for stage in one.stages:
        times = f"{_time(stage.began)} to {_time(stage.ended)}"
        who = f", last by {escape(stage.worker)}" if stage.worker else ""
        table.add_row(stage.id, f"{stage.state} after {stage.attempts} attempts, {times}{who}")
    out.print(table)
    for path in one.photos or ["gone"]:
        out.print(f"photo: {path}", soft_wrap=True)  # in one piece, to be copied


@letters.command("replay")
def replay_dead(job: JobId, as_json: AsJson = False) -> None:
    """Make a new job from the same photo and parameters; the dead one stays as it is."""
    from gateway import dead  # noqa: PLC0415  see above

    receipt = dead.replay(_house(), job, trace=f"replay-{job}")
    if as_json:
        print_json({"id": receipt.job, "from": job})
    else:
        out.print(f"Job {receipt.job} was accepted, from {escape(job)}. kiln watch {receipt.job}")


def _house(settings: Settings | None = None) -> House:
    from gateway.house import open_house  # noqa: PLC0415  see above

    return open_house(settings or Settings())


def _audit(settings: Settings, *, check_hashes: bool) -> Report:
    from common.ledger.audit import audit  # noqa: PLC0415  see above
    from common.ledger.redis_ledger import connect  # noqa: PLC0415  see above

    with connect(settings.ledger_url) as client:
        return audit(client, _house(settings).store, check_hashes=check_hashes)


def _show(report: Report) -> None:
    jobs = ", ".join(f"{count} {state}" for state, count in sorted(report.jobs.items()))
    out.print(f"jobs: {jobs or 'none'}; files: {report.files}")
    if report.clean:
        out.print("[green]clean[/green]")
        return
    table = _table_of_jobs("finding", "what")
    for one in report.findings:
        table.add_row(one.job, one.kind, escape(one.detail))
    out.print(table)


def _tell(found: Recovery) -> None:
    out.print(
        f"made anew: {len(found.rebuilt)}; too late, ended as expired: {len(found.expired)};"
        f" known to the ledger: {found.known}; lost: {len(found.lost)}"
    )
    if found.unpublished:
        out.print(f"{len(found.unpublished)} of them are left to the reconciler to publish")
    if found.lost:
        table = _table_of_jobs("why it cannot be made anew", "promise")
        for loss in found.lost:
            table.add_row(loss.job or "?", escape(loss.why), loss.promise[:12])
        out.print(table)


def _sweep(house: House, *, ask: bool) -> list[File]:
    """Throw away what the audit finds that nobody refers to, once somebody has agreed."""
    from gateway.sweep import sweepable  # noqa: PLC0415  see above

    report = _audit(house.settings, check_hashes=False)
    orphans = [
        (owner, sha256)
        for one in report.findings
        if one.kind is Kind.ORPHAN and one.path
        for owner, _, sha256 in [one.path.split("/")]
    ]
    chosen = sweepable(house.ledger, house.store, orphans, time.time_ns() // 1_000_000)
    question = f"Throw away {len(chosen)} of {report.files} files?"
    if not chosen or (ask and not typer.confirm(question, err=True)):
        return []
    for owner, sha256 in chosen:
        house.ledger.discard(owner, [sha256])
    err.print(f"{len(chosen)} files are in the trash; they are deleted within minutes")
    return chosen


def _table_of_jobs(*columns: str) -> Table:
    """Make a narrow table with whole ids: people copy them."""
    job = Column("job", no_wrap=True, min_width=32)
    return Table(job, *columns, box=None, pad_edge=False, padding=(0, 1, 0, 0))


def _as_json(letter: DeadLetter) -> dict[str, Any]:
    return dict(json.loads(json.dumps(asdict(letter), default=_time)))


def _time(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M}"
