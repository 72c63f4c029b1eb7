"""All that a ledger holds, key by key as Redis keeps it: that of Redis itself, and of its twin.

Left out is what the ledgers themselves are asked: parameters, plans, results, receipts, and the
events of one job. Times to live are those of the stopped clock.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from common.ledger.protocol import RECORD_LINGER_MS

if TYPE_CHECKING:
    from collections.abc import Callable

    import redis

    from common.ledger.memory import MemoryLedger
    from common.ledger.memory_entries import JobEntry
    from common.ledger.redis_ledger import RedisLedger

View = dict[str, Any]  # by key without its prefix

SLOWER = 100_000  # times as long as it should: Redis forgets nothing before its clock is moved
_SLOW_CLOCK = f"""
local real = redis
local redis = {{ call = function(name, ...)
  local args = {{ ... }}
  if name == 'PEXPIRE' then args[2] = args[2] * {SLOWER} end
  if name == 'PTTL' then return math.ceil(real.call(name, ...) / {SLOWER}) end
  if name == 'SET' and args[3] == 'PX' then args[4] = args[4] * {SLOWER} end
  return real.call(name, unpack(args))
end }}
"""
_PASS = """
for _, key in ipairs(redis.call('KEYS', 'kiln:*')) do
  local left = math.ceil(redis.call('PTTL', key) / ARGV[1])
  if left > 0 then redis.call('PEXPIRE', key, (left - ARGV[2]) * ARGV[1]) end
end
"""
_DUMP = """
local found, commands = {}, { string = { 'GET' }, hash = { 'HGETALL' }, set = { 'SMEMBERS' },
  list = { 'LRANGE', 0, -1 }, zset = { 'ZRANGE', 0, -1, 'WITHSCORES' },
  stream = { 'XRANGE', '-', '+' } }
