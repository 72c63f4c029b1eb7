-- ARGV: 1 job, 2 owner, 3 event or ''. Messages of a job are due now, as if they were new; answers how many.
local now, job, found = now_ms(), load(ARGV[1]), 0
if not job or job.f.owner ~= ARGV[2] then return 0 end
local key = P .. 'hooks:' .. ARGV[1]
local all = redis.call('HGETALL', key)
for i = 1, #all, 2 do
  local message = cjson.decode(all[i + 1])
  if ARGV[3] == '' or ARGV[3] == message.event then
    found = found + 1
    message.state, message.tries = 'pending', 0
    redis.call('HSET', key, all[i], cjson.encode(message))
    redis.call('ZADD', P .. 'outbox', now, job.id .. ' ' .. all[i])
  end
end
return found
