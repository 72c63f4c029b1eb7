-- ARGV: queues. Answers {queue = {ready, running, oldest_s}}. A node that pauses after a failure is
-- not ready yet: it has no message in the broker, and nobody should miss one.
local now, out, jobs = now_ms(), {}, {}
for _, queue in ipairs(ARGV) do
  local ready = P .. 'ready:' .. queue
  local oldest = redis.call('ZRANGE', ready, 0, 0, 'WITHSCORES')[2]
  out[queue] = {
    ready = redis.call('ZCOUNT', ready, '-inf', now), running = 0,
    oldest_s = oldest and math.max(0, now - oldest) / 1000 or 0,
  }
end
for _, entry in ipairs(redis.call('ZRANGE', P .. 'leases', 0, -1)) do
  local job_id, id = split(entry)
  jobs[job_id] = jobs[job_id] or load(job_id)
  local node = jobs[job_id] and node_of(jobs[job_id], id)
  local line = node and out[node.queue]
  if line then line.running = line.running + 1 end
end
return answer(out)
