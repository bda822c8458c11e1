-- append_events: add events to the logs of running tasks of one queue, if the fence is that of the claim, and drop what
-- is then too much. Whoever repeats a call stores nothing twice: an event's place in its run tells whether it is there.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { { { id, fence, attempt, { { place, kind, data, bytes of it }, … } }, … }, most events,
--           most bytes }
--   returns packed { 1 stored | 0 the claim no longer holds, … }
-- needs: moments
local runs, most_events, most_bytes = unpack(cmsgpack.unpack(ARGV[4]))

local function entry_of(flat)
  local entry = {}
  for at = 1, #flat, 2 do
    entry[flat[at]] = flat[at + 1]
  end
  return entry
end

local function add(key, last, fence, attempt, place, kind, data, size)
  local entry = { number = last.number + 1, fence = fence, place = place, total = last.total + size }
  redis.call('XADD', key, text_of(entry.number) .. '-0', 'fence', fence, 'place', text_of(place), 'attempt',
    text_of(attempt), 'kind', kind, 'at', now_text, 'data', data, 'size', text_of(size), 'total', text_of(entry.total))
  return entry
end

local function last_of(key)
  if redis.call('EXISTS', key) == 0 then
    return { number = 0, total = 0 }
  end
  local entry_id, flat = unpack(entry_of(redis.call('XINFO', 'STREAM', key))['last-entry'])
  local entry = entry_of(flat)
  return {
    number = tonumber(string.match(entry_id, '^%d+')), fence = tonumber(entry.fence), place = tonumber(entry.place),
    total = tonumber(entry.total),
  }
end

local function drop_surplus(key, last)
  while true do
    local entry_id, flat = unpack(unpack(redis.call('XRANGE', key, '-', '+', 'COUNT', 1)))
    local number, entry = tonumber(string.match(entry_id, '^%d+')), entry_of(flat)
    local before = tonumber(entry.total) - tonumber(entry.size)
    if number > last.number - most_events and before >= last.total - most_bytes then
      return
    end
    redis.call('XDEL', key, entry_id)
  end
end

local function append(run)
  local id, fence, attempt, events = unpack(run)
  local state, held_fence = unpack(redis.call('HMGET', KEYS[1] .. ':task:' .. id, 'state', 'fence'))
  if state ~= 'r' or tonumber(held_fence) ~= fence then
    return 0
  end
  local key = KEYS[1] .. ':events:' .. id
  local last = last_of(key)
  if not last.fence then
    redis.call('ZADD', KEYS[1] .. ':eventlogs', 'NX', now_text, id)
  end
  for _, event in ipairs(events) do
    local place, kind, data, size = unpack(event)
    if last.fence and last.fence < fence then
      last = add(key, last, fence, attempt, 0, 'restarted', 'null', 4)
    end
    if not last.fence or last.fence == fence and last.place < place then
      last = add(key, last, fence, attempt, place, kind, data, size)
    end
  end
  drop_surplus(key, last)
  return 1
end

local answers = {}
for at, run in ipairs(runs) do
  answers[at] = append(run)
end
return cmsgpack.pack(answers)
