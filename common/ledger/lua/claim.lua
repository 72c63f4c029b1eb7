-- ARGV: 1 job, 2 node, 3 worker, 4 alone 0|1 (a node that took its process along needs it),
-- 5 again 0|1 (this worker's last answer got lost, so a claim of its own may be the one it asked for).
-- Answers claimed (with token, attempt and what the stage needs) or a reason not to run.
local now, job, id, worker = now_ms(), load(ARGV[1]), ARGV[2], ARGV[3]
local node = job and node_of(job, id)

local function lease()
  put(job, 'l:' .. id, now + LEASE_MS)
  redis.call('ZADD', P .. 'leases', now + LEASE_MS, member(job, id))
end

local function claimed()
  local artifacts = {}
  for _, json in pairs(artifacts_of(job)) do artifacts[#artifacts + 1] = json end
  return answer({
    status = 'claimed', token = tonumber(job.f['t:' .. id]), attempt = tonumber(job.f['a:' .. id]),
    wait_ms = job.f['b:' .. id] - job.f['q:' .. id], owner = job.f.owner,
    params = job.f.params, trace = job.f.trace, artifacts = artifacts,
  })
end

if not node then return answer({ status = 'unknown' }) end
if TERMINAL[job.f.state] then return answer({ status = 'ended' }) end
if job.f['s:' .. id] == 'running' then
  if ARGV[5] == '1' and job.f['w:' .. id] == worker then
    lease()
    return claimed()
  end
  return answer({ status = 'held' }) -- a lease that ran out is the reaper's: Redis may have been away
end
local s = job.f['s:' .. id]
if s == 'waiting' then return answer({ status = 'not_ready' }) end
if s ~= 'ready' then return answer({ status = 'done' }) end
if ARGV[4] == '0' and job.f['c:' .. id] then return answer({ status = 'alone' }) end
local waited = now - job.f['q:' .. id]
if waited < 0 then return answer({ status = 'not_ready' }) end -- it pauses after a failure

local attempt = job.f['a:' .. id] + 1
put(job, 's:' .. id, 'running', 't:' .. id, job.f['t:' .. id] + 1, 'a:' .. id, attempt, 'w:' .. id, worker,
  'b:' .. id, now)
lease()
if job.f.state == 'queued' then put(job, 'state', 'running', 'started', now) end
redis.call('ZREM', P .. 'ready:' .. node.queue, member(job, id))
redis.call('SADD', P .. 'held:' .. worker, member(job, id))
redis.call('LPUSH', P .. 'waits:' .. node.queue, waited)
redis.call('LTRIM', P .. 'waits:' .. node.queue, 0, 199)
emit(job, 'stage', { stage = id, state = 'running', attempt = attempt, wait_ms = waited })
return claimed()
