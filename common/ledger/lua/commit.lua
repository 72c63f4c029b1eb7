-- ARGV: 1 job, 2 node, 3 token, 4 artifacts (json), 5 result (json), 6 memo key, 7 memo entry (json)
-- Answers committed (with the successors now ready), duplicate, lost or again.
local now, job, id = now_ms(), load(ARGV[1]), ARGV[2]
if not holds(job, id, ARGV[3]) then return not_held(job, id, ARGV[3]) end
-- Somebody erased another job while this stage put the same file: it may be gone, or go yet.
local artifacts, undone = cjson.decode(ARGV[4]), nil
for _, ref in ipairs(artifacts) do
  local till = tonumber(redis.call('ZSCORE', P .. 'erased', job.f.owner .. ' ' .. ref.sha256) or -1)
  if till >= tonumber(job.f['b:' .. id]) then undone = math.max(undone or 0, till) end
end
if undone then
  put(job, 'a:' .. id, job.f['a:' .. id] - 1) -- for no fault of its own
  local status = try_again(job, node_of(job, id), now, math.max(0, undone - now), { code = 'storage' })
  return answer({ status = status })
end
redis.call('SET', P .. 'memo:' .. job.f.owner .. ':' .. ARGV[6], ARGV[7], 'PX', job.f.result_ttl_ms)
note_memo(job, id, ARGV[6])
drop_claim(job, id)
settle(job, id, now, artifacts, ARGV[5])
return answer({ status = 'committed', successors = advance(job, now) })
