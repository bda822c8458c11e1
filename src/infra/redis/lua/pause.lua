-- pause: let nobody claim from a queue or of a type, from now on.
--   KEYS  1 the store's prefix
--   ARGV  4 packed { kind:name }
--   returns 1, or 0 if it was paused already
-- needs: moments
return redis.call('HSETNX', KEYS[1] .. ':pauses', cmsgpack.unpack(ARGV[4])[1], now_text)
