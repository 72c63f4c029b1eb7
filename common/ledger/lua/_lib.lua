-- Shared by every ledger script; loaded in front of each. KEYS[1] is the key prefix.
-- One job is one hash. Fields of a node (one stage of the plan) are "<letter>:<node>":
--   s state  a attempts  t fencing token  w worker  q ready_ms  b begin_ms  e end_ms
--   l lease_until_ms  r result (json)  p re-publications  n when the next one is due
-- and "f:<artifact name>" holds the reference of an artifact.
local P = KEYS[1]

local function now_ms()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

local TERMINAL = { succeeded = true, failed = true, cancelled = true, expired = true }

local function job_key(job) return P .. 'job:' .. job end
local function get(job, field) return redis.call('HGET', job_key(job), field) end
local function set(job, ...) redis.call('HSET', job_key(job), ...) end
local function member(job, node) return job .. ' ' .. node end
local function plan_of(job) return cjson.decode(get(job, 'plan')) end

local function node_of(job, id)
  for _, node in ipairs(plan_of(job)) do
    if node.id == id then return node end
  end
  return nil
end

-- An event goes to the job's own stream (resumable by id) and to one stream that
-- every gateway process follows, so that no client needs a Redis connection.
local function emit(job, kind, data)
  local body = cjson.encode(data)
  local id = redis.call('XADD', P .. 'events:' .. job, 'MAXLEN', '~', 256, '*', 'type', kind, 'data', body)
  redis.call('XADD', P .. 'events', 'MAXLEN', '~', 4096, '*', 'job', job, 'id', id, 'type', kind, 'data', body)
  return id
end

local function drop_claim(job, node_id)
  local who = get(job, 'w:' .. node_id)
  redis.call('ZREM', P .. 'leases', member(job, node_id))
  if who then redis.call('SREM', P .. 'held:' .. who, member(job, node_id)) end
end

local function make_ready(job, node, at)
  set(job, 's:' .. node.id, 'ready', 'q:' .. node.id, at, 'n:' .. node.id, at)
  redis.call('ZADD', P .. 'ready:' .. node.queue, at, member(job, node.id))
end

-- The only way into a terminal state: exactly one terminal event, a TTL on every key.
local function finish(job, state, now, error_json)
  local record = tonumber(get(job, 'record_ttl_ms'))
  for _, node in ipairs(plan_of(job)) do
    redis.call('ZREM', P .. 'ready:' .. node.queue, member(job, node.id))
    drop_claim(job, node.id)
    local s = get(job, 's:' .. node.id)
    if s == 'waiting' or s == 'ready' or s == 'running' then set(job, 's:' .. node.id, 'stopped') end
  end
  set(job, 'state', state, 'finished', now)
  if error_json then set(job, 'error', error_json) end
  redis.call('ZREM', P .. 'active', job)
  redis.call('ZREM', P .. 'deadlines', job)
  local photo_at = now + tonumber(get(job, 'photo_ttl_ms'))
  local results_at = now + tonumber(get(job, 'result_ttl_ms'))
  set(job, 'photo_expires', photo_at, 'results_expire', results_at)
  redis.call('ZADD', P .. 'expiry', photo_at, job .. ' photo', results_at, job .. ' results')
  local data = { state = state, error = cjson.null }
  if error_json then data.error = cjson.decode(error_json) end
  emit(job, state, data)
  redis.call('PEXPIRE', job_key(job), record)
  redis.call('PEXPIRE', P .. 'events:' .. job, record)
end

local function die(job, node_id, now, code, detail)
  redis.call('ZADD', P .. 'dead', now, job)
  set(job, 's:' .. node_id, 'failed', 'e:' .. node_id, now)
  finish(job, 'failed', now, cjson.encode({ code = code, detail = detail, stage = node_id }))
end

local function add_refs(job, artifacts)
  local owner = get(job, 'owner')
  for _, ref in ipairs(artifacts) do
    set(job, 'f:' .. ref.name, cjson.encode(ref))
    redis.call('SADD', P .. 'refs:' .. owner .. ':' .. ref.sha256, job)
    redis.call('ZREM', P .. 'trash', owner .. ' ' .. ref.sha256)
  end
end

local function refs_alive(owner, artifacts)
  for _, ref in ipairs(artifacts) do
    if redis.call('EXISTS', P .. 'refs:' .. owner .. ':' .. ref.sha256) == 0 then return false end
  end
  return true
end

-- Nodes that wait only for finished nodes become ready; returns them as {id, stage, queue}.
local function advance(job, now)
  local nodes, ready, open = plan_of(job), {}, 0
  for _, node in ipairs(nodes) do
    local state = get(job, 's:' .. node.id)
    if state ~= 'done' and state ~= 'skipped' then open = open + 1 end
    if state == 'waiting' then
      local free = true
      for _, parent in ipairs(node.after) do
        local s = get(job, 's:' .. parent)
        if s ~= 'done' and s ~= 'skipped' then free = false end
      end
      if free then
        make_ready(job, node, now)
        ready[#ready + 1] = { id = node.id, stage = node.stage, queue = node.queue }
      end
    end
  end
  if open == 0 then finish(job, 'succeeded', now, nil) end
  return ready
end

local function commit_node(job, node_id, now, artifacts, result_json)
  drop_claim(job, node_id)
  add_refs(job, artifacts)
  set(job, 's:' .. node_id, 'done', 'e:' .. node_id, now, 'r:' .. node_id, result_json)
  local result = cjson.decode(result_json)
  local names = {}
  for _, ref in ipairs(artifacts) do
    if not ref.internal then names[#names + 1] = ref.name end
  end
  if #names == 0 then names = nil end -- cjson would write {} for an empty list
  emit(job, 'stage', {
    stage = node_id, state = 'done', cached = result.cached, engine = result.engine,
    wait_ms = tonumber(get(job, 'b:' .. node_id)) - tonumber(get(job, 'q:' .. node_id)),
    run_ms = now - tonumber(get(job, 'b:' .. node_id)), artifacts = names,
  })
  return advance(job, now)
end

-- A lost or failed try: back to the queue, or the end of the job after the last attempt.
local function try_again(job, node, now, delay_ms, max_attempts, code, detail)
  drop_claim(job, node.id)
  if tonumber(get(job, 'a:' .. node.id)) >= max_attempts then
    die(job, node.id, now, code, detail)
    return 'dead'
  end
  make_ready(job, node, now + delay_ms)
  emit(job, 'stage', { stage = node.id, state = 'retrying', reason = code })
  return 'again'
end

-- True when this token holds this node now.
local function holds(job, node_id, token)
  return get(job, 's:' .. node_id) == 'running' and get(job, 't:' .. node_id) == token
end

-- Notes that somebody is about to publish this ready node again; the pause doubles to 60 s.
local function note_republished(job, node_id, now)
  local tries = redis.call('HINCRBY', job_key(job), 'p:' .. node_id, 1)
  set(job, 'n:' .. node_id, now + math.min(60000, 2500 * 2 ^ tries))
end

local function split(entry)
  local at = string.find(entry, ' ', 1, true)
  return string.sub(entry, 1, at - 1), string.sub(entry, at + 1)
end

local function answer(value) return cjson.encode(value) end
