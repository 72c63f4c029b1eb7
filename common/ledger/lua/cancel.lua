-- ARGV: 1 job, 2 owner. Ends the job in this very script; a running stage loses its claim.
local job = load(ARGV[1])
if not job or job.f.owner ~= ARGV[2] then return answer({ status = 'unknown' }) end
if job.f.state == 'cancelled' then return answer({ status = 'cancelled' }) end
if TERMINAL[job.f.state] then return answer({ status = 'ended' }) end
finish(job, 'cancelled', now_ms(), nil)
return answer({ status = 'cancelled' })
