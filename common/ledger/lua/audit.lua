-- ARGV: 1 job, 2 number of queues, 3.. queues, then workers
-- Answers all that is known of a job in one moment, as lists of pairs: what `audit` compares.
local now, job, found = now_ms(), load(ARGV[1]), {}
local id, key, events = ARGV[1], P .. 'job:' .. ARGV[1], P .. 'events:' .. ARGV[1]
local last_queue = 2 + tonumber(ARGV[2])

local function note(what, where, value)
  if value and value ~= 0 then found[#found + 1] = { what, where, tostring(value) } end
end

local function note_node(node_id)
  for i = 3, last_queue do
    note('ready ' .. ARGV[i], node_id, redis.call('ZSCORE', P .. 'ready:' .. ARGV[i], id .. ' ' .. node_id))
  end
  note('lease', node_id, redis.call('ZSCORE', P .. 'leases', id .. ' ' .. node_id))
  for i = last_queue + 1, #ARGV do
    note('held ' .. ARGV[i], node_id, redis.call('SISMEMBER', P .. 'held:' .. ARGV[i], id .. ' ' .. node_id))
  end
end

note('active', '', redis.call('ZSCORE', P .. 'active', id))
note('cancel', '', redis.call('ZSCORE', P .. 'cancels', id))
note('deadline', '', redis.call('ZSCORE', P .. 'deadlines', id))
for _, what in ipairs({ 'photo', 'results' }) do
  note('expiry', what, redis.call('ZSCORE', P .. 'expiry', id .. ' ' .. what))
end
if job then
  note('owner', '', redis.call('ZSCORE', P .. 'owner:' .. job.f.owner, id))
  note('active of owner', '', redis.call('ZSCORE', P .. 'active_of:' .. job.f.owner, id))
  note('promise', '', job.f.promise and redis.call('SISMEMBER', refs_key(PROMISES, job.f.promise), id .. ' promise'))
  for _, node in ipairs(job.plan) do note_node(node.id) end
  for name, json in pairs(artifacts_of(job)) do
    note('ref', name, redis.call('SISMEMBER', refs_key(job.f.owner, cjson.decode(json).sha256), id .. ' ' .. name))
  end
end
local messages, states = redis.call('HGETALL', P .. 'hooks:' .. id), {}
for i = 1, #messages, 2 do
  local message = cjson.decode(messages[i + 1])
  states[#states + 1] = { messages[i], message.event, message.state }
  note('outbox', messages[i], redis.call('ZSCORE', P .. 'outbox', id .. ' ' .. messages[i]))
end
return answer({
  messages = states, hooks_ttl = redis.call('PTTL', P .. 'hooks:' .. id),
  now = now, fields = redis.call('HGETALL', key), found = found,
  ttl = redis.call('PTTL', key), events_ttl = redis.call('PTTL', events),
  events = redis.call('XRANGE', events, '-', '+'),
})
