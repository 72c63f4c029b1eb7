-- ARGV: 1 job, 2 owner. Ends the job in this very script; a running stage loses its claim.
local state = get(ARGV[1], 'state')
if not state or get(ARGV[1], 'owner') ~= ARGV[2] then return answer({ status = 'unknown' }) end
if state == 'cancelled' then return answer({ status = 'cancelled' }) end
if TERMINAL[state] then return answer({ status = 'ended', state = state }) end
finish(ARGV[1], 'cancelled', now_ms(), nil)
return answer({ status = 'cancelled' })
