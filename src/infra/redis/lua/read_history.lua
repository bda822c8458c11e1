-- read_history: the sums of each step, of each queue and type that are to be told apart. Changes nothing.
--   KEYS  1 the store's prefix
--   ARGV  4 packed { grain, step, since, until (seconds, beginnings of steps), queue or false, type or false,
--           whether queues are told apart, whether types are, how many numbers of each row are added up }
--   returns packed { { beginning, queue, type, { number, … } }, … }, in no order
-- needs: history
local grain, step, since, ends, queue, type_, by_queue, by_type, most = unpack(cmsgpack.unpack(ARGV[4]))
local sums, found = {}, {}

local function add(beginning, queue_of_row, type_of_row, packed)
  local queue_name, type_name = by_queue and queue_of_row or '', by_type and type_of_row or ''
  local name = beginning .. ' ' .. queue_name .. ' ' .. type_name
  local numbers = add_numbers(packed, sums[name] or {}, most)
  if not sums[name] then
    sums[name] = numbers
    found[#found + 1] = { beginning, queue_name, type_name, numbers }
  end
end

local span = SPANS[tostring(grain)]
for at = begin_of(since, span), ends - 1, span do
  local flat = redis.call('HGETALL', KEYS[1] .. ':' .. hash_of(grain, at))
  for place = 1, #flat, 2 do
    local moment, queue_of_row, type_of_row = string.match(flat[place], '^(%d+) (%S+) (%S+)$')
    moment = tonumber(moment)
    local is_wanted = (not queue or queue == queue_of_row) and (not type_ or type_ == type_of_row)
    if moment and moment >= since and moment < ends and is_wanted then
      add(begin_of(moment, step), queue_of_row, type_of_row, flat[place + 1])
    end
  end
end
return cmsgpack.pack(found)
