-- ARGV: 1 owner, 2.. sha256. Was one of these files let go lately: no | deleting | deleted?
local now, status = now_ms(), 'no'
for i = 2, #ARGV do
  local until_ms = redis.call('ZSCORE', P .. 'erased', ARGV[1] .. ' ' .. ARGV[i])
  if until_ms and tonumber(until_ms) > now then return answer({ status = 'deleting' }) end
  if until_ms then status = 'deleted' end
end
return answer({ status = status })
