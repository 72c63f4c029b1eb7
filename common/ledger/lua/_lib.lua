-- Shared by every ledger script; loaded in front of each. KEYS[1] is the key prefix. The loader
-- puts the constants LEASE_MS, MAX_ATTEMPTS, PAUSE_MS, PROMISES and the errors CRASH, DEADLINE and
-- CANCEL_AFTER (json) above this.
--
-- One job is one hash. Fields of a node (one stage of the plan) are "<letter>:<node>":
--   s state  a attempts  t fencing token  w worker  q ready_ms  b begin_ms  e end_ms
--   l lease_until_ms  r result (json)  p re-publications  n when the next one is due
--   c set once the node has taken its process along
--   m memo keys under which its output is remembered, one a line (erasing forgets those too)
-- "f:<artifact name>" holds the reference of an artifact, "inputs" the names that came with the
-- job, "counted" is 1 while its nodes are counted in `open`. A job of an older version lacks what it
-- did not know: it is not counted, and everything else works.
-- A script reads a field once (`load`) and writes through what it has read (`put`).
-- MemoryLedger says the same in Python; one test suite holds the two together.
local P = KEYS[1]

local TERMINAL = { succeeded = true, failed = true, cancelled = true, expired = true }
local EMPTY = cjson.decode('{}')
local UNFINISHED = { waiting = true, ready = true, running = true }
local FATAL = { crash = true, hang = true } -- errors that end the process and all that runs in it
local SATISFIED = { done = true, skipped = true } -- what a successor may build on

local function now_ms()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- Reads the plan, and each field when it is first asked for: a job has a hundred, a script needs ten.
local function handle(id, plan_json)
  local key = P .. 'job:' .. id
  local function read(fields, name)
    local value = redis.call('HGET', key, name) or nil
    rawset(fields, name, value)
    return value
  end
  return { id = id, key = key, f = setmetatable({}, { __index = read }), plan = cjson.decode(plan_json) }
end

local function load(id)
  local plan_json = redis.call('HGET', P .. 'job:' .. id, 'plan')
  return plan_json and handle(id, plan_json) or nil
end

local function artifacts_of(job) -- json by name
  local all, found = redis.call('HGETALL', job.key), {}
  for i = 1, #all, 2 do
    local name = string.match(all[i], '^f:(.*)$')
    if name then found[name] = all[i + 1] end
  end
  return found
end

local function put(job, ...)
  local pairs_ = { ... }
  redis.call('HSET', job.key, ...)
  for i = 1, #pairs_, 2 do job.f[pairs_[i]] = pairs_[i + 1] end
end

local function member(job, node_id) return job.id .. ' ' .. node_id end

local function split(entry)
  local at = string.find(entry, ' ', 1, true)
  return string.sub(entry, 1, at - 1), string.sub(entry, at + 1)
end

local function node_of(job, id)
  for _, node in ipairs(job.plan) do
    if node.id == id then return node end
  end
  return nil
end

local function row(job, node) return { job = job.id, id = node.id, stage = node.stage, queue = node.queue } end

local function answer(value) return cjson.encode(value) end

-- An event goes to the job's own stream (resumable by id) and to one stream that a gateway process
-- follows, so that no client needs a Redis connection. That a job has come to rest is told in a stream
-- of its own too, without a word why: who waits for nothing else is not woken twenty times a job.
local function emit(job, kind, data)
  local body = cjson.encode(data)
  local id = redis.call('XADD', P .. 'events:' .. job.id, 'MAXLEN', '~', 256, '*', 'type', kind, 'data', body)
  redis.call('XADD', P .. 'events', 'MAXLEN', '~', 4096, '*', 'job', job.id, 'id', id, 'type', kind, 'data', body)
  if TERMINAL[kind] or kind == 'paused' then
    redis.call('XADD', P .. 'rests', 'MAXLEN', '~', 4096, '*', 'job', job.id, 'id', id, 'type', kind, 'data', '{}')
  end
end

-- A counter that is back at nought goes; none goes below it.
local function count(counter, field, by)
  if redis.call('HINCRBY', P .. counter, field, by) <= 0 then redis.call('HDEL', P .. counter, field) end
end

-- Files -----------------------------------------------------------------------------------
-- A reference is "<job> <artifact name>"; a file without any goes to the trash, and is deleted
-- from there unless somebody refers to it again.
local function refs_key(owner, sha) return P .. 'refs:' .. owner .. ':' .. sha end

