"""Whether more work waits in a queue than its workers can begin."""

from __future__ import annotations

from common.ledger.protocol import Ledger


def fills(ledger: Ledger, queue: str) -> bool:
    """Whether a stage waits for each slot of a queue: who comes now waits behind all of them.

    False where there is no worker.

    Raises
    ------
    LedgerUnavailable
        Nobody can tell, and nothing can be accepted either.
    """
    outlook = ledger.outlook((queue,), runs=False)
    return 0 < outlook.slots[queue] <= outlook.ready[queue]
