"""``kiln eval``: how like the photo, how good a photo, and does it print."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gateway.client import Job
from gateway.client.batch import GONE
from gateway.terminal.completion import jobs_here
from gateway.terminal.exits import Exit
from gateway.terminal.line import AsJson, Url, leave, named, talking_to
from gateway.terminal.panels import LOOKING
from gateway.terminal.rating import Report, report_of_files, report_of_job
from gateway.terminal.screen import err, mark, out, print_json

BAR: Final = 20
GOOD, FAIR = 0.8, 0.5  # of a term
SPOTLESS: Final = 0.95  # of a term of the photo: nothing to talk about
app = typer.Typer()
Photo = Annotated[
    Path | None,
    typer.Option("--original", exists=True, dir_okay=False, help="The photo.", metavar="FILE"),
]
Avatar = Annotated[
    Path | None,
    typer.Option(
        "--avatar",
        exists=True,
        dir_okay=False,
        metavar="FILE",
        help="What was made of it: figurine.glb, figurine.stl, preview.png or portrait.png.",
    ),
]


@app.command("eval", rich_help_panel=LOOKING)
def evaluate(  # noqa: PLR0913, PLR0917  options of a command are its signature
    job_id: Annotated[
        str | None,
        typer.Argument(metavar="JOB", help="A job of the house.", autocompletion=jobs_here),
    ] = None,
    original: Photo = None,
    avatar: Avatar = None,
    output: Annotated[
        Path | None, typer.Option("--output", dir_okay=False, help="Write the JSON report there.")
    ] = None,
    at_least: Annotated[
        float | None,
        typer.Option(min=0, max=100, help="Exit code 1 where a likeness is below this."),
    ] = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Rate a result against its photo: likeness, quality, print certificate.

    A job of the house, or two files. Exit code 1 where the certificate fails, or nothing is rated.
    """
    job: Job | None = None
    if job_id is not None and original is None and avatar is None:
        with talking_to(url) as kiln:
            job = kiln.job(named(kiln, job_id))
            report = report_of_job(kiln, job)
    elif original is not None and avatar is not None and job_id is None:
        with err.status("rating …"):
            report = report_of_files(original, avatar)
    else:
        raise typer.BadParameter("give a JOB, or --original and --avatar")
    if as_json:
        print_json(report)
    else:
        _show(report)
    if output is not None:  # last: what was rated is told even where it cannot be written
        output.write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    if job is not None and job["state"] in GONE:
        leave(job, as_json=as_json)
    raise typer.Exit(Exit.FINE if _passes(report, at_least) else Exit.FAILED)


def _passes(report: Report, at_least: float | None) -> bool:
    certificate = report["certificate"]
    if certificate is not None and not certificate["passed"]:
        return False
    scores = [one["score"] for one in report["likeness"].values() if one]
    if at_least is None:
        return bool(certificate or scores or report["quality"])
    return bool(scores) and all(score is not None and score >= at_least for score in scores)


def _show(report: Report) -> None:
    sections = list(_sections(report))
    if not sections:
        err.print("There is nothing to rate: no face was measured, drawn or printed.")
    for number, (title, lines) in enumerate(sections):
        out.print(Text("\n" * bool(number)).append(title, style="bold"))
        for line in lines:
            if not isinstance(line, Table) or line.row_count:
                out.print(Padding(line, (0, 0, 0, 2)))


def _sections(report: Report) -> Iterator[tuple[str, list[RenderableType]]]:
    quality = report["quality"]
    if quality:
        says = quality["advice"] or "A good photo to work from."
        doubtful = {name: value for name, value in quality["terms"].items() if value < SPOTLESS}
        yield f"Photo {quality['score']:.0f} of 100", [Text(says), _terms(doubtful)]
    for what, likeness in report["likeness"].items():
        if likeness and likeness["score"] is None:
            yield f"Likeness of the {what}", [Text(likeness["says"], style="yellow")]
        elif likeness:
            title = f"Likeness of the {what} {likeness['score']:.0f} of 100"
            yield title, [Text(likeness["says"]), _terms(likeness["terms"])]
    if report["certificate"]:
        yield "Print", list(_certificate(report["certificate"]))


def _terms(terms: dict[str, float]) -> Table:
    """Draw a bar for each term, the worst first."""
    table = Table.grid(padding=(0, 2))
    full, empty = ("━", "─") if out.encoding.startswith("utf") else ("#", ".")
    for name, value in sorted(terms.items(), key=lambda term: term[1]):
        filled = round(BAR * min(1.0, max(0.0, value)))
        style = "green" if value >= GOOD else "yellow" if value >= FAIR else "red"
        bar = Text(full * filled, style=style).append(empty * (BAR - filled), style="dim")
        table.add_row(Text(name, style="dim"), bar, f"{100 * value:.0f}")
    return table


def _certificate(certificate: dict[str, Any]) -> Iterator[RenderableType]:
    size = " x ".join(f"{side:.0f}" for side in certificate["size_mm"])
    gates = certificate["gates"]
    needed = [gate for gate in gates if gate["required"]]
    passed = sum(gate["passed"] for gate in needed)
    verdict = "ok" if certificate["passed"] else "missing"
    line = mark(verdict).append(f" {passed} of {len(needed)} gates for {certificate['process']}")
    yield line.append(f", {size} mm, {certificate['volume_cm3']:.0f} cm³", style="default")
    for gate in gates:
        if not gate["passed"]:
            state = "missing" if gate["required"] else "warning"
            unit = f" {gate['unit']}" if gate["unit"] else ""
            says = f" {gate['title']}: {gate['measured']:g}{unit}, has to be {gate['relation']}"
            fix = f" {gate['limit']:g}{unit}. {gate['fix']}"
            yield mark(state).append(says + fix, style="default")
