-- receive_broadcasts: the messages after a position whose time is not over, oldest first.
--   KEYS  1 the store's prefix
--   ARGV  4 packed { position, greatest number, microseconds that messages are kept }
--   returns packed { { position after the message, { field, value, … } }, … }
-- needs: moments
local after, limit, kept_for = unpack(cmsgpack.unpack(ARGV[4]))
local oldest = text_of(now - kept_for) .. '-0'
local start = '(' .. after
if tonumber(string.match(after, '^%d+')) < now - kept_for then
  start = oldest
end
return cmsgpack.pack(redis.call('XRANGE', KEYS[1] .. ':broadcasts', start, '+', 'COUNT', limit))
