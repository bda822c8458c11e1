-- write_pruned: make the number of pruned tasks of each type and state at least what is given, and count them as tasks.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { { state letter, type, number }, … }
for _, each in ipairs(cmsgpack.unpack(ARGV[4])) do
  local state, type_, number = unpack(each)
  local pruned = string.upper(state)
  local more = number - tonumber(redis.call('HGET', KEYS[1] .. ':counts', pruned .. ':' .. type_) or 0)
  if more > 0 then
    redis.call('HINCRBY', KEYS[1] .. ':counts', pruned .. ':' .. type_, more)
    redis.call('HINCRBY', KEYS[1] .. ':counts', state .. ':' .. type_, more)
  end
end
return 1