-- A file counts once, from its first reference to its last: `files:<owner>` has its size, `bytes` the
-- sum of each owner and, as '*', of the house.
local function count_file(owner, sha, size)
  if redis.call('HSETNX', P .. 'files:' .. owner, sha, size) == 0 then return end
  count('bytes', owner, size)
  count('bytes', '*', size)
end

local function uncount_file(owner, sha)
  local size = redis.call('HGET', P .. 'files:' .. owner, sha)
  if not size then return end
  redis.call('HDEL', P .. 'files:' .. owner, sha)
  count('bytes', owner, -size)
  count('bytes', '*', -size)
end

local function drop_entry(owner, sha, entry, now)
  redis.call('SREM', refs_key(owner, sha), entry)
  if redis.call('EXISTS', refs_key(owner, sha)) == 0 then
    uncount_file(owner, sha)
    redis.call('ZADD', P .. 'trash', now, owner .. ' ' .. sha)
  end
end

local function drop_ref(job, name, sha, now) drop_entry(job.f.owner, sha, job.id .. ' ' .. name, now) end

-- The file that outlives the ledger is referred to until the job ends; it counts for nobody.
local function drop_promise(job, now)
  if job.f.promise then drop_entry(PROMISES, job.f.promise, job.id .. ' promise', now) end
end

local function keep_promise(job, sha, now)
  if sha == '' then return end
  drop_promise(job, now)
  put(job, 'promise', sha)
  redis.call('SADD', refs_key(PROMISES, sha), job.id .. ' promise')
  redis.call('ZREM', P .. 'trash', PROMISES .. ' ' .. sha)
end

local function add_refs(job, artifacts, now)
  for _, ref in ipairs(artifacts) do
    local before = job.f['f:' .. ref.name]
    local old_sha = before and cjson.decode(before).sha256
    put(job, 'f:' .. ref.name, cjson.encode(ref))
    redis.call('SADD', refs_key(job.f.owner, ref.sha256), job.id .. ' ' .. ref.name)
    count_file(job.f.owner, ref.sha256, ref.size)
    redis.call('ZREM', P .. 'trash', job.f.owner .. ' ' .. ref.sha256)
    if old_sha and old_sha ~= ref.sha256 then drop_ref(job, ref.name, old_sha, now) end
  end
end

local function refs_alive(owner, artifacts)
  for _, ref in ipairs(artifacts) do
    if redis.call('EXISTS', refs_key(owner, ref.sha256)) == 0 then return false end
  end
  return true
end

-- Nodes and jobs ----------------------------------------------------------------------------
-- True when this token holds this node now.
local function holds(job, node_id, token)
  return job ~= nil and job.f['s:' .. node_id] == 'running' and job.f['t:' .. node_id] == token
end

-- What whoever does not hold a node hears: it may be by this very token that it is done.
local function not_held(job, node_id, token)
  local mine = job and job.f['s:' .. node_id] == 'done' and job.f['t:' .. node_id] == token
  return answer({ status = mine and 'duplicate' or 'lost' })
end

local function drop_claim(job, node_id)
  redis.call('ZREM', P .. 'leases', member(job, node_id))
  redis.call('SREM', P .. 'held:' .. job.f['w:' .. node_id], member(job, node_id))
end

local function make_ready(job, node, at)
  put(job, 's:' .. node.id, 'ready', 'q:' .. node.id, at, 'n:' .. node.id, at)
  redis.call('ZADD', P .. 'ready:' .. node.queue, at, member(job, node.id))
end

-- Notes under which key the output of a node is remembered.
local function note_memo(job, node_id, key)
  local known = job.f['m:' .. node_id]
  if key == '' or string.find('\n' .. (known or '') .. '\n', '\n' .. key .. '\n', 1, true) then return end
  put(job, 'm:' .. node_id, known and known .. '\n' .. key or key)
end

-- Looks at all that the nodes of a job are remembered by: the key in Redis, and the artifacts.
local function each_memo(job, look)
  for _, node in ipairs(job.plan) do
    for key in string.gmatch(job.f['m:' .. node.id] or '', '[^\n]+') do
      local memo = P .. 'memo:' .. job.f.owner .. ':' .. key
      local text = redis.call('GET', memo)
      if text then look(memo, cjson.decode(text).artifacts) end
    end
  end
end

