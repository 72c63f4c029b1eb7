-- ARGV: queues. Answers {queue = slots of its warm workers}.
local now, out = now_ms(), {}
for _, queue in ipairs(ARGV) do out[queue] = slots_of(queue, now) end
return answer(out)
