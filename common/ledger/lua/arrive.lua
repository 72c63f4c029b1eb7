-- ARGV: 1 queue, 2 worker, 3 ttl ms. A warm worker says that it listens.
redis.call('ZADD', P .. 'up:' .. ARGV[1], now_ms() + ARGV[3], ARGV[2])
return 1
