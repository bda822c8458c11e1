-- save_bulk: store the next version of a bulk operation, if the stored one is the version before it.
--   KEYS  1 the store's prefix
--   ARGV  4 packed { id, version, document }
--   returns 1, or 0 if it is not
local id, version, document = unpack(cmsgpack.unpack(ARGV[4]))
local stored = redis.call('HGET', KEYS[1] .. ':bulk', id)
local before = stored and tonumber(string.match(stored, '^%d+')) or 0
if before ~= version - 1 then
  return 0
end
redis.call('HSET', KEYS[1] .. ':bulk', id, version .. ' ' .. document)
return 1
