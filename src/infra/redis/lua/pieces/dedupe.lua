-- dedupe: who holds which key. The hash `keys` maps a key to the id of its holder and, after a blank, to the moment at
-- which its window ends; `keyends` orders the keys that have a window by that moment.
-- needs: moments
local function holder_of(key)
  local held = redis.call('HGET', KEYS[1] .. ':keys', key)
  if not held then
    return false
  end
  local id, ends = string.match(held, '^(%S+) ?(%d*)$')
  if ends ~= '' and tonumber(ends) <= now then
    return false
  end
  return id
end

local function window_end(created, ttl)
  return tonumber(created) + math.floor(tonumber(ttl) * 1000000 + 0.5)
end

-- Whether a task in that state holds its key now: the rule of `Dedupe`. `ttl` is seconds, or false.
local function holds_key(state, created, ttl)
  if state == 'x' then
    return false
  elseif ttl then
    return now < window_end(created, ttl)
  end
  return state == 'p' or state == 'r'
end

local function hold_key(key, id, created, ttl)
  if ttl then
    local ends = window_end(created, ttl)
    redis.call('HSET', KEYS[1] .. ':keys', key, id .. ' ' .. text_of(ends))
    redis.call('ZADD', KEYS[1] .. ':keyends', ends, key)
  else
    redis.call('HSET', KEYS[1] .. ':keys', key, id)
    redis.call('ZREM', KEYS[1] .. ':keyends', key)
  end
end

-- Delete the key if it is this task's.
local function free_key(key, id)
  local held = redis.call('HGET', KEYS[1] .. ':keys', key)
  if held and string.match(held, '^%S+') == id then
    redis.call('HDEL', KEYS[1] .. ':keys', key)
    redis.call('ZREM', KEYS[1] .. ':keyends', key)
  end
end

local function keep_key_in_step(key, id, state, created, ttl)
  if holds_key(state, created, ttl) then
    hold_key(key, id, created, ttl)
  else
    free_key(key, id)
  end
end
