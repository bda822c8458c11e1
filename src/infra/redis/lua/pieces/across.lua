-- across: work on several queues, on a server that has all keys of the store.
-- needs: taking, storing
local QUEUES_AT_ONCE, PASSES = 200, 10
local own = store and string.sub(store, 1, -2)

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
  for _ = 1, PASSES do
    local due = redis.call('ZRANGEBYSCORE', store .. ':later', '-inf', now, 'LIMIT', 0, QUEUES_AT_ONCE)
    for _, name in ipairs(due) do
      on_queue(name, promote)
    end
    if #due < QUEUES_AT_ONCE then
      return
    end
  end
end

-- When the first task becomes due of those that are not due yet; false if there is none.
local function next_due_of_all()
  local later = store .. ':later'
  local _, due = unpack(redis.call('ZRANGEBYSCORE', later, '(' .. now_text, '+inf', 'WITHSCORES', 'LIMIT', 0, 1))
  return due or false
end
