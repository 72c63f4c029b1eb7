"""``common`` holds only what at least two rooms need, directly or through common."""

from __future__ import annotations

import grimp
import pytest

# The fakes are products too: they live beside what they stand for, tests use them. The audit is
# asked for at one door and by the chaos suite, and knows what only the ledger may know. Private
# files are written by the gateway and by `deploy`, which is no room. Containers of all rooms ask
# whether they are alive.
AT_HOME = (
    "common.ledger.memory",
    "common.ledger.audit",
    "common.private_files",
    "common.alive",
)
ROOMS = ("gateway", "stylize_service", "fusion_service", "recipe_service")


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    return grimp.build_graph("common", *ROOMS, cache_dir=None)


def test_every_common_module_serves_two_rooms(imports: grimp.ImportGraph) -> None:
    lonely = {}
    for module in sorted(imports.find_descendants("common")):
        if module.startswith(AT_HOME):
            continue
        rooms = {name.partition(".")[0] for name in imports.find_downstream_modules(module)}
        if imports.find_children(module):
            continue  # a package is as needed as its modules
        if len(rooms & set(ROOMS)) < 2:
            lonely[module] = sorted(rooms & set(ROOMS))
    assert lonely == {}
