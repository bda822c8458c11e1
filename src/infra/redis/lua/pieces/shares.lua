-- shares: how many of the first due tasks each queue has, by the index of the lanes of all queues.
-- needs: claim, across

local function set_of(list)
  local set = {}
  for _, each in ipairs(list or {}) do
    set[each] = true
  end
  return set
end

-- The lane of an entry, or nil if its queue knows better by now: an older release may have changed it.
local function lane_among(member, score, outdated)
  local head, queue, type_ = string.match(member, '^(%d+ [^ ]*) ([^ ]*) (.*)$')
  local prefix, level = own .. ':' .. queue .. '}', text_of(0 - score) .. ':' .. type_
  if redis.call('HGET', prefix .. ':heads', level) ~= head then
    outdated[#outdated + 1] = member
    return nil
  end
  return {
    queue = queue, level = level, line = prefix .. ':line:' .. level, early = prefix .. ':early:' .. level,
    priority = 0 - score, head = head, due = tonumber(string.sub(head, 1, 17)),
  }
end

local function first_lanes(only, without, number)
  local served, left_out, asked = set_of(types), set_of(without), only and set_of(only)
  local lanes, outdated, first = {}, {}, 0
  repeat
    local found = redis.call('ZRANGE', store .. ':ready', first, first + LANES_AT_ONCE - 1, 'WITHSCORES')
    for at = 1, #found, 2 do
      local queue, type_ = string.match(found[at], '^%d+ [^ ]* ([^ ]*) (.*)$')
      if #lanes < number and served[type_] and not left_out[queue] and (not asked or asked[queue]) then
        lanes[#lanes + 1] = lane_among(found[at], found[at + 1], outdated)
      end
    end
    first = first + LANES_AT_ONCE
  until #lanes == number or #found < 2 * LANES_AT_ONCE
  for _, member in ipairs(outdated) do
    redis.call('ZREM', store .. ':ready', member)
  end
  return lanes
end

-- Returns { { queue, number of its tasks, lanes }, … }, with these names.
local function find_shares(only, without, number)
  local shares, of_queue, lanes = {}, {}, first_lanes(only, without, number)
  for _, task in ipairs(first_waiting(lanes, number)) do
    local share = of_queue[task.lane.queue]
    if not share then
      share = { queue = task.lane.queue, number = 0, lanes = {} }
      shares[#shares + 1], of_queue[share.queue] = share, share
    end
    share.number = share.number + 1
  end
  for _, lane in ipairs(lanes) do
    if of_queue[lane.queue] then
      table.insert(of_queue[lane.queue].lanes, lane)
    end
  end
  return shares
end
