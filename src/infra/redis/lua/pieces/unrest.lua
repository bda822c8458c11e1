-- unrest: whether some queue has what a reclaimer may have to take back, to deliver, or to put in order.
--   ARGV  6 the store's prefix, '' where its queues may lie on another server: then nobody knows
local QUEUES_ASKED = 200

local function is_at_rest(queue)
  return redis.call('EXISTS', queue .. ':leases', queue .. ':outbox', queue .. ':levels') == 0
end

-- As the keys of the queue have it: see keys.py.
local function encoded(name)
  return (string.gsub(name, '[^%w_.~:-]', function(byte)
    return string.format('%%%02X', string.byte(byte))
  end))
end

local function has_unrest()
  local queues = ARGV[6] ~= '' and redis.call('SMEMBERS', ARGV[6] .. ':queues')
  if not queues or #queues > QUEUES_ASKED then
    return true
  end
  for _, name in ipairs(queues) do
    if not is_at_rest(string.sub(ARGV[6], 1, -2) .. ':' .. encoded(name) .. '}') then
      return true
    end
  end
  return false
end
