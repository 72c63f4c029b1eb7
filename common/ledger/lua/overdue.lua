-- ARGV: 1 queue, 2 limit, 3 patience ms, 4 messages missing from the broker (0 = none known)
-- Picks ready nodes to publish again and notes when the next try is due (doubling, 60 s at most).
-- What a failed try made ready was published by nobody: that is lost for sure.
local now, due, missing, ready = now_ms(), {}, tonumber(ARGV[4]), P .. 'ready:' .. ARGV[1]
local entries = redis.call('ZRANGEBYSCORE', ready, '-inf', now, 'WITHSCORES', 'LIMIT', 0, ARGV[2])
for i = 1, #entries, 2 do
  local job_id, id = split(entries[i])
  local waited = now - entries[i + 1]
  local job = load(job_id)
  local lost = missing > 0 and waited >= 1000 -- younger: its message may be on its way
  if job and tonumber(job.f['a:' .. id]) > 0 and tonumber(job.f['n:' .. id]) == tonumber(entries[i + 1]) then
    lost = true
  end
  if lost or waited >= tonumber(ARGV[3]) then
    if not job then
      redis.call('ZREM', ready, entries[i])
    elseif now >= tonumber(job.f['n:' .. id]) then
      missing = missing - 1
      note_republished(job, id, now)
      local found = row(job, node_of(job, id))
      found.lost = lost
      due[#due + 1] = found
    end
  end
end
return answer({ due = due })
