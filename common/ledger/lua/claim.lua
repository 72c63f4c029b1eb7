-- ARGV: 1 job, 2 node, 3 worker, 4 lease ms, 5 max attempts
-- Answers claimed (with token, attempt, job hash) or a reason not to run.
local now, job, id, worker = now_ms(), ARGV[1], ARGV[2], ARGV[3]
local state = get(job, 'state')
if not state then return answer({ status = 'unknown' }) end
if TERMINAL[state] then return answer({ status = 'ended', state = state }) end
local node = node_of(job, id)
if not node then return answer({ status = 'unknown' }) end
local s = get(job, 's:' .. id)
if s == 'waiting' then return answer({ status = 'not_ready' }) end
if s ~= 'ready' and s ~= 'running' then return answer({ status = 'done' }) end
if s == 'running' then
  if tonumber(get(job, 'l:' .. id)) > now then return answer({ status = 'held' }) end
  local lost = try_again(job, node, now, 0, tonumber(ARGV[5]), 'crash', 'a worker died while it ran ' .. id)
  if lost == 'dead' then return answer({ status = 'ended', state = 'failed' }) end
end
if tonumber(get(job, 'q:' .. id)) > now then return answer({ status = 'not_ready' }) end

local token = redis.call('HINCRBY', job_key(job), 't:' .. id, 1)
local attempt = redis.call('HINCRBY', job_key(job), 'a:' .. id, 1)
set(job, 's:' .. id, 'running', 'b:' .. id, now, 'w:' .. id, worker, 'l:' .. id, now + ARGV[4])
redis.call('ZREM', P .. 'ready:' .. node.queue, member(job, id))
redis.call('ZADD', P .. 'leases', now + ARGV[4], member(job, id))
redis.call('SADD', P .. 'held:' .. worker, member(job, id))
if state == 'queued' then set(job, 'state', 'running', 'started', now) end
local waited = now - tonumber(get(job, 'q:' .. id))
redis.call('LPUSH', P .. 'waits:' .. node.queue, waited)
redis.call('LTRIM', P .. 'waits:' .. node.queue, 0, 199)
emit(job, 'stage', { stage = id, state = 'running', attempt = attempt, wait_ms = waited })
local artifacts = {}
local all = redis.call('HGETALL', job_key(job))
for i = 1, #all, 2 do
  if string.sub(all[i], 1, 2) == 'f:' then artifacts[#artifacts + 1] = cjson.decode(all[i + 1]) end
end
return answer({
  status = 'claimed', token = token, attempt = attempt, wait_ms = waited, owner = get(job, 'owner'),
  params = get(job, 'params'), trace = get(job, 'trace'), artifacts = artifacts,
})
