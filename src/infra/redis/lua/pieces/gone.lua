-- gone: tasks whose hash somebody deleted. What is left of them (a lease, an index entry, a number among the counts)
-- would keep their queue busy for ever.
-- needs: storing
local gone = {} -- what was taken out already in this call: both a line and an index may name it

-- The type in whose index the id is, of those that are counted; nil if there is none.
local function type_in_index(kind, id)
  for _, name in ipairs(redis.call('HKEYS', KEYS[1] .. ':counts')) do
    local type_ = string.match(name, '^%l:(.*)$')
    if type_ and redis.call('ZSCORE', KEYS[1] .. kind .. type_, id) then
      return type_
    end
  end
end

-- Forget a pending or running task that is no more. The caller takes it out of its line.
local function forget_gone(id, type_)
  local was_running = redis.call('ZREM', KEYS[1] .. ':leases', id) == 1
  local was_later = redis.call('ZREM', KEYS[1] .. ':later', id) == 1
  type_ = type_ or type_in_index(':live:', id)
  if type_ and not gone[id] and redis.call('ZREM', KEYS[1] .. ':live:' .. type_, id) == 1 then
    gone[id] = true
    count(was_running and 'r' or 'p', type_, -1)
    redis.call('ZREM', awaited_of(type_), id)
    if was_later and tonumber(redis.call('HGET', KEYS[1] .. ':counts', 'l:' .. type_) or 0) > 0 then
      count('l', type_, -1)
    end
  end
  has_later_changed = has_later_changed or was_later
  redis.call('DEL', KEYS[1] .. ':attempts:' .. id)
end
