-- history: where numbers of what ran lie: rows of one grain, of some time together in a hash.
--   history:<grain>:<beginning>   hash  beginning of the row, queue and type -> packed numbers
--   history:hashes                zset  end, in seconds -> those hashes, and those of hours of failures
local SPANS = { ['60'] = 600, ['900'] = 21600, ['3600'] = 86400, ['21600'] = 604800 } -- by the grain, in seconds
local HOUR = 3600

local function remember_hash(name, ends)
  redis.call('ZADD', KEYS[1] .. ':history:hashes', ends, name)
end

local function begin_of(seconds, step)
  return seconds - seconds % step
end

local function hash_of(grain, at)
  return 'history:' .. grain .. ':' .. begin_of(at, SPANS[tostring(grain)])
end

local function hour_of(at)
  return 'failures:hour:' .. begin_of(at, HOUR)
end

local function add_numbers(known, numbers, most)
  for at, number in ipairs(known and cmsgpack.unpack(known) or {}) do
    if most and at > most then break end
    numbers[at] = (numbers[at] or 0) + number
  end
  return numbers
end
