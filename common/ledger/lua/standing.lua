-- ARGV: 1 job. Answers where an unfinished job stands and what the house is busy with; only reads.
local now, job = now_ms(), load(ARGV[1])
local position = job and redis.call('ZRANK', P .. 'active', job.id)
if not position then return answer(EMPTY) end
local open, runs, slots = {}, {}, {}
local function note_runs(stage)
  runs[stage] = runs[stage] or redis.call('LRANGE', P .. 'runs:' .. stage, 0, -1)
end
local counted = redis.call('HGETALL', P .. 'open')
for i = 1, #counted, 2 do
  open[counted[i]] = tonumber(counted[i + 1])
  note_runs(counted[i])
end
for _, node in ipairs(job.plan) do
  note_runs(node.stage)
  slots[node.queue] = slots[node.queue] or slots_of(node.queue, now)
end
return answer({
  now = now, position = position, active = redis.call('ZCARD', P .. 'active'),
  open = open, runs = runs, slots = slots,
})
