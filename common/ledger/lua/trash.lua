-- ARGV: 1 grace ms, 2 limit. Hands out files that are still unreferenced after the grace. They stay in
-- the trash until somebody says that they are gone: whoever took them may die before he deletes them.
-- Until then they are marked, so that who puts one of them meanwhile knows that it may go.
local out, now = {}, now_ms()
for _, entry in ipairs(redis.call('ZRANGEBYSCORE', P .. 'trash', '-inf', now - ARGV[1], 'LIMIT', 0, 1000)) do
  if #out == tonumber(ARGV[2]) then break end
  local owner, sha = split(entry)
  if redis.call('EXISTS', refs_key(owner, sha)) == 0 then
    uncount_file(owner, sha) -- whoever dropped it without counting
    redis.call('ZADD', P .. 'trash', now + HANDED_OUT_MS, entry)
    redis.call('ZADD', P .. 'erased', now + DELETING_MS, entry)
    out[#out + 1] = { owner = owner, sha256 = sha }
  else
    redis.call('ZREM', P .. 'trash', entry)
  end
end
redis.call('ZREMRANGEBYSCORE', P .. 'erased', '-inf', now - REMEMBERED_MS)
return answer({ files = out })
