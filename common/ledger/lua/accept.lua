-- ARGV: 1 job record (json), 2 max active jobs
-- Answers accepted | replayed | conflict | busy | stale (a memoised artifact has gone).
local now, rec = now_ms(), cjson.decode(ARGV[1])
local idem = rec.idempotency_key ~= cjson.null and P .. 'idem:' .. rec.owner .. ':' .. rec.idempotency_key
local seen = idem and redis.call('GET', idem)
if seen then
  local first, fingerprint = split(seen)
  return answer({ status = fingerprint == rec.fingerprint and 'replayed' or 'conflict', job = first })
end
local job = handle(rec.job, rec.plan)
if redis.call('EXISTS', job.key) == 1 then return answer({ status = 'replayed', job = job.id }) end

local whole = rec.memoised ~= cjson.null
local active = redis.call('ZCARD', P .. 'active')
if not whole and active >= tonumber(ARGV[2]) then return answer({ status = 'busy', active = active }) end
for _, hit in ipairs(whole and rec.memoised or {}) do
  if not refs_alive(rec.owner, hit.artifacts) then return answer({ status = 'stale' }) end
end

local inputs = {}
for _, ref in ipairs(rec.inputs) do inputs[#inputs + 1] = ref.name end
put(job, 'id', job.id, 'owner', rec.owner, 'product', rec.product, 'state', 'queued',
  'params', rec.params, 'plan', rec.plan, 'created', now, 'trace', rec.trace,
  'deadline', now + rec.deadline_ms, 'deadline_ms', rec.deadline_ms, 'photo_ttl_ms', rec.photo_ttl_ms,
  'result_ttl_ms', rec.result_ttl_ms, 'record_ttl_ms', rec.record_ttl_ms,
  'inputs', ' ' .. table.concat(inputs, ' ') .. ' ')
for _, node in ipairs(job.plan) do
  put(job, 's:' .. node.id, 'waiting', 'a:' .. node.id, 0, 't:' .. node.id, 0, 'p:' .. node.id, 0)
end
if idem then
  redis.call('SET', idem, job.id .. ' ' .. rec.fingerprint, 'PX', rec.idempotency_ttl_ms)
  put(job, 'idempotency_key', rec.idempotency_key)
end
redis.call('ZADD', P .. 'active', now, job.id)
redis.call('ZADD', P .. 'deadlines', now + rec.deadline_ms, job.id)
redis.call('ZADD', P .. 'owner:' .. rec.owner, now, job.id)
add_refs(job, rec.inputs, now)
emit(job, 'accepted', { product = rec.product })
for _, hit in ipairs(whole and rec.memoised or {}) do
  put(job, 'q:' .. hit.node, now, 'b:' .. hit.node, now)
  note_memo(job, hit.node, hit.key or '')
  settle(job, hit.node, now, hit.artifacts, hit.result)
end
advance(job, now) -- a job that is known whole ends right here
return answer({ status = 'accepted', job = job.id })
