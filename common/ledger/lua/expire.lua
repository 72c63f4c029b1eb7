-- ARGV: 1 limit. Drops references whose time has come; answers nothing: files follow by the trash.
local now, dropped = now_ms(), 0
for _, entry in ipairs(redis.call('ZRANGEBYSCORE', P .. 'expiry', '-inf', now, 'LIMIT', 0, ARGV[1])) do
  local job, what = split(entry)
  redis.call('ZREM', P .. 'expiry', entry)
  local owner, all = get(job, 'owner'), redis.call('HGETALL', job_key(job))
  for i = 1, #all, 2 do
    local name = string.sub(all[i], 3)
    if string.sub(all[i], 1, 2) == 'f:' and (name == 'photo') == (what == 'photo') then
      local refs = P .. 'refs:' .. owner .. ':' .. cjson.decode(all[i + 1]).sha256
      redis.call('SREM', refs, job)
      if redis.call('EXISTS', refs) == 0 then
        redis.call('ZADD', P .. 'trash', now, owner .. ' ' .. cjson.decode(all[i + 1]).sha256)
      end
      dropped = dropped + 1
    end
  end
  if what == 'results' and owner then
    set(job, 'artifacts_expired_at', now)
    redis.call('ZREM', P .. 'owner:' .. owner, job)
  end
  if what == 'photo' and owner then set(job, 'photo_expired_at', now) end
end
return answer({ dropped = dropped })
