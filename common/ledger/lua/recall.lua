-- ARGV: 1 job, 2 node, 3 token, 4 memo key. Commits the remembered output, if it is still there.
local now, job, id = now_ms(), load(ARGV[1]), ARGV[2]
if not holds(job, id, ARGV[3]) then return not_held(job, id, ARGV[3]) end
local memo = redis.call('GET', P .. 'memo:' .. job.f.owner .. ':' .. ARGV[4])
local hit = memo and cjson.decode(memo)
if not hit or not refs_alive(job.f.owner, hit.artifacts) then return answer({ status = 'miss' }) end
note_memo(job, id, ARGV[4])
drop_claim(job, id)
settle(job, id, now, hit.artifacts, hit.result)
return answer({ status = 'hit', successors = advance(job, now) })
