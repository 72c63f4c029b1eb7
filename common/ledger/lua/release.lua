-- ARGV: 1 worker, 2 counts 0|1 (is the try counted as an attempt), 3 max attempts
-- Gives back every claim of a worker; answers the nodes that are ready again.
local now, again = now_ms(), {}
for _, entry in ipairs(redis.call('SMEMBERS', P .. 'held:' .. ARGV[1])) do
  local job, id = split(entry)
  redis.call('SREM', P .. 'held:' .. ARGV[1], entry)
  if get(job, 's:' .. id) == 'running' and get(job, 'w:' .. id) == ARGV[1] then
    local node = node_of(job, id)
    if ARGV[2] == '0' then redis.call('HINCRBY', job_key(job), 'a:' .. id, -1) end
    local code = ARGV[2] == '0' and 'handover' or 'crash'
    if try_again(job, node, now, 0, tonumber(ARGV[3]), code, 'a worker died while it ran ' .. id) == 'again' then
      note_republished(job, id, now)
      again[#again + 1] = { job = job, id = id, stage = node.stage, queue = node.queue }
    end
  end
end
return answer({ again = again })
