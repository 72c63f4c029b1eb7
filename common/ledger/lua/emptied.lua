-- ARGV: 1 owner, 2 sha256, 3 gone 0|1. A file of the trash that was handed out is gone, or it goes back;
-- one that somebody refers to by now, or that was thrown away anew, is none of it.
local now, entry = now_ms(), ARGV[1] .. ' ' .. ARGV[2]
local at = redis.call('ZSCORE', P .. 'trash', entry)
redis.call('ZADD', P .. 'erased', 'XX', 'LT', now, entry)
if at and tonumber(at) > now then
  if ARGV[3] == '1' then redis.call('ZREM', P .. 'trash', entry)
  else redis.call('ZADD', P .. 'trash', now, entry) end
end
return 1
