-- ARGV: 1 lock name, 2 who, 3 ttl ms. Answers 1 while who leads.
local key = P .. 'leader:' .. ARGV[1]
local holder = redis.call('GET', key)
if holder and holder ~= ARGV[2] then return 0 end
redis.call('SET', key, ARGV[2], 'PX', ARGV[3])
return 1
