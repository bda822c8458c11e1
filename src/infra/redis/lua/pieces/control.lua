-- control: whether the store's queues or pauses have changed since the caller read them. Only on a server that has all keys.
--   KEYS  2 the store's `control`, if it is to be compared
--   ARGV  6 what the caller knows
local function has_control_changed()
  return KEYS[2] and (redis.call('GET', KEYS[2]) or '') ~= ARGV[6]
end
