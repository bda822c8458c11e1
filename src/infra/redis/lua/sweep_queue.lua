-- sweep_queue: let go of what a server's restart or a deleted group may have left in the streams of a queue: pending
-- entries of tasks that no longer run under them, and consumers that have no entry and have not been seen for an
-- hour. Pending tasks that wait nowhere any more are put back, tasks whose hash is gone are forgotten, and counts
-- that are wrong are made anew. A queue that has nothing any more is forgotten.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { type and id of the live task that was looked at last, as the call before returned them }
--   returns packed { whether next tasks for other queues wait in the outbox, type and id to begin after next time }
-- needs: allow_full, astray, gone, recount, past, portions
local CONSUMER_FORGOTTEN_AFTER = 3600000
local ENTRIES_AT_ONCE, LEVELS_AT_ONCE, FIELDS_AT_ONCE = 200, 200, 2000

local function sweep_consumers(stream)
  for _, each in ipairs(redis.call('XINFO', 'CONSUMERS', stream, group)) do
    local consumer = {}
    for at = 1, #each, 2 do
      consumer[each[at]] = each[at + 1]
    end
    if consumer.pending == 0 and consumer.idle > CONSUMER_FORGOTTEN_AFTER then
      redis.call('XGROUP', 'DELCONSUMER', stream, group, consumer.name)
    end
  end
end

-- A waiting task whose entry somebody else has read would never be claimed: it waits beside the line from now on.
local function return_to_line(id, type_, priority, due)
  local level = level_of(priority, type_)
  redis.call('HDEL', KEYS[1] .. ':task:' .. id, 'entry')
  redis.call('ZADD', early_of(level), moment_of(due) or now, id)
  touched_levels[level] = true
end

local function sweep_entry(stream, id, place, name)
  local key = KEYS[1] .. ':task:' .. id
  local state, entry, type_, priority, created, due =
    unpack(redis.call('HMGET', key, 'state', 'entry', 'type', 'priority', 'created', 'due'))
  local is_its_own = entry == name
  if is_its_own and state == 'r' then
    return
  elseif is_its_own and type_ and not state then
    return_to_line(id, type_, priority, due or created)
  elseif not type_ then
    forget_gone(id)
  end
  redis.call('XACK', stream, group, place)
  redis.call('XDEL', stream, place)
end

-- The entries that were delivered longest ago: what is left over is among them sooner or later.
local function sweep_entries(stream, name_of)
  for _, pending in ipairs(redis.call('XPENDING', stream, group, '-', '+', ENTRIES_AT_ONCE)) do
    local place = unpack(pending)
    local found = unpack(redis.call('XRANGE', stream, place, place))
    if found then
      sweep_entry(stream, task_in(found), place, name_of(place))
    else
      redis.call('XACK', stream, group, place)
    end
  end
end

local function sweep(stream, name_of)
  local groups = redis.pcall('XINFO', 'GROUPS', stream)
  if groups.err or #groups == 0 then
    return
  end
  sweep_entries(stream, name_of)
  sweep_consumers(stream)
end

-- Leases that have run out, and the next live tasks in the order of their index.
local function sweep_gone(from_type, from_id)
  local run_out = redis.call('ZRANGEBYSCORE', KEYS[1] .. ':leases', '-inf', lease_now, 'LIMIT', 0, ENTRIES_AT_ONCE)
  for _, id in ipairs(run_out) do
    if redis.call('HEXISTS', task_of(id), 'type') == 0 then
      forget_gone(id)
    end
  end
  local room, types = ENTRIES_AT_ONCE, some_of(counted_types, TYPES_AT_ONCE)
  if #types < #counted_types then
    from_type, from_id = '', ''
  end
  table.sort(types)
  for _, type_ in ipairs(types) do
    if type_ >= from_type and room > 0 then
      local first = type_ == from_type and '(' .. from_id or '-'
      local ids = redis.call('ZRANGEBYLEX', KEYS[1] .. ':live:' .. type_, first, '+', 'LIMIT', 0, room)
      for _, id in ipairs(ids) do
        if redis.call('HEXISTS', task_of(id), 'type') == 0 then
          forget_gone(id, type_)
        end
      end
      room = room - math.max(1, #ids)
      if room <= 0 then
        return type_, ids[#ids] or ''
      end
    end
  end
  return '', ''
end

for _, level in ipairs(some_of(redis.call('HKEYS', KEYS[1] .. ':tails'), LEVELS_AT_ONCE)) do
  sweep(line_of(level), function(entry)
    return string.match(entry, '%d+$')
  end)
  shrunk_levels[level] = true
end
sweep(KEYS[1] .. ':claimed', function(entry)
  return 'c' .. entry
end)
write_counts()
local next_type, next_id = unpack(cmsgpack.unpack(ARGV[4]))
local fields = redis.call('HLEN', KEYS[1] .. ':counts') + redis.call('HLEN', KEYS[1] .. ':tails')
if is_turn(fields, FIELDS_AT_ONCE) then
  read_counts()
  next_type, next_id = sweep_gone(next_type, next_id)
  write_counts()
  local wrong = wrong_types()
  if #wrong > 0 then
    recount(wrong)
  end
  find_astray()
end
write_lines()
if store and has_nothing() then
  forget_queue()
end
return cmsgpack.pack({ redis.call('EXISTS', KEYS[1] .. ':outbox') == 1, next_type, next_id })
