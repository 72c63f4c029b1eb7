-- ARGV: 1 owner, 2.. sha256. Files nobody refers to go to the trash, to be deleted later.
for i = 2, #ARGV do
  if redis.call('EXISTS', P .. 'refs:' .. ARGV[1] .. ':' .. ARGV[i]) == 0 then
    redis.call('ZADD', P .. 'trash', now_ms(), ARGV[1] .. ' ' .. ARGV[i])
  end
end
return 1
