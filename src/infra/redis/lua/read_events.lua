-- read_events: events of tasks' logs with greater numbers than those that are given.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { { { id, number }, … }, at most so many of each }
--   returns packed { { { entry's id, { field, value, … } }, … }, … }
local asked, limit = unpack(cmsgpack.unpack(ARGV[4]))
local found = {}
for at, each in ipairs(asked) do
  local id, number = unpack(each)
  local start = '(' .. string.format('%.0f', number) .. '-0'
  found[at] = redis.call('XRANGE', KEYS[1] .. ':events:' .. id, start, '+', 'COUNT', limit)
end
return cmsgpack.pack(found)
