-- pause: let nobody claim from a queue or of a type, from now on.
--   KEYS  1 the store's prefix
--   ARGV  4 packed { kind:name, a new value for `control`, who and why }
--   returns 1, or 0 if it was paused already
-- needs: allow_full, moments
local name, token, note = unpack(cmsgpack.unpack(ARGV[4]))
local paused = redis.call('HSETNX', KEYS[1] .. ':pauses', name, now_text)
if paused == 1 then
  redis.call('HSET', KEYS[1] .. ':notes', name, now_text .. ' ' .. note)
  redis.call('SET', KEYS[1] .. ':control', token)
end
return paused
