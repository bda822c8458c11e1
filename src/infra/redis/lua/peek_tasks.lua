-- peek_tasks: tell which due tasks of one queue are first, so that several queues can be merged before anything is
-- claimed. Changes nothing but where tasks wait that have become due.
--   KEYS  1 the queue's prefix, 3 the store's `control`, where it is to be compared
--   ARGV  4 packed { { type, … }, limit }, 6 `control` as it is known
--   returns 0 if that has changed, else packed { { priority, due, id }, … }, best first
-- needs: control, allow_full, taking, storing
if has_control_changed() then
  return 0
end
local types, limit = unpack(cmsgpack.unpack(ARGV[4]))
promote_due()
local first = {}
for _, rank in ipairs(served_levels(set_of(types))) do
  for _, head in ipairs(heads(rank.levels, limit - #first)) do
    first[#first + 1] = { rank.priority, head.text, head.id }
  end
  if #first >= limit then
    break
  end
end
write_counts()
return cmsgpack.pack(first)
