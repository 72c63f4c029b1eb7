-- ARGV: 1 job, 2 node, 3 token, 4 error (json), 5 retryable 0|1, 6 delay ms, 7 max attempts
-- Answers failed | again | dead | skipped (an optional node) | lost.
local now, job, id = now_ms(), ARGV[1], ARGV[2]
if not holds(job, id, ARGV[3]) then return answer({ status = 'lost' }) end
local node, err = node_of(job, id), cjson.decode(ARGV[4])
if ARGV[5] == '1' then
  local status = try_again(job, node, now, tonumber(ARGV[6]), tonumber(ARGV[7]), err.code, err.detail)
  return answer({ status = status })
end
drop_claim(job, id)
if node.optional then
  set(job, 's:' .. id, 'skipped', 'e:' .. id, now, 'r:' .. id, cjson.encode({ error = err }))
  emit(job, 'stage', { stage = id, state = 'skipped', reason = err.code })
  return answer({ status = 'skipped', successors = advance(job, now) })
end
set(job, 's:' .. id, 'failed', 'e:' .. id, now)
emit(job, 'stage', { stage = id, state = 'failed', reason = err.code })
finish(job, 'failed', now, ARGV[4])
return answer({ status = 'failed' })
