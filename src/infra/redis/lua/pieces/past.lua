-- past: queues that have nothing any more, on a server that has all keys of the store. They are left out wherever
-- work is looked for; their counts stay, with the field `past`.
-- needs: moments, index
local KEPT_BY = {
  'levels', 'later', 'leases', 'claimed', 'tails', 'outbox', 'schedules', 'keys', 'ended:c', 'ended:f', 'ended:x',
  'eventlogs',
}

local function plain_name()
  return (string.gsub(queue_name(), '%%(%x%x)', function(code)
    return string.char(tonumber(code, 16))
  end))
end

-- A queue that gets tasks is one of those with work again.
local function revive_queue()
  if not store or redis.call('HEXISTS', KEYS[1] .. ':counts', 'past') == 0 then
    return
  end
  redis.call('HSET', KEYS[1] .. ':counts', 'past', 0) -- a full server refuses this, and so all that comes after it
  redis.call('HDEL', KEYS[1] .. ':counts', 'past')
  redis.call('ZREM', store .. ':past', plain_name())
  redis.call('SET', store .. ':control', now_text .. ' ' .. queue_name())
end

local function has_nothing()
  local kept = {}
  for at, name in ipairs(KEPT_BY) do
    kept[at] = KEYS[1] .. ':' .. name
  end
  if redis.call('EXISTS', unpack(kept)) > 0 then
    return false
  end
  local counts = redis.call('HGETALL', KEYS[1] .. ':counts')
  local stored = {}
  for at = 1, #counts, 2 do
    local state, type_ = string.match(counts[at], '^(%a):(.*)$')
    if state and state ~= 'l' then
      local lane = string.lower(state) .. ':' .. type_
      stored[lane] = (stored[lane] or 0) + (state == string.lower(state) and 1 or -1) * counts[at + 1]
    end
  end
  for _, number in pairs(stored) do
    if number ~= 0 then
      return false
    end
  end
  return true
end

local function forget_queue()
  redis.call('HSET', KEYS[1] .. ':counts', 'past', 1)
  redis.call('ZADD', store .. ':past', 0, plain_name())
end
