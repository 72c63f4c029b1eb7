-- ARGV: 1 job, 2 node, 3 token, 4 lease ms. Answers 1 while the claim holds.
if not holds(ARGV[1], ARGV[2], ARGV[3]) then return 0 end
local till = now_ms() + ARGV[4]
set(ARGV[1], 'l:' .. ARGV[2], till)
redis.call('ZADD', P .. 'leases', 'XX', till, member(ARGV[1], ARGV[2]))
return 1
