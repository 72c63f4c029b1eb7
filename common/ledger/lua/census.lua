-- ARGV: queues. Answers what is counted in one moment: by queue its ready and running nodes, the age of
-- the oldest ready one and the slots of each warm worker; unfinished jobs by product; dead letters. Only
-- reads. A node that pauses after a failure is not ready yet: it has no message in the broker, and
-- nobody should miss one.
local now, queues, jobs, open = now_ms(), {}, {}, {}
for _, queue in ipairs(ARGV) do
  local ready = P .. 'ready:' .. queue
  local oldest = redis.call('ZRANGE', ready, 0, 0, 'WITHSCORES')[2]
  queues[queue] = {
    ready = redis.call('ZCOUNT', ready, '-inf', now), running = 0,
    oldest_s = oldest and math.max(0, now - oldest) / 1000 or 0, workers = {},
  }
  for _, worker in ipairs(warm_workers(queue, now)) do
    queues[queue].workers[worker] = slots_at(queue, worker)
  end
end
for _, entry in ipairs(redis.call('ZRANGE', P .. 'leases', 0, -1)) do
  local job_id, id = split(entry)
  jobs[job_id] = jobs[job_id] or load(job_id)
  local node = jobs[job_id] and node_of(jobs[job_id], id)
  local line = node and queues[node.queue]
  if line then line.running = line.running + 1 end
end
local counted = redis.call('HGETALL', P .. 'open_jobs')
for i = 1, #counted, 2 do open[counted[i]] = tonumber(counted[i + 1]) end
return answer({ queues = queues, open = open, dead = redis.call('ZCARD', P .. 'dead') })
