-- begin_store: make a store where there is none. What another opener was first with stays.
--   KEYS  1 the store's prefix
--   ARGV  4 packed { consumer group, format, an id }
--   returns the store's consumer group
local group, format, generation = unpack(cmsgpack.unpack(ARGV[4]))
redis.call('SET', KEYS[1] .. ':group', group, 'NX')
redis.call('HSETNX', KEYS[1] .. ':about', 'format', format)
redis.call('HSETNX', KEYS[1] .. ':about', 'generation', generation)
return redis.call('GET', KEYS[1] .. ':group')
