"""How a command ends, for scripts. ``docs/cli.md`` has the same table; a test compares them."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of ``kiln``."""

    FINE = 0
    FAILED = 1
    REFUSED = 2
    UNREACHABLE = 3
    PAUSED = 4
    HERE = 5
    BUG = 70
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        """In a sentence."""
        return _MEANINGS[self]


_MEANINGS = {
    Exit.FINE: "done",
    Exit.FAILED: "the job ended without a result; a check found something wrong; you said no",
    Exit.REFUSED: "refused: the photo, a parameter, an option, an unknown job, a missing key",
    Exit.UNREACHABLE: "no gateway answers, or Redis or the store does not",
    Exit.PAUSED: "the job waits for somebody to resume it",
    Exit.HERE: "a file of this machine cannot be read or written, or arrived damaged",
    Exit.BUG: "a fault of `kiln` itself; `kiln --traceback …` shows where",
    Exit.INTERRUPTED: "Ctrl-C; a job that was accepted goes on",
}