for _, key in ipairs(redis.call('KEYS', 'kiln:*')) do
  local kind = redis.call('TYPE', key).ok
  local read, ttl = commands[kind], redis.call('PTTL', key)
  local value = redis.call(read[1], key, unpack(read, 2))
  found[#found + 1] = { string.sub(key, 6), kind, ttl, value }
end
return cjson.encode(found)
"""
_NOT_FORGOTTEN = -1
_ASKED = frozenset({"params", "plan", "trace", "receipt", "hook", "error"})


def slow_clock(ledger: RedisLedger, client: redis.Redis) -> None:
    """Let the scripts of a ledger write no time to live that runs by itself."""
    for name, script in ledger._scripts.items():
        ledger._scripts[name] = client.register_script(_SLOW_CLOCK + script.script)


def let_pass(client: redis.Redis, milliseconds: int) -> None:
    """Move on the clock by which Redis forgets."""
    client.eval(_PASS, 0, SLOWER, milliseconds)


def in_redis(client: redis.Redis) -> View:
    """Read all of it in one moment."""
    found: View = {}
    for name, kind, ttl, value in json.loads(client.eval(_DUMP, 0)):
        left = -(-ttl // SLOWER) if ttl > 0 else _NOT_FORGOTTEN
        family = name.partition(":")[0]
        if name.startswith("events:"):
            found[name] = left
        elif family in {"job", "hooks", "memo", "idem", "leader"}:
            found[name] = (_plain(family, kind, value), left)
        else:
            found[name] = _plain(family, kind, value)
    clock = found.pop("clock")
    _forget_the_silent(found, clock["s"] * 1000 + clock["us"] // 1000)
    return _without_the_erased(found, drops=lambda data: data.get("error", "") is None)


def differing(known: View, held: View) -> dict[str, Any]:
    """Tell what the one holds and the other does not."""
    keys = [key for key in known | held if known.get(key) != held.get(key)]
    return {key: (known.get(key), held.get(key)) for key in keys}


def _forget_the_silent(found: View, now: int) -> None:
    """Redis forgets who is silent when the next worker says that he listens."""
    for name in [name for name in found if name.startswith("up:")]:
        slots = "slots:" + name.partition(":")[2]
        if found[name].keys() == found[slots].keys():
            warm = {worker for worker, until in found[name].items() if until > now}
            for key in (name, slots):
                found[key] = {worker: found[key][worker] for worker in warm}


def _without_the_erased(found: View, drops: Callable[[dict[str, Any]], bool]) -> View:
    """Leave out that an erased job has ended, where it is told without a reason."""
    jobs = {key[4:]: value[0] for key, value in found.items() if key.startswith("job:")}
    erased = {job for job, fields in jobs.items() if "erased_at" in fields}
    feed = [one for one in found.get("events", ()) if one[0] not in erased or not drops(one[2])]
    rests = [one for one in found.get("rests", ()) if one[0] not in erased]
    found |= {"events": feed, "rests": rests}
    return {key: value for key, value in found.items() if value or value == 0}


def _plain(family: str, kind: str, value: Any) -> Any:
    if kind == "hash":
        fields = dict(_pairs(value))
        if family == "job":
            return _fields(fields)
        return {name: json.loads(text) for name, text in fields.items()}  # messages, or numbers
    if kind == "stream":
        told = (dict(_pairs(fields)) for _, fields in value)
        return [(one["job"], one["type"], json.loads(one["data"])) for one in told]
    if kind == "zset":
        return {name: int(float(score)) for name, score in _pairs(value)}
    if kind == "set":
        return set(value)
    return json.loads(value) if family == "memo" else value


def _pairs(flat: list[str]) -> list[tuple[str, str]]:
    return list(zip(flat[::2], flat[1::2], strict=True))


def _fields(fields: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    memo_keys: list[str] = []
    for name, text in fields.items():
        if name.startswith("m:"):  # here by node, in the twin by job
            memo_keys += text.split("\n")
        elif name.startswith("f:"):
            found[name] = json.loads(text)
        elif (name, text) == ("approved", "0"):
            continue  # as if nobody had been asked yet
        elif name not in _ASKED and not name.startswith("r:"):
            found[name] = int(text) if text.lstrip("-").isdigit() else text
    return found | {"memo keys": sorted(memo_keys)}


def in_memory(ledger: MemoryLedger) -> View:
    """Say what Redis has to hold if it knows what its twin knows."""
    book, now = ledger._book, ledger._now()
    found: defaultdict[str, Any] = defaultdict(dict)
    for job in book.jobs.values():
        _job(found, job, now)
        _nodes(found, job)
        _messages(found, job, now)
    _files(found, ledger)
    _kept_for_a_time(found, ledger, now)
    found["dead"] |= book.dead
    found["events"] = [(event.job, event.type, event.data) for event in book.feed]
    found["rests"] = [(event.job, event.type, {}) for event in book.feed if event.resting]
    found |= {f"waits:{queue}": [f"{ms:.0f}" for ms in m] for queue, m in book.waits.items()}
    for stage, runs in book.runs.items():
        found[f"runs:{stage}"] = [f"{run.ms:.0f} {run.beside}" for run in runs]
    return _without_the_erased(found, drops=lambda _: True)


def _job(found: View, job: JobEntry, now: int) -> None:
    new, id_ = job.new, job.new.job
    if not job.state.resting:
        found["active"][id_] = found[f"active_of:{new.owner}"][id_] = job.active_ms
        stages = [one.plan.stage for one in job.nodes.values() if _unfinished(one.state)]
        found["open"] = dict(Counter(found["open"]) + Counter(stages))
    if not job.state.terminal:
        found["deadlines"][id_] = job.deadline_ms
        found["open_jobs"] = dict(Counter(found["open_jobs"]) + Counter([new.product]))
        found["cancels"] |= {} if job.cancel_at_ms is None else {id_: job.cancel_at_ms}
    if job.artifacts_expired_ms is None and job.erased_ms is None:
        found[f"owner:{new.owner}"][id_] = job.created_ms
    found["expiry"] |= {f"{id_} {what}": at for what, at in job.due.items()}
    found[f"job:{id_}"] = (_record(job), _left(job, now))
    found[f"events:{id_}"] = _left(job, now)


def _unfinished(state: str) -> bool:
    return state in {"waiting", "ready", "running"}


def _left(job: JobEntry, now: int) -> int:
    return _NOT_FORGOTTEN if job.finished_ms is None else int(job.forgotten_ms) - now


def _record(job: JobEntry) -> dict[str, Any]:
    new, erased = job.new, job.erased_ms is not None
    inputs = " ".join(ref.name for ref in new.inputs)
    fields: dict[str, Any] = {
        "id": new.job,
        "owner": new.owner,
        "product": new.product,
        "state": str(job.state),
        "created": job.created_ms,
        "started": job.started_ms,
        "finished": job.finished_ms,
        "results_expire": job.finished_ms and job.finished_ms + new.result_ttl_ms,
        "photo_expired_at": job.photo_expired_ms,
        "artifacts_expired_at": job.artifacts_expired_ms,
        "erased_at": job.erased_ms,
        "deadline": job.deadline_ms,
        "deadline_ms": new.deadline_ms,
        "photo_ttl_ms": new.photo_ttl_ms,
        "result_ttl_ms": new.result_ttl_ms,
        "record_ttl_ms": max(new.photo_ttl_ms, new.result_ttl_ms) + RECORD_LINGER_MS,
        "inputs": " " if erased else f" {inputs} ",
        "idempotency_key": new.idempotency_key,
        "cancel_at": job.cancel_at_ms,
        "promise": job.promise or None,
        "counted": None if erased else int(not job.state.resting),
        "approved": 1 if job.approved and not erased else None,
        "memo keys": sorted(job.memo_keys),
    }
    fields |= {f"f:{name}": ref.model_dump() for name, ref in job.artifacts.items()}
    for id_, one in job.nodes.items():
        fields |= {f"s:{id_}": one.state, f"a:{id_}": one.attempts, f"t:{id_}": one.token}
        fields |= {f"w:{id_}": one.worker, f"q:{id_}": one.ready_ms, f"b:{id_}": one.begin_ms}
        fields |= {f"e:{id_}": one.end_ms, f"l:{id_}": one.lease_until_ms or None}
        fields |= {f"p:{id_}": one.republications, f"n:{id_}": one.publish_after_ms or None}
        fields |= {f"c:{id_}": 1 if one.fatal else None}
    return {name: value for name, value in fields.items() if value is not None}


def _nodes(found: View, job: JobEntry) -> None:
    for id_, one in job.nodes.items():
        member = f"{job.new.job} {id_}"
        if one.state == "ready":
            found[f"ready:{one.plan.queue}"][member] = one.ready_ms
        if one.state == "running":
            found["leases"][member] = one.lease_until_ms
            held = found[f"held:{one.worker}"] or set()
            found[f"held:{one.worker}"] = held | {member}


def _messages(found: View, job: JobEntry, now: int) -> None:
    notes = {}
    for name, one in job.messages.items():
        attempts = [asdict(attempt) for attempt in one.attempts]
        notes[name] = {"event": one.event, "state": one.state, "created": one.created_ms}
        notes[name] |= {"tries": one.tries, "attempts": attempts or {}}  # as cjson writes it
        if one.due_ms is not None:
            found["outbox"][f"{job.new.job} {name}"] = one.due_ms
    if notes:
        found[f"hooks:{job.new.job}"] = (notes, _left(job, now))


def _files(found: View, ledger: MemoryLedger) -> None:
    files = ledger._book.files
    for (owner, sha256), refs in files._refs.items():
        found[f"refs:{owner}:{sha256}"] = {" ".join(ref) for ref in refs}
    for (owner, sha256), size in files._sizes.items():
        found[f"files:{owner}"][sha256] = size
        found["bytes"] = dict(Counter(found["bytes"]) + Counter({owner: size, "*": size}))
    found["trash"] |= {" ".join(file): at for file, at in files._trash.items()}
    found["erased"] |= {" ".join(file): until for file, until in files.erased.items()}


def _kept_for_a_time(found: View, ledger: MemoryLedger, now: int) -> None:
    for (owner, key), (hit, until) in ledger._memos.items():
        if now < until:
            row = {"artifacts": [ref.model_dump() for ref in hit.artifacts], "key": hit.key}
            row["result"] = hit.result.model_dump_json()
            found[f"memo:{owner}:{key}"] = (row, until - now)
    for (owner, key), (job, fingerprint, until) in ledger._idempotency.items():
        if now < until:
            found[f"idem:{owner}:{key}"] = (f"{job} {fingerprint}", until - now)
    for name, (who, until) in ledger._leaders.items():
        if now < until:
            found[f"leader:{name}"] = (who, until - now)
    for (queue, worker), (until, slots) in ledger._workers.items():
        if now < until:
            found[f"up:{queue}"][worker] = until
            found[f"slots:{queue}"][worker] = slots
