-- ARGV: 1 job, 2 owner, 3 how many files were deleted, 4.. their sha256, then those of files that could
-- not be. Whoever erased a job says that deleting is over; what he could not is left to the sweeper. What
-- somebody else is deleting for another job keeps its mark.
local now, job, done, left = now_ms(), load(ARGV[1]), {}, {}
if not job or job.f.owner ~= ARGV[2] or not job.f.receipt then return 0 end
local receipt = cjson.decode(job.f.receipt)
for i = 4, #ARGV do
  done[ARGV[i]] = i < 4 + ARGV[3]
  redis.call('ZADD', P .. 'erased', 'XX', 'LT', now, job.f.owner .. ' ' .. ARGV[i])
end
for _, sha in ipairs(receipt.pending) do
  if not done[sha] then left[#left + 1] = sha end
end
receipt.pending = left
put(job, 'receipt', cjson.encode(receipt))
return 1
