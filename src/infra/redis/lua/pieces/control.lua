-- control: whether the store's queues or pauses have changed since the caller read them. Only on a server that has
-- all keys.
--   KEYS  3 the store's `control`, if it is to be compared
--   ARGV  7 what the caller knows
local function has_control_changed()
  return KEYS[3] and (redis.call('GET', KEYS[3]) or '') ~= ARGV[7]
end
