"""``make demo``: one photo through the whole house, and where its files are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

from common.contracts.stages import STAGES
from common.settings import Settings
from deploy.stack import Stack, StackError

FILES: Final = tuple(
    output.name for stage in STAGES for output in stage.writes if not output.internal
)


def demo(photo: Path, settings: Settings) -> int:
    """Start the stack if need be, make a figurine, stop the stack again if it was started here.

    Returns 0 only when every file of the product is there.
    """
    stack = Stack(settings)
    try:
        started = stack.up()
        try:
            status = make_figurine(photo, settings)
        finally:
            if started:
                stack.down()
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return status


def make_figurine(photo: Path, settings: Settings) -> int:
    """Call ``kiln figurine`` as a person would; check what came."""
    for name in FILES:
        (settings.out_dir / name).unlink(missing_ok=True)
    kiln = str(Path(sys.executable).parent / "kiln")
    command = [kiln, "figurine", str(photo), "--out", str(settings.out_dir)]
    result = subprocess.run(command, check=False)  # noqa: S603  our own command
    if result.returncode:
        return result.returncode
    missing = [name for name in FILES if not _is_filled(settings.out_dir / name)]
    if missing:
        sys.stderr.write(f"not in {settings.out_dir}: {', '.join(missing)}\n")
        return 1
    return 0


def _is_filled(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


if __name__ == "__main__":
    sys.exit(demo(Path(sys.argv[1]), Settings()))
