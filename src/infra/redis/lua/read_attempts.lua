-- read_attempts: tasks of one queue by their ids, each with the records that are kept apart.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { id, … }
--   returns packed { { { field, value, … }, { { fence, record }, … } }, … }; no fields for an
--           id that the queue has not
local function records_of(id)
  local flat, records = redis.call('HGETALL', KEYS[1] .. ':attempts:' .. id), {}
  for at = 1, #flat, 2 do
    records[#records + 1] = { flat[at], cmsgpack.unpack(flat[at + 1]) }
  end
  return records
end

local found = {}
for at, id in ipairs(cmsgpack.unpack(ARGV[4])) do
  found[at] = { redis.call('HGETALL', KEYS[1] .. ':task:' .. id), records_of(id) }
end
return cmsgpack.pack(found)
