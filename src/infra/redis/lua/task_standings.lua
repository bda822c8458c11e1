-- task_standings: how tasks of one queue stand, and the result of those that have completed.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { id, … }
--   returns packed { { field, value, … } or false for one that the queue has not, … }
local FIELDS = { 'state', 'fence', 'interruptions', 'end', 'progress', 'note', 'failure', 'gone' }
local found = {}
for at, id in ipairs(cmsgpack.unpack(ARGV[4])) do
  local key = KEYS[1] .. ':task:' .. id
  local values, flat = redis.call('HMGET', key, unpack(FIELDS)), {}
  for place, name in ipairs(FIELDS) do
    if values[place] then
      flat[#flat + 1], flat[#flat + 2] = name, values[place]
    end
  end
  local state = unpack(values)
  local result = state == 'c' and redis.call('HGET', key, 'result')
  if result then
    flat[#flat + 1], flat[#flat + 2] = 'result', result
  end
  found[at] = redis.call('EXISTS', key) == 1 and flat
end
return cmsgpack.pack(found)
