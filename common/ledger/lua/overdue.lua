-- ARGV: 1 queue, 2 limit, 3 patience ms, 4 messages missing from the broker (0 = none known)
-- Picks ready nodes to publish again and notes when the next try is due (doubling, 60 s at most).
local now, due, missing, ready = now_ms(), {}, tonumber(ARGV[4]), P .. 'ready:' .. ARGV[1]

-- What a failed try made ready was published by nobody.
local function is_unsent(job, id, since)
  return tonumber(job.f['a:' .. id]) > 0 and tonumber(job.f['n:' .. id]) == tonumber(since)
end

local function publish(job, id, lost)
  missing = missing - 1
  note_republished(job, id, now)
  local found = row(job, node_of(job, id))
  found.lost = lost
  due[#due + 1] = found
end

-- Failed tries are young: in a long queue they are far behind the oldest, and would wait for all of it.
local newest = redis.call('ZREVRANGEBYSCORE', ready, now, '-inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])
for i = 1, #newest, 2 do
  local job_id, id = split(newest[i])
  local job = load(job_id)
  if job and is_unsent(job, id, newest[i + 1]) then publish(job, id, true) end
end

local oldest = redis.call('ZRANGEBYSCORE', ready, '-inf', now, 'WITHSCORES', 'LIMIT', 0, ARGV[2])
for i = 1, #oldest, 2 do
  local job_id, id = split(oldest[i])
  local job, waited = load(job_id), now - oldest[i + 1]
  if not job then
    redis.call('ZREM', ready, oldest[i])
  elseif now >= tonumber(job.f['n:' .. id]) then
    local missed = missing > 0 and waited >= 1000 -- younger: its message may be on its way
    local lost = missed or is_unsent(job, id, oldest[i + 1])
    if lost or waited >= tonumber(ARGV[3]) then publish(job, id, lost) end
  end
end
return answer({ due = due })
