-- list_ids: the first ids of each of some indexes of a queue, on one side of a bound. Changes nothing.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { { index, … }, bound ('(id', '+' for the newest, '-' for the oldest), greatest number for each
--           index, whether the oldest come first }
--   returns packed { id, … }, in no order; `leases` is no index, and gives all its ids on that side
local names, bound, limit, is_oldest_first = unpack(cmsgpack.unpack(ARGV[4]))

local function ids_of(name)
  local key = KEYS[1] .. ':' .. name
  if name == 'leases' then
    local ids = {}
    for _, id in ipairs(redis.call('ZRANGE', key, 0, -1)) do
      if bound == '+' or id < string.sub(bound, 2) then
        ids[#ids + 1] = id
      end
    end
    return ids
  elseif is_oldest_first then
    return redis.call('ZRANGEBYLEX', key, bound, '+', 'LIMIT', 0, limit)
  end
  return redis.call('ZREVRANGEBYLEX', key, bound, '-', 'LIMIT', 0, limit)
end

local found = {}
for _, name in ipairs(names) do
  for _, id in ipairs(ids_of(name)) do
    found[#found + 1] = id
  end
end
return cmsgpack.pack(found)
