-- ARGV: 1 set right 0|1, 2.. owners. Compares each counter with what it counts; answers what is off as
-- { counter, field, told, real }. Reads every active job: for the audit and after an upgrade.
local off, open, jobs, bytes, write = {}, {}, {}, { ['*'] = 0 }, ARGV[1] == '1'

local function compare(counter, field, told, real, correct)
  if told == real then return end
  off[#off + 1] = { counter, field, told, real }
  if write then correct() end
end

local function compare_all(counter, real)
  local told = redis.call('HGETALL', P .. counter)
  for i = 1, #told, 2 do
    real[told[i]] = real[told[i]] or 0
    told[told[i]] = tonumber(told[i + 1])
  end
  for field, number in pairs(real) do
    compare(counter, field, told[field] or 0, number, function()
      redis.call('HDEL', P .. counter, field)
      count(counter, field, number)
    end)
  end
end

local active = redis.call('ZRANGE', P .. 'active', 0, -1, 'WITHSCORES')
for i = 1, #active, 2 do
  local readable, job = pcall(load, active[i])
  job = readable and job
  for _, node in ipairs(job and job.plan or {}) do
    local stage = node.stage or ''
    if UNFINISHED[job.f['s:' .. (node.id or '')]] then open[stage] = (open[stage] or 0) + 1 end
  end
  if job and write then put(job, 'counted', '1') end
  if job then
    local mine = P .. 'active_of:' .. job.f.owner
    compare(mine, job.id, redis.call('ZSCORE', mine, job.id) and 1 or 0, 1, function()
      redis.call('ZADD', mine, active[i + 1], job.id)
    end)
  end
end
for _, id in ipairs(redis.call('ZRANGE', P .. 'deadlines', 0, -1)) do
  local product, state = unpack(redis.call('HMGET', P .. 'job:' .. id, 'product', 'state'))
  if product and not TERMINAL[state] then jobs[product] = (jobs[product] or 0) + 1 end
end
for i = 2, #ARGV do
  local mine, sum = P .. 'active_of:' .. ARGV[i], 0
  for _, id in ipairs(redis.call('ZRANGE', mine, 0, -1)) do
    local real = redis.call('ZSCORE', P .. 'active', id) and 1 or 0
    compare(mine, id, 1, real, function() redis.call('ZREM', mine, id) end)
  end
  for _, size in ipairs(redis.call('HVALS', P .. 'files:' .. ARGV[i])) do sum = sum + size end
  bytes[ARGV[i]], bytes['*'] = sum, bytes['*'] + sum
end
compare_all('open', open)
compare_all('open_jobs', jobs)
compare_all('bytes', bytes)
return answer({ off = off })
