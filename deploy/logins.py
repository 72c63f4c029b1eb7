"""Logins of a house on many machines: ``python -m deploy.logins FOLDER [--redis HOST:PORT]``.

Makes passwords once and writes what an orchestrator mounts as files, so that none is in an
environment, an image or a manifest. In the folder there is, for each user of Redis,
``USER/kiln_redis_url`` (``KILN_SECRETS_DIR=FOLDER/USER``), and for Redis itself ``users.acl``.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
from pathlib import Path
from typing import Final

from common.private_files import alone_with
from common.redis_logins import logins_file
from deploy import redis_users

FOLDER_MODE: Final = 0o700  # nobody else comes this far
# A container reads a file that is mounted into it as a user of its own.
FILE_MODE: Final = 0o444


def write_logins(folder: Path, redis: str, scheme: str = "redis") -> list[Path]:
    """Write a file for each process; passwords that are there already stay as they are.

    Parameters
    ----------
    folder
        Made if it is not there; only its owner can enter it.
    redis
        ``host:port`` under which the processes reach Redis.
    scheme
        ``redis``, or ``rediss`` where the way there is encrypted.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(FOLDER_MODE)
    rules = redis_users.prepare(folder)
    passwords = json.loads(logins_file(folder).read_text("utf-8"))
    texts = {folder / "users.acl": rules.read_text("utf-8")}
    texts |= {
        folder / user / "kiln_redis_url": f"{scheme}://{user}:{password}@{redis}"
        for user, password in passwords.items()
    }
    texts |= _made_once(folder)
    with alone_with(folder / "logins"):
        for path, text in texts.items():
            _write(path, text)
    return sorted(texts)


def _made_once(folder: Path) -> dict[Path, str]:
    """Passwords of those who look, of a bucket of one's own and of a model; what is there stays."""
    login, password = secrets.token_hex(10), secrets.token_urlsafe(30)
    credentials = [{"accessKey": login, "secretKey": password}]
    actions = ["Admin", "Read", "Write", "List"]
    bucket = {"identities": [{"name": "kiln", "credentials": credentials, "actions": actions}]}
    together = {
        "s3_access_key_id": login,
        "s3_secret_access_key": password,
        "s3.json": json.dumps(bucket),  # for SeaweedFS
    }
    texts = {
        "llm_api_key": "",  # for you to write one into
        "flower_basic_auth": f"kiln:{secrets.token_urlsafe(16)}",
        "grafana_admin_password": secrets.token_urlsafe(16),
    }
    if not any((folder / name).exists() for name in together):
        texts |= together
    return {folder / name: text for name, text in texts.items() if not (folder / name).exists()}


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, "utf-8")
    part.chmod(FILE_MODE)
    part.replace(path)


def main() -> None:
    """Write the files and say which."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--redis", default="redis:6379", help="host:port of Redis")
    parser.add_argument("--tls", action="store_true", help="the way to Redis is encrypted")
    asked = parser.parse_args()
    for path in write_logins(asked.folder, asked.redis, "rediss" if asked.tls else "redis"):
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
