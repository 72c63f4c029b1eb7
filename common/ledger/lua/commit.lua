-- ARGV: 1 job, 2 node, 3 token, 4 artifacts (json), 5 result (json), 6 memo key, 7 memo entry (json)
-- Answers committed (with the successors now ready), duplicate or lost.
local now, job, id = now_ms(), ARGV[1], ARGV[2]
local artifacts = cjson.decode(ARGV[4])
if not holds(job, id, ARGV[3]) then
  if get(job, 's:' .. id) == 'done' and get(job, 't:' .. id) == ARGV[3] then
    return answer({ status = 'duplicate' })
  end
  return answer({ status = 'lost' })
end
local ttl = tonumber(get(job, 'result_ttl_ms'))
redis.call('SET', P .. 'memo:' .. get(job, 'owner') .. ':' .. ARGV[6], ARGV[7], 'PX', ttl)
return answer({ status = 'committed', successors = commit_node(job, id, now, artifacts, ARGV[5]) })
