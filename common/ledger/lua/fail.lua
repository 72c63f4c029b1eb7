-- ARGV: 1 job, 2 node, 3 token, 4 error (json), 5 retryable 0|1, 6 delay ms
-- Answers failed | again | dead | skipped (an optional node) | lost.
local now, job, id = now_ms(), load(ARGV[1]), ARGV[2]
if not holds(job, id, ARGV[3]) then return answer({ status = 'lost' }) end
local node, err = node_of(job, id), cjson.decode(ARGV[4])
local status, ready
if ARGV[5] == '1' then
  status, ready = try_again(job, node, now, tonumber(ARGV[6]), err)
else
  drop_claim(job, id)
  status, ready = give_up(job, node, now, err)
end
return answer({ status = status, successors = ready })
