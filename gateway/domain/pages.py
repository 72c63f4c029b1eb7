"""Pages of a list that grows at its head while it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from common.ledger.records import JobRecord
from gateway.domain.queries import JobsQuery
from gateway.domain.views import JobList, summary

SPARE = 4  # jobs of the cursor's own millisecond, which are read again
MOST_READ = 2_000  # per page: a rare state in a long list must not keep a request for ever

Newest = Callable[[int | None, int], list[JobRecord]]  # accepted before a moment, at most n


def page_of(newest: Newest, query: JobsQuery) -> JobList:
    """Cut one page out of the jobs, newest first, of one state if wanted.

    The cursor is time and id of the last job seen: two jobs of the same millisecond stay apart.
    """
    found: list[JobRecord] = []
    chunk = 100 if query.state else query.limit
    for read, record in enumerate(_newest_first(newest, query.cursor, chunk + SPARE), 1):
        if query.state in {None, record.state}:
            found.append(record)
        if len(found) == query.limit or read == MOST_READ:
            cursor = f"{record.created_ms}-{record.id}"
            return JobList(jobs=[summary(one) for one in found], next=cursor)
    return JobList(jobs=[summary(one) for one in found], next=None)


def _newest_first(newest: Newest, cursor: str | None, size: int) -> Iterator[JobRecord]:
    before: tuple[int, str] | None = None
    if cursor:
        milliseconds, _, job = cursor.partition("-")
        before = (int(milliseconds), job)
    while True:
        chunk = newest(before[0] + 1 if before else None, size)
        fresh = [r for r in chunk if before is None or (r.created_ms, r.id) < before]
        yield from fresh
        if fresh:
            before = (fresh[-1].created_ms, fresh[-1].id)
        elif len(chunk) < size:
            return
        else:
            size *= 2  # more jobs in one millisecond than were read
