-- ARGV: 1 owner, 2.. sha256. Files nobody refers to go to the trash, to be deleted later.
local now = now_ms()
for i = 2, #ARGV do
  if redis.call('EXISTS', refs_key(ARGV[1], ARGV[i])) == 0 then
    redis.call('ZADD', P .. 'trash', now, ARGV[1] .. ' ' .. ARGV[i])
  end
end
return 1
