-- ARGV: 1 job, 2 message, 3 attempt (json), 4 delivered 0|1, 5 ms until the next try or '' for none, 6 attempts kept
local now, entry = now_ms(), ARGV[1] .. ' ' .. ARGV[2]
local key = P .. 'hooks:' .. ARGV[1]
local text = redis.call('HGET', key, ARGV[2])
if not text then return 0 end
local message = cjson.decode(text)
message.tries = message.tries + 1
message.attempts[#message.attempts + 1] = cjson.decode(ARGV[3])
if #message.attempts > tonumber(ARGV[6]) then table.remove(message.attempts, 1) end
if ARGV[4] == '1' then
  message.state = 'delivered'
elseif message.state == 'pending' and ARGV[5] == '' then
  message.state = 'failed'
end
if message.state ~= 'pending' then
  redis.call('ZREM', P .. 'outbox', entry)
elseif ARGV[5] ~= '' then
  redis.call('ZADD', P .. 'outbox', now + ARGV[5], entry)
end
redis.call('HSET', key, ARGV[2], cjson.encode(message))
return 1
