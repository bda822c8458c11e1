-- forget_history: delete what is older than it is kept.
--   KEYS  1 the store's prefix
--   ARGV  4 packed { { { grain, how long its hashes are kept after their end (seconds) }, … }, how long hours of
--           failures are kept (seconds), writers (us), groups of failures (us) }
--   returns 1
-- needs: moments
local grains_kept, failures_kept, writers_kept, groups_kept = unpack(cmsgpack.unpack(ARGV[4]))
local seconds = math.floor(now / 1000000)

local function kept(name)
  for _, each in ipairs(grains_kept) do
    local grain, seconds_kept = unpack(each)
    if string.find(name, '^history:' .. grain .. ':') then
      return seconds_kept
    end
  end
  return failures_kept
end

local flat = redis.call('ZRANGE', KEYS[1] .. ':history:hashes', 0, -1, 'WITHSCORES')
for at = 1, #flat, 2 do
  if tonumber(flat[at + 1]) + kept(flat[at]) <= seconds then
    redis.call('DEL', KEYS[1] .. ':' .. flat[at])
    redis.call('ZREM', KEYS[1] .. ':history:hashes', flat[at])
  end
end
local writers = redis.call('HGETALL', KEYS[1] .. ':history:writers')
for at = 1, #writers, 2 do
  if tonumber(string.match(writers[at + 1], ' (%d+)$') or 0) < now - writers_kept then
    redis.call('HDEL', KEYS[1] .. ':history:writers', writers[at])
  end
end
local old = redis.call('ZRANGEBYSCORE', KEYS[1] .. ':failures:seen', '-inf', '(' .. text_of(now - groups_kept))
for _, fingerprint in ipairs(old) do
  redis.call('HDEL', KEYS[1] .. ':failures', fingerprint)
  redis.call('ZREM', KEYS[1] .. ':failures:seen', fingerprint)
end
return 1
