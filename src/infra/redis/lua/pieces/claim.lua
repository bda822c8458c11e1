-- claim: leasing due tasks of one queue to one worker, making the entity's `claim` move. What is claimed has been
-- read by the worker's consumer, so the group's pending entries are what runs. Tasks of `early` go through the stream
-- `claimed`, where they are added and read within this call.
--   ARGV  4 packed { worker id, { type, … }, limit, lease in microseconds, … }
-- needs: taking, storing
local LOOKS = 10
local NOT_PENDING = { r = true, c = true, f = true, x = true } -- any other text was written by somebody else
local request = cmsgpack.unpack(ARGV[4])
local worker, types, limit, lease = unpack(request, 1, 4)
local lease_end = text_of(lease_now + lease)
local until_text = text_of(now + lease)
local taken, leases, numbers -- numbers: type -> how many were taken
local budget, spent, is_spent = 16777216, 0, false -- bytes of payloads that one answer carries, if more than one task

-- A task that is one too many waits beside its line, where the next claim finds it in its turn.
local function leave_for_next_claim(key, id, type_, priority, due)
  local level = level_of(priority, type_)
  is_spent, limit = true, #taken
  redis.call('HDEL', key, 'entry')
  redis.call('ZADD', early_of(level), moment_of(due) or now, id)
  touched_levels[level] = touched_levels[level] or true
  without_early[level] = nil
  return 'left'
end

-- The same for what was read behind such a one, of which the payload need not be looked at.
local function leave_unread(key, id, entry_before)
  local type_, state, entry, priority, created, due =
    unpack(redis.call('HMGET', key, 'type', 'state', 'entry', 'priority', 'created', 'due'))
  if not type_ or state or (entry or nil) ~= entry_before then
    return type_ and (state or 'moved') or 'gone'
  end
  return leave_for_next_claim(key, id, type_, priority or nil, due or created)
end

