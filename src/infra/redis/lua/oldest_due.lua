-- oldest_due: how long the oldest due task of each type has waited in a queue. Reads the index of levels and no
-- task. Changes nothing but where tasks wait that have become due.
--   KEYS  1 the queue's prefix
--   returns packed { { type, microseconds as text }, … }
-- needs: allow_full, taking, storing
promote_due()
write_counts()
check_index()
local oldest, levels = {}, redis.call('HGETALL', KEYS[1] .. ':heads') -- oldest: type -> due time
for at = 1, #levels, 2 do
  local type_, due = string.match(levels[at], '^[^:]*:(.*)$'), tonumber(string.sub(levels[at + 1], 1, 17))
  oldest[type_] = math.min(oldest[type_] or due, due)
end
local waiting = {}
for type_, due in pairs(oldest) do
  waiting[#waiting + 1] = { type_, text_of(math.max(0, now - due)) }
end
return cmsgpack.pack(waiting)
