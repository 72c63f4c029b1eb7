-- ARGV: 1 job record (json), 2 max active jobs
-- Answers accepted | replayed | conflict | busy | stale (a memoised artifact has gone).
local now, rec = now_ms(), cjson.decode(ARGV[1])
local nodes = cjson.decode(rec.plan)
local idem = rec.idempotency_key ~= cjson.null and P .. 'idem:' .. rec.owner .. ':' .. rec.idempotency_key
if idem then
  local seen = redis.call('GET', idem)
  if seen then
    local first, fingerprint = split(seen)
    return answer({ status = fingerprint == rec.fingerprint and 'replayed' or 'conflict', job = first })
  end
end
local whole = rec.memoised ~= cjson.null
if not whole and redis.call('ZCARD', P .. 'active') >= tonumber(ARGV[2]) then
  return answer({ status = 'busy', active = redis.call('ZCARD', P .. 'active') })
end
if whole then
  for _, hit in ipairs(rec.memoised) do
    if not refs_alive(rec.owner, hit.artifacts) then return answer({ status = 'stale' }) end
  end
end

local job = rec.job
set(job, 'id', job, 'owner', rec.owner, 'product', rec.product, 'state', 'queued',
  'params', rec.params, 'plan', rec.plan, 'created', now, 'trace', rec.trace,
  'deadline', now + rec.deadline_ms, 'photo_ttl_ms', rec.photo_ttl_ms,
  'result_ttl_ms', rec.result_ttl_ms, 'record_ttl_ms', rec.record_ttl_ms)
for _, node in ipairs(nodes) do
  set(job, 's:' .. node.id, 'waiting', 'a:' .. node.id, 0, 't:' .. node.id, 0, 'p:' .. node.id, 0)
end
if idem then redis.call('SET', idem, job .. ' ' .. rec.fingerprint, 'PX', rec.idempotency_ttl_ms) end
redis.call('ZADD', P .. 'active', now, job)
redis.call('ZADD', P .. 'deadlines', now + rec.deadline_ms, job)
redis.call('ZADD', P .. 'owner:' .. rec.owner, now, job)
add_refs(job, rec.inputs)
emit(job, 'accepted', { product = rec.product })
if not whole then
  advance(job, now)
  return answer({ status = 'accepted', job = job })
end
for _, hit in ipairs(rec.memoised) do
  set(job, 's:' .. hit.node, 'running', 'q:' .. hit.node, now, 'b:' .. hit.node, now)
  commit_node(job, hit.node, now, hit.artifacts, hit.result)
end
return answer({ status = 'accepted', job = job })
