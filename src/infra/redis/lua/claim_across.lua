-- claim_across: lease the first due tasks of several queues to one worker, on a server that has all keys of the store. It follows
-- the index of lanes and looks at no more of them than tasks are wanted.
--   KEYS  1 the store's prefix, 3 the store's `control`, where it is to be compared
--   ARGV  4 packed { worker id, { type, … }, limit, lease in microseconds, { queue, … } to look at or false for all,
--           { queue, … } to leave out }, 6 the store's prefix, 7 `control` as it is known; queues as the keys name them
--   returns 0 if that has changed, else packed { now, when the next task becomes due or false, { { queue,
--           { { id, { field, value, … } as they were before }, … } }, … } }
-- needs: control, allow_full, claiming, shares
if has_control_changed() then
  return 0
end
local wanted, own, claimed = limit, string.sub(store, 1, -2), {}

local function on_queue(name, act, ...)
  KEYS[1] = own .. ':' .. name .. '}'
  tails = {}
  return act(...)
end

-- The entry is put right, too, where nothing is due in the queue after all.
local function promote()
  has_later_changed = true
  promote_due()
  write_lines()
  write_counts()
end

local function promote_queues()
  for _ = 1, LOOKS do
    local due = redis.call('ZRANGEBYSCORE', store .. ':later', '-inf', now, 'LIMIT', 0, QUEUES_AT_ONCE)
    for _, name in ipairs(due) do
      on_queue(name, promote)
    end
    if #due < QUEUES_AT_ONCE then
      return
    end
  end
end

promote_queues()
for _, share in ipairs(find_shares(own, request[5], request[6], wanted)) do
  claimed[#claimed + 1] = { share[1], on_queue(share[1], claim_first, share[2], share[3]) }
end
local later = redis.call('ZRANGEBYSCORE', store .. ':later', '(' .. now_text, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
return cmsgpack.pack({ now, later[2] or false, claimed })
