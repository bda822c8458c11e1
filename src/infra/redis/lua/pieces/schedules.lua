-- schedules: the hash `schedules` of a queue, name -> `last tick, mark, document`. The mark is a(ctive), p(aused),
-- or, while the schedule is on its way to another queue and fires nothing, m (active there) or n (paused there).
local function schedules_key()
  return KEYS[1] .. ':schedules'
end

-- Returns last tick, mark and document, or nothing.
local function find_schedule(name)
  local stored = redis.call('HGET', schedules_key(), name)
  if stored then
    return string.match(stored, '^(%d+) (%a) (.*)$')
  end
end

local function keep_schedule(name, last_tick, mark, document)
  redis.call('HSET', schedules_key(), name, last_tick .. ' ' .. mark .. ' ' .. document)
end
