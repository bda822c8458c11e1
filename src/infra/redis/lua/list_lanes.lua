-- list_lanes: the greatest ids of each of some indexes of a queue, below a bound. Changes nothing.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { { index, … }, '(id' or '+', greatest number for each index }
--   returns packed { { id, … }, … }, in the order of the indexes, the greatest id first; `leases` is no index:
--           it gives all its ids below the bound, in no order
local names, bound, limit = unpack(cmsgpack.unpack(ARGV[4]))

local function running()
  local ids = {}
  for _, id in ipairs(redis.call('ZRANGE', KEYS[1] .. ':leases', 0, -1)) do
    if bound == '+' or id < string.sub(bound, 2) then
      ids[#ids + 1] = id
    end
  end
  return ids
end

local found = {}
for at, name in ipairs(names) do
  found[at] = name == 'leases' and running()
    or redis.call('ZREVRANGEBYLEX', KEYS[1] .. ':' .. name, bound, '-', 'LIMIT', 0, limit)
end
return cmsgpack.pack(found)
