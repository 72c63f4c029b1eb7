-- ARGV: 1 queue, 2 worker, 3 ttl ms, 4 slots. A warm worker says that it listens; silent ones are forgotten.
local now, up, slots = now_ms(), P .. 'up:' .. ARGV[1], P .. 'slots:' .. ARGV[1]
for _, silent in ipairs(redis.call('ZRANGEBYSCORE', up, '-inf', now)) do redis.call('HDEL', slots, silent) end
redis.call('ZREMRANGEBYSCORE', up, '-inf', now)
redis.call('ZADD', up, now + ARGV[3], ARGV[2])
redis.call('HSET', slots, ARGV[2], ARGV[4])
return 1
