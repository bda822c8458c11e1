-- find_facts: some fields of those tasks of a queue that may match a search, as far as their creation, their standing
-- and their stored text tell. Changes nothing.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { { id, … }, { 'type', field, … }, { created from then, created before then,
--           what the failure must hold in lower case, { of these the payload must hold one, … },
--           begun at least so many attempts, due after then } }; false: any
--   returns packed { { id, { value or false, … } }, … } of those that are still there
local ids, fields, asked = unpack(cmsgpack.unpack(ARGV[4]))
local first, until_, words, parts, attempts, due_after = unpack(asked)

local function is_created_then(created)
  created = tonumber(created)
  return not created or (not first or created >= first) and (not until_ or created < until_)
end

local function holds_words(failure)
  return failure and string.find(string.lower(failure), words, 1, true)
end

local function holds_part(payload)
  for _, part in ipairs(parts) do
    if string.find(payload or '', part, 1, true) then
      return true
    end
  end
  return false
end

local function has_begun_so_often(fence, interruptions)
  return (tonumber(fence) or 0) - (tonumber(interruptions) or 0) >= attempts
end

local function is_due_later(due, created)
  return (tonumber(due or created) or due_after + 1) > due_after
end

-- The tests to pass, each with the fields that it looks at.
local tests = {}
local function must_pass(is_asked_for, test, ...)
  if is_asked_for then
    tests[#tests + 1] = { is_passed = test, fields = { ... } }
  end
end
must_pass(first or until_, is_created_then, 'created')
must_pass(attempts > 0, has_begun_so_often, 'fence', 'interruptions')
must_pass(due_after, is_due_later, 'due', 'created')
must_pass(words, holds_words, 'failure')
must_pass(parts, holds_part, 'payload')

local function may_match(key)
  for _, each in ipairs(tests) do
    if not each.is_passed(unpack(redis.call('HMGET', key, unpack(each.fields)))) then
      return false
    end
  end
  return true
end

local found = {}
for _, id in ipairs(ids) do
  local key = KEYS[1] .. ':task:' .. id
  if may_match(key) then
    local values = redis.call('HMGET', key, unpack(fields))
    local type_ = unpack(values)
    if type_ then
      found[#found + 1] = { id, values }
    end
  end
end
return cmsgpack.pack(found)
