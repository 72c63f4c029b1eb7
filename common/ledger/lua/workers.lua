-- ARGV: queues. Answers {queue = {workers}}; those not heard of for their TTL are forgotten.
local now, out = now_ms(), {}
for _, queue in ipairs(ARGV) do
  redis.call('ZREMRANGEBYSCORE', P .. 'up:' .. queue, '-inf', now)
  out[queue] = redis.call('ZRANGE', P .. 'up:' .. queue, 0, -1)
end
return answer(out)
