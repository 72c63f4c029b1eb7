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


class Plan(BaseModel):
    """Nodes in topological order; ``levels`` is what Celery's chains and chords can express."""

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

    def levels(self) -> list[list[Node]]:
        """Group nodes by their depth: each level needs only the levels before it."""
        depth: dict[str, int] = {}
        levels: list[list[Node]] = []
        for node in self.nodes:
            depth[node.id] = 1 + max((depth[parent] for parent in node.after), default=-1)
            if depth[node.id] == len(levels):
                levels.append([])
            levels[depth[node.id]].append(node)
        return levels
