-- find_facts: some fields of tasks of one queue. Changes nothing.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { { id, … }, { field, … } }
--   returns packed { { value or false, … }, … }, in the order of the ids
local ids, fields = unpack(cmsgpack.unpack(ARGV[4]))
local found = {}
for at, id in ipairs(ids) do
  found[at] = redis.call('HMGET', KEYS[1] .. ':task:' .. id, unpack(fields))
end
return cmsgpack.pack(found)
