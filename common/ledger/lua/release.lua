-- ARGV: 1 worker, 2 counts 0|1 (is the try counted as an attempt)
-- Gives back every claim of a worker; answers the nodes to publish.
local now, again, held = now_ms(), {}, P .. 'held:' .. ARGV[1]
local entries = redis.call('SMEMBERS', held)
table.sort(entries)
for _, entry in ipairs(entries) do
  local job_id, id = split(entry)
  local job = load(job_id)
  -- a sibling earlier in this very loop may have ended the job
  if job and job.f['s:' .. id] == 'running' and job.f['w:' .. id] == ARGV[1] then
    local node = node_of(job, id)
    local err = crash(node)
    if ARGV[2] == '0' then
      put(job, 'a:' .. id, job.f['a:' .. id] - 1)
      err = { code = 'handover' }
    end
    reclaim(job, node, now, err, again)
  end
  redis.call('SREM', held, entry)
end
return answer({ again = again })
