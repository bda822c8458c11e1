-- find_unindexed: queues whose lanes are not all in the index, because an older release or somebody else has changed
-- them. On a server that has all keys of the store. Changes nothing.
--   KEYS  1 the store's prefix
--   returns packed { queue, … }, as the store's `queues` names them
local own, indexed, unindexed = string.sub(KEYS[1], 1, -2), 0, {}

-- As keys.py does.
local function encoded(name)
  return (string.gsub(name, '[^%w:._~-]', function(byte)
    return string.format('%%%02X', string.byte(byte))
  end))
end

local queues = redis.call('SMEMBERS', KEYS[1] .. ':queues')
for _, queue in ipairs(queues) do
  local name = encoded(queue)
  local prefix = own .. ':' .. name .. '}'
  local lanes = redis.call('HLEN', prefix .. ':heads')
  local _, due = unpack(redis.call('ZRANGE', prefix .. ':later', 0, 0, 'WITHSCORES'))
  due = due or false
  if lanes ~= redis.call('ZCARD', prefix .. ':levels') or due ~= redis.call('ZSCORE', KEYS[1] .. ':later', name) then
    unindexed[#unindexed + 1] = queue
  end
  indexed = indexed + lanes
end
if #unindexed == 0 and indexed ~= redis.call('ZCARD', KEYS[1] .. ':ready') then
  return cmsgpack.pack(queues)
end
return cmsgpack.pack(unindexed)
