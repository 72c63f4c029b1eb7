"""A plan: the stages of one job as a directed acyclic graph, as data."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator


class Node(BaseModel):
    """One stage in a plan. ``id`` differs from ``stage`` only where a stage runs several times."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    stage: str
    queue: str
    after: tuple[str, ...] = ()
    optional: bool = False
    hold: bool = False  # the job pauses after this node, until somebody approves


Strand = tuple[Node, ...]


def stage_of(node_id: str) -> str:
    """Stage of a node: ``compose#2`` is a ``compose``."""
    return node_id.partition("#")[0]


def slot_of(node_id: str) -> dict[str, int]:
    """Parameter that tells the repeats of one stage apart: ``compose#2`` runs with ``slot=2``."""
    _, _, slot = node_id.partition("#")
    return {"slot": int(slot)} if slot else {}


class Plan(BaseModel):
    """Nodes in topological order."""

    model_config = ConfigDict(frozen=True)

    nodes: tuple[Node, ...]

    @model_validator(mode="after")
    def parents_come_first(self) -> Self:
        """Refuse cycles, unknown parents and repeated ids in one pass."""
        seen: set[str] = set()
        for node in self.nodes:
            if node.id in seen or not seen.issuperset(node.after):
                msg = f"plan node {node.id}: its parents must come before it, each id once"
                raise ValueError(msg)
            seen.add(node.id)
        return self

    def before_pause(self) -> Plan:
        """Keep what runs before the first pause: the whole plan where there is none."""
        behind: set[str] = set()
        holds = {node.id for node in self.nodes if node.hold}
        for node in self.nodes:
            if not (behind | holds).isdisjoint(node.after):
                behind.add(node.id)
        return Plan(nodes=tuple(node for node in self.nodes if node.id not in behind))

    def closure(self, ids: set[str]) -> set[str]:
        """Add to some nodes everything that builds on them."""
        found = set(ids)
        for node in self.nodes:
            if not found.isdisjoint(node.after):
                found.add(node.id)
        return found

    def aside(self) -> tuple[Node, ...]:
        """List what can start at once, and is waited for on a late level only."""
        children = self._children()
        depth = self._depths(children)
        roots = [node for node in self.nodes if not node.after and children[node.id]]
        return tuple(node for node in roots if min(depth[child] for child in children[node.id]) > 1)

    def trunk(self) -> Plan:
        """Leave out what is aside: the rest is what Celery's chains and chords can express."""
        aside = {node.id for node in self.aside()}
        left = [node for node in self.nodes if node.id not in aside]
        return Plan(
            nodes=tuple(
                node.model_copy(update={"after": tuple(p for p in node.after if p not in aside)})
                for node in left
            )
        )

    def levels(self) -> list[list[Node]]:
        """Group nodes by their depth: each level needs only the levels before it."""
        depth = self._depths(self._children())
        levels: list[list[Node]] = [[] for _ in range(1 + max(depth.values(), default=-1))]
        for node in self.nodes:
            levels[depth[node.id]].append(node)
        return levels

    def strands(self) -> list[list[Strand]]:
        """Group nodes that only follow one another on one queue, and these strands by depth.

        Nothing outside a strand waits for what is inside it, so one worker can run it in one go;
        all but its first node tell their stage by their id. Each level needs only the levels
        before it.
        """
        children = self._children()
        first: dict[str, str] = {}  # of the strand of each node
        strands: dict[str, list[Node]] = {}  # by their first node
        for node in self.nodes:
            above = strands[first[node.after[0]]][-1] if len(node.after) == 1 else None
            tied = above and len(children[above.id]) == 1 and above.queue == node.queue
            goes_on = tied and stage_of(node.id) == node.stage
            first[node.id] = first[node.after[0]] if goes_on else node.id
            strands.setdefault(first[node.id], []).append(node)
        heads = [
            strand[0].model_copy(
                update={"after": tuple({first[parent]: None for parent in strand[0].after})}
            )
            for strand in strands.values()
        ]
        levels = Plan(nodes=tuple(heads)).levels()
        return [[tuple(strands[node.id]) for node in level] for level in levels]

    def _children(self) -> dict[str, list[str]]:
        children: dict[str, list[str]] = {node.id: [] for node in self.nodes}
        for node in self.nodes:
            for parent in node.after:
                children[parent].append(node.id)
        return children

    def _depths(self, children: dict[str, list[str]]) -> dict[str, int]:
        depth = dict.fromkeys(children, 0)
        for parent, above in children.items():  # parents come first
            for child in above:
                depth[child] = max(depth[child], depth[parent] + 1)
        return depth
