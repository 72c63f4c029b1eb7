-- ARGV: 1 job, 2 node, 3 token, 4 memo key. Commits the remembered output, if it is still there.
local job, id = ARGV[1], ARGV[2]
if not holds(job, id, ARGV[3]) then return answer({ status = 'lost' }) end
local memo = redis.call('GET', P .. 'memo:' .. get(job, 'owner') .. ':' .. ARGV[4])
if not memo then return answer({ status = 'miss' }) end
local hit = cjson.decode(memo)
if not refs_alive(get(job, 'owner'), hit.artifacts) then return answer({ status = 'miss' }) end
return answer({ status = 'hit', successors = commit_node(job, id, now_ms(), hit.artifacts, hit.result) })
