-- ARGV: 1 owner, 2 sha256. A file of the trash that was handed out is gone; one that was thrown away
-- anew meanwhile is not.
local entry = ARGV[1] .. ' ' .. ARGV[2]
local at = redis.call('ZSCORE', P .. 'trash', entry)
if at and tonumber(at) > now_ms() then redis.call('ZREM', P .. 'trash', entry) end
return 1