-- Writes a message to the hook of a job, if it wants this event; a courier delivers it. The name
-- of a message is its event, from the second pause on with a number.
local function tell_hook(job, event, now)
  local hook = job.f.hook and cjson.decode(job.f.hook)
  local key, name, number, wanted = P .. 'hooks:' .. job.id, event, 1, false
  for _, one in ipairs(hook and hook.events or {}) do wanted = wanted or one == event end
  if not wanted then return end
  while redis.call('HEXISTS', key, name) == 1 do
    number = number + 1
    name = event .. '_' .. number
  end
  local message = { event = event, state = 'pending', created = now, tries = 0, attempts = {} }
  redis.call('HSET', key, name, cjson.encode(message))
  redis.call('ZADD', P .. 'outbox', now, job.id .. ' ' .. name)
end

-- From here on something happens to the job by itself: it counts against the limits, and `open` counts
-- its unfinished nodes by stage.
local function activate(job, now)
  redis.call('ZADD', P .. 'active', now, job.id)
  redis.call('ZADD', P .. 'active_of:' .. job.f.owner, now, job.id)
  put(job, 'counted', '1')
  for _, node in ipairs(job.plan) do
    if UNFINISHED[job.f['s:' .. node.id]] then count('open', node.stage, 1) end
  end
end

local function deactivate(job)
  local counted = redis.call('ZREM', P .. 'active', job.id) == 1 and job.f.counted == '1'
  redis.call('ZREM', P .. 'active_of:' .. job.f.owner, job.id)
  if not counted then return end
  put(job, 'counted', '0')
  for _, node in ipairs(job.plan) do
    if UNFINISHED[job.f['s:' .. node.id]] then count('open', node.stage, -1) end
  end
end

-- A node of an active job is done, skipped or failed.
local function end_node(job, node, state, now)
  put(job, 's:' .. node.id, state, 'e:' .. node.id, now)
  if job.f.counted == '1' then count('open', node.stage, -1) end
end

-- The only way into a terminal state: exactly one terminal event, nothing left to run, a TTL on
-- every key of the job.
local function finish(job, state, now, err)
  if not TERMINAL[job.f.state] then count('open_jobs', job.f.product, -1) end
  deactivate(job)
  drop_promise(job, now)
  for _, node in ipairs(job.plan) do
    local s = job.f['s:' .. node.id]
    if s == 'ready' then redis.call('ZREM', P .. 'ready:' .. node.queue, member(job, node.id)) end
    if s == 'running' then
      drop_claim(job, node.id)
      put(job, 'e:' .. node.id, now)
    end
    if UNFINISHED[s] then put(job, 's:' .. node.id, 'stopped') end
  end
  local photo_at, results_at = now + job.f.photo_ttl_ms, now + job.f.result_ttl_ms
  put(job, 'state', state, 'finished', now, 'results_expire', results_at)
  if err then put(job, 'error', cjson.encode(err)) end
  redis.call('ZREM', P .. 'deadlines', job.id)
  redis.call('ZREM', P .. 'cancels', job.id)
  redis.call('ZADD', P .. 'expiry', photo_at, job.id .. ' photo', results_at, job.id .. ' results')
  emit(job, state, { state = state, error = err or cjson.null, product = job.f.product,
    total_ms = now - job.f.created })
  tell_hook(job, state, now)
  redis.call('PEXPIRE', P .. 'hooks:' .. job.id, job.f.record_ttl_ms)
  redis.call('PEXPIRE', job.key, job.f.record_ttl_ms)
  redis.call('PEXPIRE', P .. 'events:' .. job.id, job.f.record_ttl_ms)
end

local function set_deadline(job, at)
  put(job, 'deadline', at)
  redis.call('ZADD', P .. 'deadlines', at, job.id)
end

-- Forgets what a finished node has done, but never its token.
local function renew(job, id)
  put(job, 's:' .. id, 'waiting', 'a:' .. id, 0, 'p:' .. id, 0)
  for _, letter in ipairs({ 'w', 'q', 'b', 'e', 'l', 'r', 'n', 'c' }) do
    redis.call('HDEL', job.key, letter .. ':' .. id)
    job.f[letter .. ':' .. id] = nil
  end
end

