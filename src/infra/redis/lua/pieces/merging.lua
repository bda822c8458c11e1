-- merging: the first tasks of several lanes. A lane is a level of some queue: { line, early: its keys, priority,
-- head, due: that of its first task }. Lanes are given in the order of priority and head.
-- needs: moments, places

-- The first tasks that wait in lanes of one priority, in the order (due, id), at most `limit`. No task can be among
-- them that is due after the first task of the lane at `limit`.
local function heads(lanes, limit)
  local first, bound = {}, lanes[limit] and lanes[limit].due
  for _, lane in ipairs(lanes) do
    local last = bound and text_of(bound) or '+'
    for _, entry in ipairs(redis.call('XRANGE', lane.line, '(' .. last_read(lane.line), last, 'COUNT', limit)) do
      local place = place_of(entry)
      local due = string.match(place, '^%d+')
      first[#first + 1] = { lane = lane, entry = place, due = tonumber(due), text = due, id = task_in(entry) }
    end
    local early = redis.call('ZRANGEBYSCORE', lane.early, '-inf', bound or '+inf', 'WITHSCORES', 'LIMIT', 0, limit)
    for at = 1, #early, 2 do
      local due = tonumber(early[at + 1])
      first[#first + 1] = { lane = lane, due = due, text = text_of(due), id = early[at] }
    end
  end
  table.sort(first, function(one, other)
    if one.due ~= other.due then
      return one.due < other.due
    end
    return one.id < other.id
  end)
  for at = #first, limit + 1, -1 do
    first[at] = nil
  end
  return first
end

-- Lists of lanes of one priority each.
local function ranks_of(lanes)
  local ranks = {}
  for _, lane in ipairs(lanes) do
    local rank = ranks[#ranks]
    if not rank or rank[1].priority ~= lane.priority then
      rank = {}
      ranks[#ranks + 1] = rank
    end
    rank[#rank + 1] = lane
  end
  return ranks
end

-- The first tasks of all the lanes.
local function first_waiting(lanes, limit)
  local first = {}
  for _, rank in ipairs(ranks_of(lanes)) do
    if #first >= limit then
      break
    end
    for _, head in ipairs(heads(rank, limit - #first)) do
      first[#first + 1] = head
    end
  end
  return first
end
