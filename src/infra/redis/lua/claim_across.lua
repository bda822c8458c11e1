-- claim_across: lease the first due tasks of several queues to one worker, on a server that has all keys of the
-- store. It follows the index of lanes and looks at no more of them than tasks are wanted (decision 0511).
--   KEYS  1 the store's prefix, 3 the store's `control`, where it is to be compared
--   ARGV  4 packed { worker id, { type, … }, limit, lease in microseconds, { queue, … } to look at or false for
--           all, { queue, … } to leave out }, 6 the store's prefix, 7 `control` as it is known; queues as the keys
--           name them
--   returns 0 if that has changed, else packed { now, when the next task becomes due or false, { { queue,
--           { { id, { field, value, … } as they were before }, … } }, … } }
-- needs: control, allow_full, claim, across, shares
if has_control_changed() then
  return 0
end
local queues_served, queues_left_out = unpack(request, 5, 6)
local wanted, claimed = limit, {}
promote_queues()
for _, share in ipairs(find_shares(queues_served, queues_left_out, wanted)) do
  claimed[#claimed + 1] = { share.queue, on_queue(share.queue, claim_first, share.number, share.lanes) }
end
return cmsgpack.pack({ now, is_spent and now_text or next_due_of_all(), claimed })
