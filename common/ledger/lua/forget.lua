-- ARGV: 1 job, 2 sha256. A file of the job is lost: nobody is given it any more in place of a new one.
local job = load(ARGV[1])
if not job then return 0 end
each_memo(job, function(memo, artifacts)
  for _, ref in ipairs(artifacts) do
    if ref.sha256 == ARGV[2] then redis.call('DEL', memo) end
  end
end)
return 1
