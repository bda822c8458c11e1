-- probe_tasks: which tasks of a queue may match a search, as far as their creation and stored text tell.
-- Changes nothing.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { { id, … }, created from then or false, created before then or false,
--           what the failure must hold in lower case or '', { of these the payload must hold one, … },
--           begun at least so many attempts, due after then or false }
--   returns packed { id, … }
local ids, first, until_, words, parts, attempts, due_after = unpack(cmsgpack.unpack(ARGV[4]))

local function is_created_then(created)
  created = tonumber(created)
  return not created or (not first or created >= first) and (not until_ or created < until_)
end

local function holds_part(payload)
  for _, part in ipairs(parts) do
    if string.find(payload, part, 1, true) then
      return true
    end
  end
  return #parts == 0
end

local function is_standing_so(created, due, fence, interruptions)
  return (tonumber(fence) or 0) - (tonumber(interruptions) or 0) >= attempts
    and (not due_after or (tonumber(due or created) or due_after + 1) > due_after)
end

local FIELDS = { 'created', 'failure', 'payload', 'due', 'fence', 'interruptions' }
local found = {}
for _, id in ipairs(ids) do
  local told = redis.call('HMGET', KEYS[1] .. ':task:' .. id, unpack(FIELDS))
  local created, failure, payload, due, fence, interruptions = unpack(told)
  local is_found = is_standing_so(created, due, fence, interruptions)
    and is_created_then(created) and holds_part(payload or '')
  if is_found and (words == '' or failure and string.find(string.lower(failure), words, 1, true)) then
    found[#found + 1] = id
  end
end
return cmsgpack.pack(found)
