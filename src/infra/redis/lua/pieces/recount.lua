-- recount: the counts against what they count. The indexes of ids are right: a step writes them with the tasks
-- themselves.
-- needs: moments, portions
local TYPES_AT_ONCE, IDS_AT_ONCE = 200, 10000
local counts, counted_types, counted_running = {}, {}, 0

local function counted(state, type_)
  return tonumber(counts[state .. ':' .. type_] or 0)
end

local function read_counts()
  local flat, seen = redis.call('HGETALL', KEYS[1] .. ':counts'), {}
  counts, counted_types, counted_running = {}, {}, 0
  for at = 1, #flat, 2 do
    counts[flat[at]] = flat[at + 1]
    local state, type_ = string.match(flat[at], '^(%a):(.*)$')
    if state == 'r' then
      counted_running = counted_running + flat[at + 1]
    end
    if type_ and not seen[type_] then
      seen[type_] = true
      counted_types[#counted_types + 1] = type_
    end
  end
  for _, level in ipairs(redis.call('HKEYS', KEYS[1] .. ':tails')) do
    local type_ = string.match(level, '^[^:]*:(.*)$')
    if not seen[type_] then
      seen[type_] = true
      counted_types[#counted_types + 1] = type_
    end
  end
end

local function is_right(type_)
  if counted('p', type_) < 0 or counted('r', type_) < 0 or counted('l', type_) < 0 then
    return false
  elseif counted('p', type_) + counted('r', type_) ~= redis.call('ZCARD', KEYS[1] .. ':live:' .. type_) then
    return false
  end
  for _, state in ipairs({ 'c', 'f', 'x' }) do
    local stored = redis.call('ZCARD', KEYS[1] .. ':ids:' .. state .. ':' .. type_)
    if counted(state, type_) - counted(string.upper(state), type_) ~= stored then
      return false
    end
  end
  return true
end

-- Some of the types whose counts are wrong. Of thousands a call looks at a part.
local function wrong_types()
  read_counts()
  local wrong = {}
  for _, type_ in ipairs(some_of(counted_types, TYPES_AT_ONCE)) do
    if not is_right(type_) then
      wrong[#wrong + 1] = type_
    end
  end
  if #wrong == 0 and counted_running ~= redis.call('ZCARD', KEYS[1] .. ':leases') then
    return counted_types
  end
  return wrong
end

-- type -> how many ids of the sorted set are tasks of it; with `is_new`, only those that have never run.
local function numbers_in(name, is_new)
  local numbers = {}
  for _, id in ipairs(redis.call('ZRANGE', KEYS[1] .. name, 0, IDS_AT_ONCE - 1)) do
    local type_, fence = unpack(redis.call('HMGET', KEYS[1] .. ':task:' .. id, 'type', 'fence'))
    if type_ and not (is_new and fence) then
      numbers[type_] = (numbers[type_] or 0) + 1
    end
  end
  return numbers
end

local function recount(types)
  local running, planned = numbers_in(':leases', false), numbers_in(':later', true)
  for _, type_ in ipairs(types) do
    local live, runs = redis.call('ZCARD', KEYS[1] .. ':live:' .. type_), running[type_] or 0
    local right = { r = runs, p = math.max(0, live - runs), l = planned[type_] or 0 }
    for _, state in ipairs({ 'c', 'f', 'x' }) do
      local stored = redis.call('ZCARD', KEYS[1] .. ':ids:' .. state .. ':' .. type_)
      right[state] = stored + counted(string.upper(state), type_)
    end
    for state, number in pairs(right) do
      if number ~= counted(state, type_) then
        redis.call('HSET', KEYS[1] .. ':counts', state .. ':' .. type_, number)
      end
    end
  end
end
