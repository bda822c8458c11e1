-- oldest_due: how long the oldest due task of each type has waited in a queue. Reads the first task of each level and no
-- other. Changes nothing but where tasks wait that have become due.
--   KEYS  1 the queue's prefix
--   returns packed { { type, microseconds as text }, … }
-- needs: allow_full, taking, storing
promote_due()
write_counts()
local oldest = {} -- type -> due time
for _, level in ipairs(redis.call('ZRANGE', KEYS[1] .. ':levels', 0, -1)) do
  local type_ = string.match(level, '^[^:]*:(.*)$')
  for _, head in ipairs(heads({ level }, 1)) do
    oldest[type_] = math.min(oldest[type_] or head.due, head.due)
  end
end
local waiting = {}
for type_, due in pairs(oldest) do
  waiting[#waiting + 1] = { type_, text_of(math.max(0, now - due)) }
end
return cmsgpack.pack(waiting)
