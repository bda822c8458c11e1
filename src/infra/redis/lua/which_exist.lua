-- which_exist: which of the ids are tasks of this queue.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { id, … }
--   returns packed { id, … }
local found = {}
for _, id in ipairs(cmsgpack.unpack(ARGV[4])) do
  if redis.call('EXISTS', KEYS[1] .. ':task:' .. id) == 1 then
    found[#found + 1] = id
  end
end
return cmsgpack.pack(found)
