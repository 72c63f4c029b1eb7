-- ARGV: 1 queue, 2 worker, 3 ttl ms. A warm worker says that it listens; silent ones are forgotten.
local now, up = now_ms(), P .. 'up:' .. ARGV[1]
redis.call('ZREMRANGEBYSCORE', up, '-inf', now)
redis.call('ZADD', up, now + ARGV[3], ARGV[2])
return 1
