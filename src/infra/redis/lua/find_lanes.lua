-- find_lanes: types with waiting tasks, in the order of the index, so that a client which serves thousands of types
-- needs not send them all. Changes nothing but where tasks wait that have become due.
--   KEYS  1 the queue's prefix, or the store's for the lanes of all queues
--   ARGV  4 packed { how many lanes to leave out, greatest number }
--   returns packed { number of lanes found, { type, … } }
-- needs: allow_full, taking, storing
local first, number = unpack(cmsgpack.unpack(ARGV[4]))
local is_of_all = KEYS[1] == store
if not is_of_all then
  promote_due()
  write_counts()
  check_index()
end
local found = redis.call('ZRANGE', KEYS[1] .. ':ready', first, first + number - 1)
local types = {}
for at, member in ipairs(found) do
  types[at] = string.match(member, is_of_all and '^%d+ [^ ]* [^ ]* (.*)$' or '^%d+ [^ ]* (.*)$')
end
return cmsgpack.pack({ #found, types })
