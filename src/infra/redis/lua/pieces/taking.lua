-- taking: which due tasks are first, and how they leave their lines for a worker.
-- needs: moments, batches, lines, merging, gone
local PROMOTED_AT_ONCE = 2000
local FIELDS_AT_ONCE = 256
local LANES_AT_ONCE = 200

-- Let tasks whose time has come wait in line, the earliest first.
local function promote_due()
  local due = redis.call('ZRANGEBYSCORE', KEYS[1] .. ':later', '-inf', now, 'LIMIT', 0, PROMOTED_AT_ONCE)
  for _, id in ipairs(due) do
    local task_key = KEYS[1] .. ':task:' .. id
    local type_, priority, created, due_text, fence, workflow =
      unpack(redis.call('HMGET', task_key, 'type', 'priority', 'created', 'due', 'fence', 'workflow'))
    if type_ then
      local turn = due_text or created
      local sequence = wait_in_line(id, turn, moment_of(turn), priority, type_)
      if sequence then
        redis.call('HSET', task_key, 'entry', sequence)
      end
      if not fence then
        count('l', type_, -1)
      end
      if workflow then
        redis.call('ZREM', KEYS[1] .. ':awaited:' .. type_, id)
      end
    else
      forget_gone(id)
    end
  end
  if #due > 0 then
    send_gathered('ZREM', { [KEYS[1] .. ':later'] = due })
    has_later_changed = true
    write_lines()
  end
end

local function lane_of(level, priority, head)
  return {
    level = level, line = line_of(level), early = early_of(level), priority = tonumber(priority), head = head,
    due = tonumber(string.sub(head, 1, 17)),
  }
end

-- Few types: their levels are asked for one by one.
local function lanes_of(types, ranks)
  local levels, lanes = {}, {}
  for _, priority in ipairs(ranks) do
    for _, type_ in ipairs(types) do
      levels[#levels + 1] = level_of(priority, type_)
    end
  end
  for at, head in ipairs(#levels > 0 and redis.call('HMGET', KEYS[1] .. ':heads', unpack(levels)) or {}) do
    if head then
      lanes[#lanes + 1] = lane_of(levels[at], string.match(levels[at], '^[^:]*'), head)
    end
  end
  table.sort(lanes, function(one, other)
    if one.priority ~= other.priority then
      return one.priority > other.priority
    end
    return one.head < other.head
  end)
  return lanes
end

-- Many types: the waiting levels are looked through, the best first.
local function lanes_among(types, wanted)
  local served, lanes, first = {}, {}, 0
  for _, type_ in ipairs(types) do
    served[type_] = true
  end
  while true do
    local found = redis.call('ZRANGE', KEYS[1] .. ':ready', first, first + LANES_AT_ONCE - 1, 'WITHSCORES')
    for at = 1, #found, 2 do
      local head, type_ = string.match(found[at], '^(%d+ [^ ]*) (.*)$')
      if served[type_] then
        local priority = text_of(0 - found[at + 1])
        lanes[#lanes + 1] = lane_of(level_of(priority, type_), priority, head)
        if #lanes == wanted then
          return lanes
        end
      end
    end
    if #found < 2 * LANES_AT_ONCE then
      return lanes
    end
    first = first + LANES_AT_ONCE
  end
end

-- The first waiting levels of these types, at most `wanted`: the first `wanted` tasks are all in them.
local function served_lanes(types, wanted)
  check_index()
  local ranks = redis.call('HKEYS', KEYS[1] .. ':ranks')
  if #types * #ranks > FIELDS_AT_ONCE then
    return lanes_among(types, wanted)
  end
  local lanes = lanes_of(types, ranks)
  for at = #lanes, wanted + 1, -1 do
    lanes[at] = nil
  end
  return lanes
end
