-- last_broadcast: the position after the newest message that was ever stored.
--   KEYS  1 the store's prefix
local info = redis.pcall('XINFO', 'STREAM', KEYS[1] .. ':broadcasts')
for at = 1, info.err and 0 or #info, 2 do
  if info[at] == 'last-generated-id' then
    return info[at + 1]
  end
end
return '0-0'
