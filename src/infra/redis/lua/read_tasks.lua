-- read_tasks: tasks of one queue by their ids.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { id, … }
--   returns packed { { field, value, … }, … }; an empty list for an id that this queue does not have
local found = {}
for at, id in ipairs(cmsgpack.unpack(ARGV[4])) do
  found[at] = redis.call('HGETALL', KEYS[1] .. ':task:' .. id)
end
return cmsgpack.pack(found)