-- Make the move, unless the task has left this place: then its entry is a leftover of a deleted group.
-- Returns nil, or what became of the task that was not taken: its state, `moved`, `left` or `gone`.
local function take(id, entry, entry_before)
  local key = task_of(id)
  if is_spent then
    return leave_unread(key, id, entry_before)
  end
  local flat = redis.call('HGETALL', key)
  local type_, state, entry_now, fence, version, has_progress = nil, nil, nil, 0, 1, false
  local size, priority, created, due = 0, nil, nil, nil
  for at = 1, #flat, 2 do
    local name, value = flat[at], flat[at + 1]
    if name == 'type' then
      type_ = value
    elseif name == 'entry' then
      entry_now = value
    elseif name == 'fence' then
      fence = value
    elseif name == 'version' then
      version = value
    elseif name == 'state' then
      state = value
    elseif name == 'progress' then
      has_progress = true
    elseif name == 'payload' then
      size = #value
    elseif name == 'priority' then
      priority = value
    elseif name == 'created' then
      created = value
    elseif name == 'due' then
      due = value
    end
  end
  if not type_ or NOT_PENDING[state] or entry_now ~= entry_before then
    return type_ and (state or 'moved') or 'gone'
  end
  if spent > 0 and spent + size > budget then
    return leave_for_next_claim(key, id, type_, priority, due or created)
  end
  spent = spent + size
  redis.call('HSET', key, 'state', 'r', 'fence', (whole(fence) or 0) + 1,
    'version', (whole(version) or 1) + 1, 'worker', worker,
    'started', now_text, 'end', until_text)
  if entry ~= entry_before then
    redis.call('HSET', key, 'entry', entry)
  end
  if has_progress then
    redis.call('HDEL', key, 'progress', 'note')
  end
  leases[#leases + 1] = lease_end
  leases[#leases + 1] = id
  numbers[type_] = (numbers[type_] or 0) + 1
  taken[#taken + 1] = { id, flat }
  return nil
end

local function read_line(level, number)
  local reply = redis.pcall('XREADGROUP', 'GROUP', group, worker, 'COUNT', number, 'STREAMS', line_of(level), '>')
  if reply and reply.err then
    begin_line(line_of(level))
    shrunk_levels[level] = true
    reply = redis.call('XREADGROUP', 'GROUP', group, worker, 'COUNT', number, 'STREAMS', line_of(level), '>')
  end
  local _, entries = unpack(reply and unpack(reply) or {})
  return entries or {}
end

-- Returns how many entries were read.
local function take_from_line(level, number)
  local entries = read_line(level, number)
  local place
  for _, entry in ipairs(entries) do
    local id = task_in(entry)
    place = place_of(entry)
    local sequence = string.sub(place, string.find(place, '-', 1, true) + 1)
    local refused = take(id, sequence, sequence)
    if refused and refused ~= 'r' then
      redis.call('XACK', line_of(level), group, place)
      redis.call('XDEL', line_of(level), place)
      shrunk_levels[level] = true
    end
    if refused == 'gone' then
      forget_gone(id, string.match(level, '^[^:]*:(.*)$'))
    end
  end
  touched_levels[level] = place or touched_levels[level] or true
  return #entries
end

local function take_early(level, id)
  redis.call('ZREM', early_of(level), id)
  touched_levels[level] = touched_levels[level] or true
  local entry = redis.call('XADD', KEYS[1] .. ':claimed', '*', 'id', id)
  local refused = take(id, 'c' .. entry, nil)
  if refused then
    redis.call('XDEL', KEYS[1] .. ':claimed', entry)
  end
  if refused == 'gone' then
    forget_gone(id, string.match(level, '^[^:]*:(.*)$'))
  end
end

local function read_claimed()
  redis.pcall('XGROUP', 'CREATE', KEYS[1] .. ':claimed', group, '0', 'MKSTREAM')
  redis.call('XREADGROUP', 'GROUP', group, worker, 'STREAMS', KEYS[1] .. ':claimed', '>')
end

local function take_in_order(lanes)
  local first = heads(lanes, limit - #taken)
  local shares, from_early, begun = {}, false, #taken
  for _, head in ipairs(first) do
    local level = head.lane.level
    if is_spent then
      break
    elseif head.entry then
      shares[level] = (shares[level] or 0) + 1
    else
      take_early(level, head.id)
      from_early = true
    end
  end
  for level, number in pairs(shares) do
    take_from_line(level, number)
  end
  if from_early then
    read_claimed()
  end
  local places = {}
  for place, head in ipairs(first) do
    places[head.id] = place
  end
  local mine = {}
  for at = begun + 1, #taken do
    mine[#mine + 1] = taken[at]
  end
  local function place_among_first(claimed)
    local id = unpack(claimed)
    return places[id] or 0
  end
  table.sort(mine, function(one, other)
    return place_among_first(one) < place_among_first(other)
  end)
  for at, each in ipairs(mine) do
    taken[begun + at] = each
  end
  return #first
end

-- Take what lanes of one priority have, up to the limit.
local function take_rank(lanes)
  local best = lanes[1]
  while #taken < limit do
    local wanted = limit - #taken
    local is_simple = #lanes == 1 and redis.call('EXISTS', best.early) == 0
    without_early[best.level] = is_simple
    local read = is_simple and take_from_line(best.level, wanted) or not is_simple and take_in_order(lanes) or 0
    if read < wanted then
      for _, lane in ipairs(lanes) do
        touched_levels[lane.level] = touched_levels[lane.level] or true
      end
      return
    end
  end
end

local function take_from(lanes)
  for _, lane in ipairs(lanes) do
    known_heads[lane.level] = lane.head
  end
  for _, rank in ipairs(ranks_of(lanes)) do
    take_rank(rank)
  end
  write_lines()
end

-- More than one look is needed only where the index was wrong: what was found is put right by then.
local function take_best()
  for _ = 1, LOOKS do
    local wanted = limit - #taken
    local lanes = served_lanes(types, wanted)
    take_from(lanes)
    if #lanes < wanted or #taken >= limit then
      return
    end
  end
end

-- Claim up to `number` tasks of the queue that KEYS[1] names, from these lanes or, without them, from those that the
-- index says are the first. Returns { { id, { field, value, … } as they were before }, … }.
local function claim_first(number, lanes)
  taken, leases, numbers, limit = {}, {}, {}, number
  if is_spent then
    return taken
  elseif lanes then
    take_from(lanes)
  else
    promote_due()
    take_best()
  end
  if #taken > 0 then
    send_gathered('ZADD', { [KEYS[1] .. ':leases'] = leases })
    if lease > tonumber(redis.call('HGET', KEYS[1] .. ':counts', 'lease') or 0) then
      redis.call('HSET', KEYS[1] .. ':counts', 'lease', lease)
    end
  end
  for type_, number_taken in pairs(numbers) do
    count('p', type_, -number_taken)
    count('r', type_, number_taken)
  end
  write_counts()
  return taken
end
