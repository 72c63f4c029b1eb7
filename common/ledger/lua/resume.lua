-- ARGV: 1 job, 2 owner, 3 params (json), 4 hold 0|1, 5 new promise, 6.. finished nodes to run anew
-- Answers resumed (with the nodes now ready), not_paused or unknown.
local now, job = now_ms(), load(ARGV[1])
if not job or job.f.owner ~= ARGV[2] then return answer({ status = 'unknown' }) end
if job.f.state ~= 'paused' then return answer({ status = 'not_paused' }) end
local again = {}
for i = 6, #ARGV do
  if node_of(job, ARGV[i]) then
    again[#again + 1] = ARGV[i]
    renew(job, ARGV[i])
  end
end
table.sort(again)
put(job, 'params', ARGV[3], 'state', 'running', 'approved', ARGV[4] == '1' and '0' or '1')
keep_promise(job, ARGV[5], now)
activate(job, now)
set_deadline(job, now + job.f.deadline_ms)
emit(job, 'resumed', #again > 0 and { again = again } or EMPTY)
return answer({ status = 'resumed', ready = advance(job, now) })
