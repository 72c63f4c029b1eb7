-- ARGV: 1 queue, 2 limit, 3 patience ms, 4 messages missing from the broker (0 = none known)
-- Picks ready nodes to publish again and notes when the next try is due (doubling, 60 s at most).
local now, due, missing, ready = now_ms(), {}, tonumber(ARGV[4]), P .. 'ready:' .. ARGV[1]

-- Publishes a node if it is due; `failed_only` asks for nothing but failed tries.
local function look(entry, since, failed_only)
  local job_id, id = split(entry)
  local job, waited = load(job_id), now - since
  if not job then
    redis.call('ZREM', ready, entry)
  elseif now >= tonumber(job.f['n:' .. id]) then
    -- what has been begun before, and is ready again, was published by nobody
    local unsent = job.f['b:' .. id] and tonumber(job.f['n:' .. id]) == tonumber(since)
    local missed = missing > 0 and waited >= 1000 -- younger: its message may be on its way
    if unsent or (not failed_only and (missed or waited >= tonumber(ARGV[3]))) then
      missing = missing - 1
      note_republished(job, id, now)
      local found = row(job, node_of(job, id))
      found.lost = unsent or missed
      due[#due + 1] = found
    end
  end
end

-- Failed tries are young: in a long queue they are far behind the oldest, and would wait for all of it.
local newest = redis.call('ZREVRANGEBYSCORE', ready, now, '-inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])
for i = 1, #newest, 2 do look(newest[i], newest[i + 1], true) end
local oldest = redis.call('ZRANGEBYSCORE', ready, '-inf', now, 'WITHSCORES', 'LIMIT', 0, ARGV[2])
for i = 1, #oldest, 2 do look(oldest[i], oldest[i + 1], false) end
return answer({ due = due })
