-- moments: the time that this call goes by, in microseconds since 1970. As numbers they are exact until the year 2255;
-- a due time beyond that is compared by its nearest number and kept as the text it was given as.
--   ARGV  1 now, 2 the clock that leases are measured on; '' stands for the server's own clock
local function server_clock()
  local seconds, microseconds = unpack(redis.call('TIME'))
  return seconds * 1000000 + microseconds
end

local now = ARGV[1] == '' and server_clock() or tonumber(ARGV[1])
local lease_now = ARGV[2] == '' and now or tonumber(ARGV[2])

local function text_of(number)
  return string.format('%.0f', number)
end

-- The moment that a field holds. Nil for anything else, which somebody else wrote.
local function moment_of(value)
  return value and #value <= 18 and string.find(value, '^%-?%d+$') and tonumber(value) or nil
end

local now_text = text_of(now)
