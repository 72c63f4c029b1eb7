-- ARGV: 1 queue, 2 limit, 3 patience ms, 4 messages missing from the broker (0 = none known)
-- Picks ready nodes to publish again and notes when the next try is due (doubling, 60 s at most).
local now, due, missing = now_ms(), {}, tonumber(ARGV[4])
local entries = redis.call('ZRANGEBYSCORE', P .. 'ready:' .. ARGV[1], '-inf', now, 'WITHSCORES', 'LIMIT', 0, ARGV[2])
for i = 1, #entries, 2 do
  local job, id = split(entries[i])
  local waited, next_try = now - tonumber(entries[i + 1]), tonumber(get(job, 'n:' .. id))
  local lost = missing > 0 and waited >= 1000
  if now >= next_try and (lost or waited >= tonumber(ARGV[3])) then
    missing = missing - 1
    note_republished(job, id, now)
    due[#due + 1] = { job = job, id = id, stage = node_of(job, id).stage, queue = ARGV[1], lost = lost }
  end
end
return answer({ due = due })
