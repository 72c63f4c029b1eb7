"""What the processes of a stack are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from common.settings import Settings
from deploy.stack import Stack


@pytest.mark.parametrize(
    ("host", "told"), [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"), ("kiln.lan", "kiln.lan")]
)
def test_services_are_told_an_ipv6_address_in_brackets(
    tmp_path: Path, host: str, told: str
) -> None:
    stack = Stack(Settings(data_dir=tmp_path, inner_host=host))
    assert stack.environment()["STACK_INNER_ADDRESS"] == told
