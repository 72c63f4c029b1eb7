-- ARGV: 1 lease ms, 2 limit. Takes messages whose time has come: they are due again when the lease ends.
local now, out = now_ms(), {}
for _, entry in ipairs(redis.call('ZRANGEBYSCORE', P .. 'outbox', '-inf', now, 'LIMIT', 0, ARGV[2])) do
  local id, name = split(entry)
  local job, text = load(id), redis.call('HGET', P .. 'hooks:' .. id, name)
  if not job or not text or not job.f.hook then
    redis.call('ZREM', P .. 'outbox', entry)
  else
    local message = cjson.decode(text)
    redis.call('ZADD', P .. 'outbox', now + ARGV[1], entry)
    out[#out + 1] = { job = id, owner = job.f.owner, event = message.event, name = name,
      url = cjson.decode(job.f.hook).url, attempt = message.tries + 1, created_ms = message.created }
  end
end
return answer({ calls = out })
