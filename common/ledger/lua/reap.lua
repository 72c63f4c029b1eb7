-- ARGV: 1 limit, 2 max attempts. Ends jobs past their deadline; answers the nodes whose lease ran out.
local now, expired, again, dead = now_ms(), 0, {}, 0
for _, job in ipairs(redis.call('ZRANGEBYSCORE', P .. 'deadlines', '-inf', now, 'LIMIT', 0, ARGV[1])) do
  finish(job, 'expired', now, cjson.encode({ code = 'deadline', detail = 'the job did not end before its deadline' }))
  expired = expired + 1
end
for _, entry in ipairs(redis.call('ZRANGEBYSCORE', P .. 'leases', '-inf', now, 'LIMIT', 0, ARGV[1])) do
  local job, id = split(entry)
  local node = node_of(job, id)
  if try_again(job, node, now, 0, tonumber(ARGV[2]), 'crash', 'a worker died while it ran ' .. id) == 'again' then
    note_republished(job, id, now)
    again[#again + 1] = { job = job, id = id, stage = node.stage, queue = node.queue }
  else
    dead = dead + 1
  end
end
return answer({ expired = expired, dead = dead, again = again })
