"""Who may do what in the stack's own Redis (its ACL): no process can do what it never does.

Nobody but the operator can delete a database, read the configuration, list all keys or look at
what others send. The rest is told by hand from what Celery, the ledger and Flower need; a test
runs the whole house and finds Redis' list of refused commands empty.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from pathlib import Path
from typing import Final

from common.contracts.stages import QUEUES
from common.private_files import alone_with, write_private
from common.redis_logins import logins_file

# Redis compares a pattern that somebody subscribes to letter by letter: no rule fits kombu's.
_OURS: Final = "~kiln:* allchannels"
_QUEUES: Final = " ".join(
    f"~kiln:{name}*" for name in ("_kombu", "unacked", "celeryev", "*.pidbox", *QUEUES)
)
_WORK: Final = (
    "-@all +@read +@write +@connection +@transaction +@pubsub +time -@admin -@dangerous"
    " -@scripting +eval +evalsha +script|load +script|exists"
)
USERS: Final[dict[str, str]] = {
    # gateway processes, reconciler, courier: queues, chords, ledger, rates; how full Redis is
    "gateway": f"{_OURS} {_WORK} +info",
    # Celery workers: queues, chords, ledger
    "worker": f"{_OURS} {_WORK}",
    # Flower looks at the queues only; it never sees the ledger
    "flower": f"{_QUEUES} allchannels {_WORK}",
    # what an exporter for Prometheus asks for: sizes and counts, never a value
    "metrics": (
        "~* resetchannels -@all +ping +info +select +dbsize +llen +zcard +scard +hlen +xlen +type"
    ),
    # a person at the keyboard: `kiln audit`, `kiln recover`, redis-cli
    "operator": "~* allchannels +@all",
}

# Nobody can be this user. But Redis replays its log as it, and checks what was written in a
# transaction or a script once more: with fewer rights, a restart would lose every job.
DEFAULT: Final = "~* allchannels +@all"


def prepare(data_dir: Path) -> Path:
    """Write the ACL file of a stack, with passwords that are made once; returns its path."""
    logins, rules = logins_file(data_dir), logins_file(data_dir).with_name("users.acl")
    with alone_with(logins):
        known = json.loads(logins.read_text("utf-8")) if logins.exists() else {}
        if known.keys() != USERS.keys():
            made = {user: secrets.token_urlsafe(32) for user in USERS}
            known = {user: known.get(user, password) for user, password in made.items()}
            write_private(logins, json.dumps(known))
        write_private(rules, acl(known))
    return rules


def acl(passwords: dict[str, str]) -> str:
    """Text of an ACL file; it holds hashes only."""
    lines = [f"user default reset off {DEFAULT}"]
    for user, rule in USERS.items():
        sha256 = hashlib.sha256(passwords[user].encode()).hexdigest()
        lines.append(f"user {user} reset on #{sha256} {rule}")
    return "\n".join(lines) + "\n"
