-- ARGV: 1 job, 2 node, 3 token, 4 artifacts (json), 5 result (json), 6 memo key, 7 memo entry (json)
-- Answers committed (with the successors now ready), duplicate or lost.
local now, job, id = now_ms(), load(ARGV[1]), ARGV[2]
if not holds(job, id, ARGV[3]) then
  local mine = job and job.f['s:' .. id] == 'done' and job.f['t:' .. id] == ARGV[3]
  return answer({ status = mine and 'duplicate' or 'lost' })
end
redis.call('SET', P .. 'memo:' .. job.f.owner .. ':' .. ARGV[6], ARGV[7], 'PX', job.f.result_ttl_ms)
note_memo(job, id, ARGV[6])
drop_claim(job, id)
settle(job, id, now, cjson.decode(ARGV[4]), ARGV[5])
return answer({ status = 'committed', successors = advance(job, now) })
