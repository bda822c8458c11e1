-- claim_tasks: lease the first due tasks of one queue to one worker.
--   KEYS  1 the queue's prefix, 3 the store's `control`, where it is to be compared
--   ARGV  4 packed { worker id, { type, … }, limit, lease in microseconds, bytes of payloads at most }, 7 `control`
--           as it is known
--   returns 0 if that has changed, else packed { now, due time of the queue's next pending task or false,
--           { { id, { field, value, … } as they were before }, … } }
-- needs: control, allow_full, claim
if has_control_changed() then
  return 0
end
budget = unpack(request, 5)
claim_first(limit)
local _, first_due = unpack(redis.call('ZRANGE', KEYS[1] .. ':later', 0, 0, 'WITHSCORES'))
return cmsgpack.pack({ now, is_spent and now_text or first_due or false, taken })
