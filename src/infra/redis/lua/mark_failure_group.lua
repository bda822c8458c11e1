-- mark_failure_group: mute a group of failures or not, and note something on it.
--   KEYS  1 the store's prefix
--   ARGV  4 packed { fingerprint, { whether it is muted } or {}, { note } or {} }
--   returns 1 if there is such a group, else 0
-- needs: allow_full
local fingerprint, muted, noted = unpack(cmsgpack.unpack(ARGV[4]))
local packed = redis.call('HGET', KEYS[1] .. ':failures', fingerprint)
if not packed then
  return 0
end
local type_, error_, line, message, tasks, runs, first, last, ids, is_muted, note = unpack(cmsgpack.unpack(packed))
for _, new in ipairs(muted) do
  is_muted = new
end
for _, new in ipairs(noted) do
  note = new
end
local group = { type_, error_, line, message, tasks, runs, first, last, ids, is_muted, note }
redis.call('HSET', KEYS[1] .. ':failures', fingerprint, cmsgpack.pack(group))
return 1
