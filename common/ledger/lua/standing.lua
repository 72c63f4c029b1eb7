-- ARGV: 1 job (empty for one that would come now), 2 1 for the run times too, else their stages have
-- empty texts, 3.. queues to count the slots of
-- Answers where an unfinished job stands and what the house is busy with; only reads.
local now, coming = now_ms(), ARGV[1] == ''
local job = not coming and load(ARGV[1])
local position = coming and redis.call('ZCARD', P .. 'active') or job and redis.call('ZRANK', P .. 'active', job.id)
if not position then return answer(EMPTY) end
local open, runs, slots, ready, ahead = {}, {}, {}, {}, {}
local function note_runs(stage)
  -- one text for two hundred numbers: that is what the answer's length and time are made of
  runs[stage] = runs[stage] or ARGV[2] == '1'
    and table.concat(redis.call('LRANGE', P .. 'runs:' .. stage, 0, -1), ',') or ''
end
local counted = redis.call('HGETALL', P .. 'open')
for i = 1, #counted, 2 do
  open[counted[i]] = tonumber(counted[i + 1])
  note_runs(counted[i])
end
local function note_queue(queue)
  slots[queue] = slots[queue] or slots_of(queue, now)
  ready[queue] = ready[queue] or redis.call('ZCARD', P .. 'ready:' .. queue)
end
for i = 3, #ARGV do note_queue(ARGV[i]) end
for _, node in ipairs(job and job.plan or {}) do
  note_runs(node.stage)
  note_queue(node.queue)
  if job.f['s:' .. node.id] == 'ready' then
    local before = redis.call('ZCOUNT', P .. 'ready:' .. node.queue, '-inf', '(' .. job.f['q:' .. node.id])
    ahead[node.queue] = math.min(before, ahead[node.queue] or before)
  end
end
return answer({
  now = now, position = position, active = redis.call('ZCARD', P .. 'active'),
  running = running_beside(job), open = open, runs = runs, slots = slots, ready = ready, ahead = ahead,
})
