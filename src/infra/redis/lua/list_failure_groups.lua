-- list_failure_groups: groups of failures, the latest first, from after one of them. Changes nothing.
--   KEYS  1 the store's prefix
--   ARGV  4 packed { since (us), moment (us) and fingerprint of the last group before or false, type or false, at most
--           so many }
--   returns packed { now, { { fingerprint, group, { runs in each of the last 24 hours, oldest first } }, … } }
-- needs: moments, history
local HOURS_SHOWN, PORTION = 24, 100
local since, moment, fingerprint, type_, limit = unpack(cmsgpack.unpack(ARGV[4]))

local function hours_of(id)
  local hours, this_hour = {}, begin_of(math.floor(now / 1000000), HOUR)
  for back = HOURS_SHOWN - 1, 0, -1 do
    local runs = redis.call('HGET', KEYS[1] .. ':' .. hour_of(this_hour - back * HOUR), id)
    hours[#hours + 1] = tonumber(runs or 0)
  end
  return hours
end

local function is_before(score, id)
  return not moment or tonumber(score) < moment or id < fingerprint
end

local groups, offset = {}, 0
repeat
  local newest = moment and text_of(moment) or '+inf'
  local flat = redis.call('ZRANGE', KEYS[1] .. ':failures:seen', newest, text_of(since), 'BYSCORE', 'REV',
    'LIMIT', offset, PORTION, 'WITHSCORES')
  for at = 1, #flat, 2 do
    local id = flat[at]
    local packed = #groups < limit and is_before(flat[at + 1], id) and redis.call('HGET', KEYS[1] .. ':failures', id)
    if packed then
      local group = cmsgpack.unpack(packed)
      local type_of_group = unpack(group)
      if not type_ or type_ == type_of_group then
        groups[#groups + 1] = { id, group, hours_of(id) }
      end
    end
  end
  offset = offset + PORTION
until #flat == 0 or #groups >= limit
return cmsgpack.pack({ now, groups })
