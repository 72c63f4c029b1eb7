-- ARGV: 1 job, 2 owner, 3.. fields that stay of the record
-- Forgets a job; its files go to the trash unless other jobs refer to them. Answers the receipt, what
-- to delete now and the promise; asking again answers the same receipt, and what is still to delete.
local now, job = now_ms(), load(ARGV[1])
if not job or job.f.owner ~= ARGV[2] then return answer({ status = 'unknown' }) end

local function drop_references()
  local found, refs = artifacts_of(job), {}
  for _, json in pairs(found) do refs[#refs + 1] = cjson.decode(json) end
  table.sort(refs, function(a, b) return a.name < b.name end)
  for _, ref in ipairs(refs) do
    if redis.call('SISMEMBER', refs_key(job.f.owner, ref.sha256), job.id .. ' ' .. ref.name) == 1 then
      drop_ref(job, ref.name, ref.sha256, now)
    end
  end
  return refs
end

-- Some of the jobs that refer to a file: thousands may.
local function jobs_with(sha)
  local seen, jobs = {}, {}
  for _, member_ in ipairs(redis.call('SRANDMEMBER', refs_key(job.f.owner, sha), KEPT_FOR)) do
    local id = split(member_)
    if not seen[id] then jobs[#jobs + 1] = id end
    seen[id] = true
  end
  table.sort(jobs)
  return jobs
end

-- Sorts files into those that stay for other jobs and those to delete, which are marked as such. What
-- somebody is deleting in this moment is left to him: when he is done, it may be stored anew.
local function judge(receipt, refs)
  local seen, due = {}, {}
  receipt.pending = {}
  for _, ref in ipairs(refs) do
    local jobs = jobs_with(ref.sha256)
    if #jobs > 0 then
      receipt.kept[#receipt.kept + 1] = { ref = ref, jobs = jobs }
    else
      receipt.gone[#receipt.gone + 1] = ref
      if not seen[ref.sha256] then
        local file = job.f.owner .. ' ' .. ref.sha256
        receipt.pending[#receipt.pending + 1] = ref.sha256
        if tonumber(redis.call('ZSCORE', P .. 'erased', file) or 0) <= now then
          due[#due + 1] = ref.sha256
          redis.call('ZADD', P .. 'erased', now + DELETING_MS, file)
        end
      end
      seen[ref.sha256] = true
    end
  end
  return due
end

-- What a stage has found out is remembered only as long as the files that it made.
local function forget_memos()
  each_memo(job, function(memo, artifacts)
    if #artifacts == 0 or not refs_alive(job.f.owner, artifacts) then redis.call('DEL', memo) end
  end)
end

-- The end of the job stays told, without its reason. Who follows all jobs may not have heard it yet.
local function forget_events()
  local key, feed = P .. 'events:' .. job.id, P .. 'events'
  local first = redis.call('XRANGE', key, '-', '+', 'COUNT', 1)[1]
  local last = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1]
  redis.call('DEL', key)
  if not last then return end
  local kind, data = last[2][2], cjson.decode(last[2][4])
  data.error = cjson.null
  redis.call('XADD', key, last[1], 'type', kind, 'data', cjson.encode(data))
  redis.call('PEXPIRE', key, redis.call('PTTL', job.key)) -- they go with the record
  local from = math.min(job.f.created, string.match(first[1], '^%d+'))
  for _, entry in ipairs(redis.call('XRANGE', feed, string.format('%.0f', from), '+')) do
    local told = entry[2] -- job id type data
    if told[2] == job.id and not (TERMINAL[told[6]] and cjson.decode(told[8]).error == cjson.null) then
      redis.call('XDEL', feed, entry[1])
    end
  end
end

local function forget_entries()
  for _, name in ipairs(redis.call('HKEYS', P .. 'hooks:' .. job.id)) do
    redis.call('ZREM', P .. 'outbox', job.id .. ' ' .. name)
  end
  redis.call('DEL', P .. 'hooks:' .. job.id)
  redis.call('ZREM', P .. 'expiry', job.id .. ' photo', job.id .. ' results')
  redis.call('ZREM', P .. 'owner:' .. job.f.owner, job.id)
  redis.call('ZREM', P .. 'dead', job.id)
  local idem = P .. 'idem:' .. job.f.owner .. ':' .. (job.f.idempotency_key or '')
  local seen = job.f.idempotency_key and redis.call('GET', idem)
  if seen and split(seen) == job.id then redis.call('DEL', idem) end
end

local function forget_fields()
  local stays = {}
  for i = 3, #ARGV do stays[ARGV[i]] = true end
  for _, name in ipairs(redis.call('HKEYS', job.key)) do
    if not stays[name] then redis.call('HDEL', job.key, name) end
  end
  redis.call('HSET', job.key, 'plan', '[]', 'params', '{}', 'inputs', ' ', 'trace', '')
end

redis.call('ZREMRANGEBYSCORE', P .. 'erased', '-inf', now - REMEMBERED_MS)
local receipt, due, promise = { erased_ms = now, gone = {}, kept = {} }, nil, ''
if job.f.receipt then
  local before, again = cjson.decode(job.f.receipt), {}
  receipt.erased_ms, receipt.kept = before.erased_ms, before.kept
  local waits = {}
  for _, sha in ipairs(before.pending) do waits[sha] = true end
  for _, ref in ipairs(before.gone) do
    local list = waits[ref.sha256] and again or receipt.gone
    list[#list + 1] = ref
  end
  due = judge(receipt, again)
else
  if not TERMINAL[job.f.state] then finish(job, 'cancelled', now, nil) end
  promise = job.f.promise or ''
  due = judge(receipt, drop_references())
  forget_memos()
  forget_events()
  forget_entries()
  forget_fields()
end
put(job, 'erased_at', receipt.erased_ms, 'receipt', cjson.encode(receipt))
return answer({ status = 'erased', receipt = receipt, due = due, promise = promise })
