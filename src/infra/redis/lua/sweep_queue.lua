-- sweep_queue: let go of what a server's restart or a deleted group may have left in the streams of a queue: pending entries
-- of tasks that no longer run under them, and consumers that have no entry and have not been seen for an hour.
--   KEYS  1 the queue's prefix
--   returns 1 if next tasks for other queues wait in the outbox, else 0
-- needs: allow_full, lines
local CONSUMER_FORGOTTEN_AFTER = 3600000
local ENTRIES_AT_ONCE = 200

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

local function is_running(id, entry)
  local task = redis.call('HMGET', KEYS[1] .. ':task:' .. id, 'state', 'entry')
  return task[1] == 'r' and task[2] == entry
end

-- The entries that were delivered longest ago: what is left over is among them sooner or later.
local function sweep_entries(stream, name_of)
  for _, pending in ipairs(redis.call('XPENDING', stream, group, '-', '+', ENTRIES_AT_ONCE)) do
    local found = redis.call('XRANGE', stream, pending[1], pending[1])[1]
    if not found then
      redis.call('XACK', stream, group, pending[1])
    elseif not is_running(found[2][2], name_of(pending[1])) then
      redis.call('XACK', stream, group, pending[1])
      redis.call('XDEL', stream, pending[1])
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

for _, level in ipairs(redis.call('HKEYS', KEYS[1] .. ':tails')) do
  sweep(line_of(level), function(entry)
    return string.match(entry, '%d+$')
  end)
  shrunk_levels[level] = true
end
sweep(KEYS[1] .. ':claimed', function(entry)
  return 'c' .. entry
end)
write_lines()
return redis.call('EXISTS', KEYS[1] .. ':outbox')
