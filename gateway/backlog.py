"""Whether more work waits in a queue than its workers can begin."""

from __future__ import annotations

from common.errors import LedgerUnavailable
from common.ledger.protocol import Ledger


def fills(ledger: Ledger, queue: str) -> bool:
    """Whether a stage waits for each slot of a queue: who comes now waits behind all of them.

    False where there is no worker, or nobody can tell.
    """
    try:
        outlook = ledger.outlook((queue,), runs=False)
    except LedgerUnavailable:
        return False
    return 0 < outlook.slots[queue] <= outlook.ready[queue]
