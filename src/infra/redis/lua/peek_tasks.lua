-- peek_tasks: tell which due tasks of one queue are first, so that several queues can be merged before anything is
-- claimed. Changes nothing but where tasks wait that have become due.
--   KEYS  1 the queue's prefix, 3 the store's `control`, where it is to be compared
--   ARGV  4 packed { { type, … }, limit }, 7 `control` as it is known
--   returns 0 if that has changed, else packed { { priority, due, id }, … }, best first
-- needs: control, allow_full, taking, storing
if has_control_changed() then
  return 0
end
local types, limit = unpack(cmsgpack.unpack(ARGV[4]))
promote_due()
local first = {}
for at, head in ipairs(first_waiting(served_lanes(types, limit), limit)) do
  first[at] = { head.lane.priority, head.text, head.id }
end
write_counts()
return cmsgpack.pack(first)
