-- ARGV: 1 grace ms, 2 limit. Takes files out of the trash that are still unreferenced.
local out, before = {}, now_ms() - ARGV[1]
for _, entry in ipairs(redis.call('ZRANGEBYSCORE', P .. 'trash', '-inf', before, 'LIMIT', 0, ARGV[2])) do
  redis.call('ZREM', P .. 'trash', entry)
  local owner, sha = split(entry)
  if redis.call('EXISTS', refs_key(owner, sha)) == 0 then
    uncount_file(owner, sha) -- whoever dropped it without counting
    out[#out + 1] = { owner = owner, sha256 = sha }
  end
end
redis.call('ZREMRANGEBYSCORE', P .. 'erased', '-inf', now_ms() - REMEMBERED_MS)
return answer({ files = out })
