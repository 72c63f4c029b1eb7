-- ARGV: 1 job. Answers the messages to its hook, oldest first.
local found, all = {}, redis.call('HGETALL', P .. 'hooks:' .. ARGV[1])
for i = 1, #all, 2 do
  local message = cjson.decode(all[i + 1])
  message.name = all[i]
  message.next = redis.call('ZSCORE', P .. 'outbox', ARGV[1] .. ' ' .. all[i]) or cjson.null
  found[#found + 1] = message
end
table.sort(found, function(a, b) return a.created < b.created or (a.created == b.created and a.name < b.name) end)
return answer({ calls = found })
