"""``python -m deploy.prometheus`` writes ``docs/alerts.md``."""

from __future__ import annotations

import sys

from deploy.prometheus import page

if __name__ == "__main__":
    page.write()
    sys.stdout.write(f"wrote {page.FILE}\n")
