-- add_audit_entry: store an entry of the audit log in place of what has its id, and forget entries that are too old.
--   KEYS  1 the store's prefix
--   ARGV  4 packed { id, document, what is less than every id that is kept, how many to forget at most }
--   returns 1
-- needs: moments
local id, document, oldest, most = unpack(cmsgpack.unpack(ARGV[4]))
local log = KEYS[1] .. ':audit'
local member = id .. ' ' .. document

redis.call('ZADD', log, 0, member)
for _, other in ipairs(redis.call('ZRANGE', log, '[' .. id .. ' ', '(' .. id .. '!', 'BYLEX')) do
  if other ~= member then
    redis.call('ZREM', log, other)
  end
end
for _, old in ipairs(redis.call('ZRANGE', log, '-', '(' .. oldest, 'BYLEX', 'LIMIT', 0, most)) do
  redis.call('ZREM', log, old)
end
return 1
