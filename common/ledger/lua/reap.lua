-- ARGV: 1 limit, 2 leases 0|1. Ends jobs past their own time or their deadline, frees nodes whose lease ran out;
-- answers what to publish. An entry whose job is gone is dropped: one bad entry must not stop the sweep.
local now, expired, cancelled, dead, again = now_ms(), 0, 0, 0, {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'cancels', '-inf', now, 'LIMIT', 0, ARGV[1])) do
  local job = load(id)
  if job and not TERMINAL[job.f.state] then -- else an older version has ended it
    finish(job, 'cancelled', now, cjson.decode(CANCEL_AFTER))
    cancelled = cancelled + 1
  end
  redis.call('ZREM', P .. 'cancels', id)
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'deadlines', '-inf', now, 'LIMIT', 0, ARGV[1])) do
  local job = load(id)
  if job then finish(job, 'expired', now, cjson.decode(DEADLINE)) end
  redis.call('ZREM', P .. 'deadlines', id)
  redis.call('ZREM', P .. 'active', id)
  expired = expired + 1
end
local most = ARGV[2] == '1' and ARGV[1] or 0
for _, entry in ipairs(redis.call('ZRANGEBYSCORE', P .. 'leases', '-inf', now, 'LIMIT', 0, most)) do
  local job_id, id = split(entry)
  local job = load(job_id)
  -- a sibling earlier in this very loop may have ended the job
  if job and job.f['s:' .. id] == 'running' then
    local node = node_of(job, id)
    if reclaim(job, node, now, crash(node), again) ~= 'again' then dead = dead + 1 end
  end
  if not job then redis.call('ZREM', P .. 'leases', entry) end
end
return answer({ expired = expired, cancelled = cancelled, dead = dead, again = again })
