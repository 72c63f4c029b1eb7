"""``python -m common.alive URL``: exit code 0 where something answers; what a container is asked.

A refusal is an answer: who asks by another host name, or without a key, still finds somebody.
"""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from typing import Final

PATIENCE_S: Final = 4.0


def is_alive(url: str) -> bool:
    """Whether an HTTP server answers, and not with a fault of its own."""
    straight = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with straight.open(url, timeout=PATIENCE_S) as answer:
            return bool(answer.status < 500)
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(not is_alive(sys.argv[1]))
