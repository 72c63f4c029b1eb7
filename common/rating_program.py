"""What the programs that rate a result against its photo have in common: files in, JSON out."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from common.errors import KilnError
from common.settings import Settings

USAGE_ERROR = 2


def run(
    arguments: list[str], usage: str, evaluate: Callable[[Path, Path, Path], dict[str, Any]]
) -> int:
    """Print the ratings, or the error, as JSON; return the exit status.

    Parameters
    ----------
    arguments : list of str
        Paths of the photo and of the result.
    usage : str
        The command, for somebody who typed it wrongly.
    evaluate
        Rates a result against its photo: takes the photo, the result, and the folder of models.
    """
    if len(arguments) != 2:
        sys.stderr.write(f"usage: {usage}\n")
        return USAGE_ERROR
    original, result = map(Path, arguments)
    try:
        said = evaluate(original, result, Settings().models)
    except KilnError as error:
        said = {"error": {"code": error.code, "detail": error.detail, "hint": error.advice}}
    sys.stdout.write(json.dumps(said) + "\n")
    return 1 if "error" in said else 0
