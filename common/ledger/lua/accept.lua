-- ARGV: 1 job record (json), then limits, empty for none: 2 active jobs, 3 of the owner, 4 ready nodes
-- in a queue, 5 bytes, 6 of the owner. Answers accepted | replayed | conflict | stale (a memoised
-- artifact has gone) or the limit that was met, with what was counted.
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
for _, hit in ipairs(whole and rec.memoised or {}) do
  if not refs_alive(rec.owner, hit.artifacts) then return answer({ status = 'stale' }) end
end

-- What the job adds to what there is; a job that is known whole costs no work.
local function met(status, i, counted, more)
  local limit = tonumber(ARGV[i])
  if limit and more > 0 and counted + more > limit then return { status = status, active = counted } end
end
local function deepest()
  local depth = 0
  for _, node in ipairs(job.plan) do depth = math.max(depth, redis.call('ZCARD', P .. 'ready:' .. node.queue)) end
  return depth
end
local function taken(who) return tonumber(redis.call('HGET', P .. 'bytes', who) or 0) end
local function growth()
  local sizes, sum = {}, 0
  for _, ref in ipairs(rec.inputs) do sizes[ref.sha256] = ref.size end
  for sha, size in pairs(sizes) do
    if redis.call('HEXISTS', P .. 'files:' .. rec.owner, sha) == 0 then sum = sum + size end
  end
  return whole and sum or math.max(sum, 1) -- results will take room
end
local work, more = whole and 0 or 1, growth()
local refused = met('busy', 2, redis.call('ZCARD', P .. 'active'), work)
  or met('too_many', 3, redis.call('ZCARD', P .. 'active_of:' .. rec.owner), work)
  or met('deep', 4, deepest(), work)
  or met('no_room', 5, taken('*'), more)
  or met('quota', 6, taken(rec.owner), more)
if refused then return answer(refused) end

local inputs = {}
for _, ref in ipairs(rec.inputs) do inputs[#inputs + 1] = ref.name end
put(job, 'id', job.id, 'owner', rec.owner, 'product', rec.product, 'state', 'queued',
  'params', rec.params, 'plan', rec.plan, 'created', now, 'trace', rec.trace,
  'deadline', now + rec.deadline_ms, 'deadline_ms', rec.deadline_ms, 'photo_ttl_ms', rec.photo_ttl_ms,
  'result_ttl_ms', rec.result_ttl_ms, 'record_ttl_ms', rec.record_ttl_ms,
  'inputs', ' ' .. table.concat(inputs, ' ') .. ' ')
for _, node in ipairs(job.plan) do
  put(job, 's:' .. node.id, 'waiting', 'a:' .. node.id, 0, 't:' .. node.id, rec.first_token or 0, 'p:' .. node.id, 0)
end
if idem then
  redis.call('SET', idem, job.id .. ' ' .. rec.fingerprint, 'PX', rec.idempotency_ttl_ms)
  put(job, 'idempotency_key', rec.idempotency_key)
end
activate(job, now)
count('open_jobs', rec.product, 1)
keep_promise(job, rec.promise, now)
redis.call('ZADD', P .. 'deadlines', now + rec.deadline_ms, job.id)
if rec.hook ~= cjson.null then put(job, 'hook', rec.hook) end
if rec.cancel_after_ms ~= cjson.null then
  put(job, 'cancel_at', now + rec.cancel_after_ms)
  redis.call('ZADD', P .. 'cancels', now + rec.cancel_after_ms, job.id)
end
redis.call('ZADD', P .. 'owner:' .. rec.owner, now, job.id)
add_refs(job, rec.inputs, now)
emit(job, 'accepted', { product = rec.product })
for _, hit in ipairs(whole and rec.memoised or {}) do
  put(job, 'q:' .. hit.node, now, 'b:' .. hit.node, now)
  note_memo(job, hit.node, hit.key or '')
  settle(job, hit.node, now, hit.artifacts, hit.result)
end
local ready = advance(job, now) -- a job that is known whole ends right here
-- Who sent a photo that somebody deletes in this moment stores it anew and publishes then, not sooner.
local deleting = 0
for _, ref in ipairs(rec.inputs) do
  deleting = math.max(deleting, tonumber(redis.call('ZSCORE', P .. 'erased', rec.owner .. ' ' .. ref.sha256) or 0))
end
for _, one in ipairs(deleting > now and ready or {}) do put(job, 'n:' .. one.id, deleting + PUT_AGAIN_MS) end
return answer({ status = 'accepted', job = job.id })
