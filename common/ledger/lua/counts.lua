-- ARGV: queues. Answers {queue = {ready, running, oldest_s}}; running counts claims by plan queue.
local now, out = now_ms(), {}
for _, queue in ipairs(ARGV) do
  local oldest = redis.call('ZRANGE', P .. 'ready:' .. queue, 0, 0, 'WITHSCORES')
  local age = 0
  if oldest[2] then age = math.max(0, now - tonumber(oldest[2])) / 1000 end
  out[queue] = { ready = redis.call('ZCARD', P .. 'ready:' .. queue), running = 0, oldest_s = age }
end
for _, entry in ipairs(redis.call('ZRANGE', P .. 'leases', 0, -1)) do
  local job, id = split(entry)
  local row = out[node_of(job, id).queue]
  if row then row.running = row.running + 1 end
end
return answer(out)
