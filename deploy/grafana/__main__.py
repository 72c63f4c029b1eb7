"""``python -m deploy.grafana`` writes every dashboard; a test fails while one is out of date."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from deploy.grafana.engines import engines
from deploy.grafana.latency import where_the_time_goes
from deploy.grafana.overview import overview
from deploy.grafana.page import Page
from deploy.grafana.products import products
from deploy.grafana.queues import queues

FOLDER: Final = Path(__file__).parent / "dashboards"


def pages() -> list[Page]:
    """List all dashboards, in the order in which one looks at them."""
    return [overview(), where_the_time_goes(), queues(), products(), engines()]


def main(folder: Path = FOLDER) -> None:
    """Write the files."""
    folder.mkdir(exist_ok=True)
    for page in pages():
        file = folder / f"{page.name}.json"
        file.write_text(page.as_json(), "utf-8")
        sys.stdout.write(f"wrote {file}\n")


if __name__ == "__main__":
    main()
