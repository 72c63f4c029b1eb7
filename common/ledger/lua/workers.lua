-- ARGV: queues. Answers {queue = {workers}} heard of within their TTL. Only reads: works on a full Redis.
local now, out = now_ms(), {}
for _, queue in ipairs(ARGV) do
  out[queue] = warm_workers(queue, now)
end
return answer(out)
