-- ARGV: owner, sha256, owner, sha256 and so on. Counts each file that somebody refers to, and no other.
-- Answers how many were off.
local off = 0
for i = 1, #ARGV, 2 do
  local owner, sha = ARGV[i], ARGV[i + 1]
  local counted = redis.call('HEXISTS', P .. 'files:' .. owner, sha) == 1
  local entry = redis.call('SRANDMEMBER', refs_key(owner, sha))
  if counted and not entry then
    uncount_file(owner, sha)
    off = off + 1
  elseif entry and not counted then
    local id, name = split(entry)
    local ref = redis.call('HGET', P .. 'job:' .. id, 'f:' .. name)
    if ref then
      count_file(owner, sha, cjson.decode(ref).size)
      off = off + 1
    end
  end
end
return off
