-- ARGV: queues. Answers {queue = {workers}} heard of within their TTL. Only reads: works on a full Redis.
local now, out = now_ms(), {}
for _, queue in ipairs(ARGV) do
  out[queue] = redis.call('ZRANGEBYSCORE', P .. 'up:' .. queue, '(' .. now, '+inf')
end
return answer(out)
