-- ARGV: 1 job, 2 owner, 3.. sha256 of files that were deleted
-- Whoever erased a job says that deleting is over; files not named are left to the sweeper.
local now, job, done, left = now_ms(), load(ARGV[1]), {}, {}
if not job or job.f.owner ~= ARGV[2] or not job.f.receipt then return 0 end
local receipt = cjson.decode(job.f.receipt)
for i = 3, #ARGV do done[ARGV[i]] = true end
for _, sha in ipairs(receipt.pending) do
  if not done[sha] then left[#left + 1] = sha end
  redis.call('ZADD', P .. 'erased', 'XX', 'LT', now, job.f.owner .. ' ' .. sha)
end
receipt.pending = left
put(job, 'receipt', cjson.encode(receipt))
return 1
