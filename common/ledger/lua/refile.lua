-- ARGV: owner, sha256, owner, sha256 and so on. Counts each file that somebody refers to, and no other;
-- lets go of promises whose job has ended, and of files whose job has run out: its record did so before
-- anybody saw that its files had expired. Answers how many were off.
local now, off = now_ms(), 0

local function let_go_of_the_lost(owner, sha)
  for _, entry in ipairs(redis.call('SMEMBERS', refs_key(owner, sha))) do
    local id = split(entry)
    local state = redis.call('HGET', P .. 'job:' .. id, 'state')
    if not state then redis.call('ZREM', P .. 'owner:' .. owner, id) end
    if not state then redis.call('ZREM', P .. 'dead', id) end
    if not state or (owner == PROMISES and TERMINAL[state]) then
      drop_entry(owner, sha, entry, now)
      off = off + 1
    end
  end
end

local function refile(owner, sha)
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

for i = 1, #ARGV, 2 do
  let_go_of_the_lost(ARGV[i], ARGV[i + 1])
  if ARGV[i] ~= PROMISES then refile(ARGV[i], ARGV[i + 1]) end
end
return off
