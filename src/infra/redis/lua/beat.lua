-- beat: note that a worker is alive.
--   KEYS  1 the store's prefix
--   ARGV  4 packed { worker id, what it says of itself }
-- needs: moments
local id, document = unpack(cmsgpack.unpack(ARGV[4]))
redis.call('HSET', KEYS[1] .. ':workers', id, now_text .. ' ' .. document)
return 1
