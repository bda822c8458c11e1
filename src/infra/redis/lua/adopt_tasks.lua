-- adopt_tasks: find tasks of a queue that no index has, so that nobody would ever list, claim or count them, and give
-- them their places. A slot that was moved under an older release left such.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { { id, … }, whether they are only to be found }
--   returns how many there are
-- needs: allow_full, storing, astray, recount, past
local ids, is_dry = unpack(cmsgpack.unpack(ARGV[4]))
local FIELDS = { 'type', 'state', 'priority', 'created', 'due', 'entry', 'end' }
local LASTING = { 'workflow', 'correlation', 'task_key', 'tags' }

local function enter(id, type_, state)
  enter_index(index_of(state, type_), id)
  local fields = redis.call('HMGET', task_of(id), unpack(LASTING))
  for _, index in ipairs(lasting_indexes(unpack(fields, 1, #LASTING))) do
    enter_index(index, id)
  end
end

-- A running task is given one lease more: its worker may still be at it.
local function put_in_place(id, state, level, entry, due, ended)
  if state == 'p' and not is_in_its_place(id, level, entry, due) then
    put_back(id, level, due, (moment_of(due) or now) > now)
  elseif state == 'r' then
    local longest = tonumber(redis.call('HGET', KEYS[1] .. ':counts', 'lease') or 0)
    redis.call('ZADD', KEYS[1] .. ':leases', 'NX', text_of(lease_now + longest), id)
  elseif state ~= 'p' then
    redis.call('ZADD', KEYS[1] .. ':ended:' .. state, ended, id)
  end
end

local adopted, types = 0, {}
for _, id in ipairs(ids) do
  local type_, state, priority, created, due, entry, ended =
    unpack(redis.call('HMGET', task_of(id), unpack(FIELDS)))
  state = state or 'p'
  if type_ and created and not redis.call('ZSCORE', index_of(state, type_), id) then
    adopted = adopted + 1
    if not is_dry then
      enter(id, type_, state)
      put_in_place(id, state, level_of(priority, type_), entry, due or created, ended)
      types[type_] = true
    end
  end
end
if adopted > 0 and not is_dry then
  revive_queue()
  write_new()
  read_counts()
  local changed = {}
  for type_ in pairs(types) do
    changed[#changed + 1] = type_
  end
  recount(changed)
  redis.call('PUBLISH', ARGV[5], '')
end
return adopted
