-- send_broadcast: store a message, unless its id is kept, after deleting those whose time is over and those too many.
-- Entry ids are made of the moment and never go back: what is stored later is read later.
--   KEYS  1 the store's prefix
--   ARGV  4 packed { message id, { field, value, … }, microseconds that messages are kept, how many at most }, 5 the
--           channel that wakes workers
--   returns 1
-- needs: moments
local id, flat, kept_for, kept = unpack(cmsgpack.unpack(ARGV[4]))
local stream, ids = KEYS[1] .. ':broadcasts', KEYS[1] .. ':broadcast-ids'
local PORTION = 500

local function forget(entries)
  for _, entry in ipairs(entries) do
    local place, message = unpack(entry)
    local _, message_id = unpack(message)
    redis.call('HDEL', ids, message_id)
    redis.call('XDEL', stream, place)
  end
  return #entries
end

local function forget_old()
  local last = text_of(now - kept_for - 1)
  while forget(redis.call('XRANGE', stream, '-', last, 'COUNT', PORTION)) == PORTION do end
end

local function next_entry()
  local info = redis.pcall('XINFO', 'STREAM', stream)
  for at = 1, info.err and 0 or #info, 2 do
    if info[at] == 'last-generated-id' then
      local moment, sequence = string.match(info[at + 1], '^(%d+)-(%d+)$')
      if tonumber(moment) >= now then
        return moment .. '-' .. tonumber(sequence) + 1
      end
    end
  end
  return now_text .. '-1'
end

if redis.call('EXISTS', stream) == 1 then
  forget_old()
end
if redis.call('HEXISTS', ids, id) == 0 then
  local entry = next_entry()
  redis.call('XADD', stream, entry, unpack(flat))
  redis.call('HSET', ids, id, entry)
  local too_many = redis.call('XLEN', stream) - kept
  if too_many > 0 then
    forget(redis.call('XRANGE', stream, '-', '+', 'COUNT', too_many))
  end
end
redis.call('PUBLISH', ARGV[5], '')
return 1
