-- ARGV: 1 job, 2 node, 3 token. Answers 1 while the claim holds. Reads two fields, not the job.
local key, id = P .. 'job:' .. ARGV[1], ARGV[2]
local f = redis.call('HMGET', key, 's:' .. id, 't:' .. id)
if f[1] ~= 'running' or f[2] ~= ARGV[3] then return 0 end
local till = now_ms() + LEASE_MS
redis.call('HSET', key, 'l:' .. id, till)
redis.call('ZADD', P .. 'leases', 'XX', till, ARGV[1] .. ' ' .. id)
return 1
