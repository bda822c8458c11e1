-- claim_tasks: lease the first due tasks of one queue to one worker, making the entity's `claim` move. What is claimed
-- has been read by the worker's consumer, so the group's pending entries are what runs.
-- Tasks of `early` go through the stream `claimed`, where they are added and read within this call.
--   KEYS  1 the queue's prefix, 3 the store's `control`, where it is to be compared
--   ARGV  4 packed { worker id, { type, … }, limit, lease in microseconds }, 6 `control` as it is known
--   returns 0 if that has changed, else packed { now, due time of the queue's next pending task or false,
--           { { id, { field, value, … } as they were before }, … } }
-- needs: control, allow_full, taking, storing
if has_control_changed() then
  return 0
end
local worker, types, limit, lease = unpack(cmsgpack.unpack(ARGV[4]))
local taken, leases, numbers = {}, {}, {} -- numbers: type -> how many were taken
local lease_end = text_of(lease_now + lease)
local until_text = text_of(now + lease)
local task_prefix = task_of('')

-- Make the move, unless the task has left this place: then its entry is a leftover of a deleted group.
-- Returns nil, or what became of the task that was not taken: its state, or `gone`.
local function take(id, entry, entry_before)
  local key, flat = task_prefix .. id, nil
  flat = redis.call('HGETALL', key)
  local type_, state, entry_now, fence, version, has_progress = nil, nil, nil, 0, 1, false
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
    end
  end
  if not type_ or state or entry_now ~= entry_before then
    return state or 'gone'
  end
  redis.call('HSET', key, 'state', 'r', 'fence', fence + 1, 'version', version + 1, 'worker', worker,
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
    begin_line(level)
    shrunk_levels[level] = true
    reply = redis.call('XREADGROUP', 'GROUP', group, worker, 'COUNT', number, 'STREAMS', line_of(level), '>')
  end
  return reply and reply[1][2] or {}
end

-- Returns how many entries were read.
local function take_from_line(level, number)
  local entries = read_line(level, number)
  for _, entry in ipairs(entries) do
    local sequence = string.sub(entry[1], string.find(entry[1], '-', 1, true) + 1)
    local refused = take(entry[2][2], sequence, sequence)
    if refused and refused ~= 'r' then
      redis.call('XACK', line_of(level), group, entry[1])
      redis.call('XDEL', line_of(level), entry[1])
      shrunk_levels[level] = true
    end
  end
  return #entries
end

local function take_early(level, id)
  redis.call('ZREM', early_of(level), id)
  local entry = redis.call('XADD', KEYS[1] .. ':claimed', '*', 'id', id)
  if take(id, 'c' .. entry, nil) then
    redis.call('XDEL', KEYS[1] .. ':claimed', entry)
  end
end

local function read_claimed()
  redis.pcall('XGROUP', 'CREATE', KEYS[1] .. ':claimed', group, '0', 'MKSTREAM')
  redis.call('XREADGROUP', 'GROUP', group, worker, 'STREAMS', KEYS[1] .. ':claimed', '>')
end

local function has_early(levels)
  for _, level in ipairs(levels) do
    if redis.call('EXISTS', early_of(level)) == 1 then
      return true
    end
  end
  return false
end

local function take_in_order(levels)
  local first = heads(levels, limit - #taken)
  local shares, from_early, begun = {}, false, #taken
  for _, head in ipairs(first) do
    if head.entry then
      shares[head.level] = (shares[head.level] or 0) + 1
    else
      take_early(head.level, head.id)
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
  table.sort(mine, function(one, other)
    return (places[one[1]] or 0) < (places[other[1]] or 0)
  end)
  for at, each in ipairs(mine) do
    taken[begun + at] = each
  end
  return #first
end

-- Take what one priority has, up to the limit; levels in which nobody waits any more are forgotten.
local function take_rank(levels)
  while #taken < limit do
    local wanted = limit - #taken
    local is_simple = #levels == 1 and not has_early(levels)
    local read = is_simple and take_from_line(levels[1], wanted) or not is_simple and take_in_order(levels) or 0
    if read < wanted then
      for _, level in ipairs(levels) do
        redis.call('ZREM', KEYS[1] .. ':levels', level)
      end
      return
    end
  end
end

promote_due()
for _, rank in ipairs(served_levels(set_of(types))) do
  if #taken >= limit then
    break
  end
  take_rank(rank.levels)
end
if #taken > 0 then
  send_gathered('ZADD', { [KEYS[1] .. ':leases'] = leases })
  redis.call('HSET', KEYS[1] .. ':counts', 'lease', math.max(lease, redis.call('HGET', KEYS[1] .. ':counts', 'lease') or 0))
end
write_lines()
for type_, number in pairs(numbers) do
  count('p', type_, -number)
  count('r', type_, number)
end
write_counts()
local next_due = redis.call('ZRANGE', KEYS[1] .. ':later', 0, 0, 'WITHSCORES')[2] or false
return cmsgpack.pack({ now, next_due, taken })