local function pause(job, now)
  local after = {}
  for _, node in ipairs(job.plan) do
    if node.hold then after[#after + 1] = node.id end
  end
  deactivate(job)
  put(job, 'state', 'paused')
  set_deadline(job, now + PAUSE_MS)
  emit(job, 'paused', { after = after })
  tell_hook(job, 'paused', now)
end

-- Nodes that wait only for finished nodes become ready and are returned; the last one ends the job.
-- Where nothing runs and nothing may start, a hold is the reason: the job pauses.
local function advance(job, now)
  local ready, open, moving = {}, 0, false
  local approved = job.f.approved == '1'
  for _, node in ipairs(job.plan) do
    local free = job.f['s:' .. node.id] == 'waiting'
    for _, parent in ipairs(node.after) do
      free = free and SATISFIED[job.f['s:' .. parent]]
      free = free and (approved or not node_of(job, parent).hold)
    end
    if free then
      make_ready(job, node, now)
      ready[#ready + 1] = row(job, node)
    end
    local state = job.f['s:' .. node.id]
    if not SATISFIED[state] then open = open + 1 end
    moving = moving or state == 'ready' or state == 'running'
  end
  if open == 0 then
    finish(job, 'succeeded', now, nil)
  elseif not moving then
    pause(job, now)
  end
  return ready
end

-- How many stages of other jobs run in this moment; without a job, all that run.
local function running_beside(job)
  local many = redis.call('ZCARD', P .. 'leases')
  for _, node in ipairs(job and job.plan or {}) do
    if job.f['s:' .. node.id] == 'running' then many = many - 1 end
  end
  return many
end

-- Notes what a node has made; its claim must have been dropped, its successors come by `advance`.
local function settle(job, node_id, now, artifacts, result_json)
  add_refs(job, artifacts, now)
  put(job, 'r:' .. node_id, result_json)
  local node, result, names, began = node_of(job, node_id), cjson.decode(result_json), {}, job.f['b:' .. node_id]
  end_node(job, node, 'done', now)
  if not result.cached then -- it has really run; its own state is "done" by now
    redis.call('LPUSH', P .. 'runs:' .. node.stage, (now - began) .. ' ' .. running_beside(job))
    redis.call('LTRIM', P .. 'runs:' .. node.stage, 0, 199)
  end
  for _, ref in ipairs(artifacts) do
    if not ref.internal then names[#names + 1] = ref.name end
  end
  if #names == 0 then names = nil end -- cjson would write {} for an empty list
  emit(job, 'stage', {
    stage = node_id, state = 'done', cached = result.cached, engine = result.engine,
    wait_ms = began - job.f['q:' .. node_id], run_ms = now - began, artifacts = names,
  })
end

-- A node that will not be tried again. An optional one is skipped, and its successors returned.
local function give_up(job, node, now, err)
  local state = node.optional and 'skipped' or 'failed'
  end_node(job, node, state, now)
  emit(job, 'stage', { stage = node.id, state = state, reason = err.code })
  if node.optional then return state, advance(job, now) end
  finish(job, 'failed', now, err)
  return state, {}
end

-- A lost or failed try: back to the queue, or a dead letter after the last attempt.
-- Answers again | dead | skipped, and the nodes that became ready instead.
local function try_again(job, node, now, delay_ms, err)
  drop_claim(job, node.id)
  if FATAL[err.code] then put(job, 'c:' .. node.id, 1) end
  if tonumber(job.f['a:' .. node.id]) < MAX_ATTEMPTS then
    make_ready(job, node, now + delay_ms)
    emit(job, 'stage', { stage = node.id, state = 'retrying', reason = err.code })
    return 'again', {}
  end
  redis.call('ZADD', P .. 'dead', now, job.id)
  redis.call('ZREMRANGEBYRANK', P .. 'dead', 0, -1001)
  local state, ready = give_up(job, node, now, err)
  return state == 'failed' and 'dead' or state, ready
end

-- The error of a node whose worker is gone.
local function crash(node)
  local err = cjson.decode(CRASH)
  err.stage = node.id
  return err
end

-- Notes that somebody is about to publish this ready node again; the pause doubles to 60 s.
local function note_republished(job, node_id, now)
  local tries = job.f['p:' .. node_id] + 1
  put(job, 'p:' .. node_id, tries, 'n:' .. node_id, now + math.min(60000, 2500 * 2 ^ tries))
end

-- Takes the claim of a worker that is gone away from it; adds what is to be published to `again`.
local function reclaim(job, node, now, err, again)
  local status, ready = try_again(job, node, now, 0, err)
  if status == 'again' then
    note_republished(job, node.id, now)
    ready = { row(job, node) }
  end
  for _, one in ipairs(ready) do again[#again + 1] = one end
  return status
end

local function warm_workers(queue, now)
  return redis.call('ZRANGEBYSCORE', P .. 'up:' .. queue, '(' .. now, '+inf')
end

-- How many stages a worker runs at once; one of an older version runs one.
local function slots_at(queue, worker) return tonumber(redis.call('HGET', P .. 'slots:' .. queue, worker) or 1) end

local function slots_of(queue, now)
  local total = 0
  for _, worker in ipairs(warm_workers(queue, now)) do total = total + slots_at(queue, worker) end
  return total
end

