-- ARGV: 1 limit. Drops references whose time has come; the files follow by the trash.
local now, dropped = now_ms(), 0
for _, entry in ipairs(redis.call('ZRANGEBYSCORE', P .. 'expiry', '-inf', now, 'LIMIT', 0, ARGV[1])) do
  local id, what = split(entry)
  local job = load(id)
  for name, json in pairs(job and artifacts_of(job) or {}) do
    local is_input = string.find(job.f.inputs, ' ' .. name .. ' ', 1, true) ~= nil
    if is_input == (what == 'photo') then
      drop_ref(job, name, cjson.decode(json).sha256, now)
      dropped = dropped + 1
    end
  end
  if job and what == 'photo' then put(job, 'photo_expired_at', now) end
  if job and what == 'results' then
    put(job, 'artifacts_expired_at', now)
    redis.call('ZREM', P .. 'owner:' .. job.f.owner, id)
    redis.call('ZREM', P .. 'dead', id)
  end
  redis.call('ZREM', P .. 'expiry', entry)
end
return answer({ dropped = dropped })
