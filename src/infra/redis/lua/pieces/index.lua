-- index: which levels have somebody waiting, ordered by their first task, so that a claim looks at no others. A head
-- is the due time, with leading zeros, and the id of a level's first task; so heads are ordered as texts.
--   heads   hash  level -> its head
--   ready   zset  minus the priority -> head and type: all waiting levels, the best first
--   ranks   hash  priority -> how many levels of it are in `ready`
-- On a server that has all keys of the store, its own `ready` has the levels of all queues, with the queue between
-- head and type, and its own `later` the moment at which the next task of each queue becomes due. `levels` has the
-- same levels as `heads`: releases before this index know but that.
--   ARGV  6 what the store's own keys begin with, or '' if they may lie on another server
-- needs: moments, places
local store = ARGV[6] ~= '' and ARGV[6]
local added_heads, touched_levels, has_later_changed = {}, {}, false
local known_heads, without_early = {}, {} -- of levels that this call has looked at already

local function queue_name()
  return string.sub(KEYS[1], #store + 1, -2)
end

local function head_text(due, id)
  return string.format('%017.0f ', due) .. id
end

-- A task waits in the level from now on.
local function note_added(level, due, id)
  local first = added_heads[level]
  if not first then
    added_heads[level] = { due = due, id = id }
  elseif due < first.due or (due == first.due and id < first.id) then
    first.due, first.id = due, id
  end
end

-- The level's head as its keys have it. `read` is the entry up to which the line is read, or true if that is not known.
local function find_head(level, read)
  local line, head = line_of(level), nil
  local entry = unpack(redis.call('XRANGE', line, '(' .. (read == true and last_read(line) or read), '+', 'COUNT', 1))
  if entry then
    head = head_text(tonumber(string.match(place_of(entry), '^%d+')), task_in(entry))
  end
  local early = not without_early[level] and redis.call('ZRANGE', early_of(level), 0, 0, 'WITHSCORES') or {}
  local early_id, early_due = unpack(early)
  if early_id then
    local beside = head_text(tonumber(early_due), early_id)
    return head and head < beside and head or beside
  end
  return head
end

local function change_entry(command, priority, head, type_)
  local is_new = command == 'ZADD'
  local member, score = head .. ' ' .. type_, is_new and 0 - tonumber(priority) or nil
  redis.call(command, KEYS[1] .. ':ready', unpack(is_new and { score, member } or { member }))
  if store then
    member = head .. ' ' .. queue_name() .. ' ' .. type_
    redis.call(command, store .. ':ready', unpack(is_new and { score, member } or { member }))
  end
end

-- `known` is what `heads` has, `head` what it shall have; false or nil where nobody waits.
local function put_head(level, known, head)
  local priority, type_ = string.match(level, '^([^:]*):(.*)$')
  if not head then
    redis.call('ZREM', KEYS[1] .. ':levels', level)
  elseif not known then
    redis.call('ZADD', KEYS[1] .. ':levels', priority, level)
  end
  if known and known ~= head then
    change_entry('ZREM', priority, known, type_)
  end
  if head and known ~= head then
    change_entry('ZADD', priority, head, type_)
    redis.call('HSET', KEYS[1] .. ':heads', level, head)
  end
  if head and not known then
    redis.call('HINCRBY', KEYS[1] .. ':ranks', priority, 1)
  elseif known and not head then
    redis.call('HDEL', KEYS[1] .. ':heads', level)
    if redis.call('HINCRBY', KEYS[1] .. ':ranks', priority, -1) <= 0 then
      redis.call('HDEL', KEYS[1] .. ':ranks', priority)
    end
  end
end

local function write_index()
  -- First what was left: a task whose priority changes has the same entry in both of its levels.
  for level, read in pairs(touched_levels) do
    put_head(level, known_heads[level] or redis.call('HGET', KEYS[1] .. ':heads', level), find_head(level, read))
  end
  for level, first in pairs(added_heads) do
    local known, head = redis.call('HGET', KEYS[1] .. ':heads', level), head_text(first.due, first.id)
    if not known or head < known then
      put_head(level, known, head)
    else
      redis.call('ZADD', KEYS[1] .. ':levels', string.match(level, '^[^:]*'), level)
    end
  end
  if has_later_changed and store then
    local _, due = unpack(redis.call('ZRANGE', KEYS[1] .. ':later', 0, 0, 'WITHSCORES'))
    if due then
      redis.call('ZADD', store .. ':later', due, queue_name())
    else
      redis.call('ZREM', store .. ':later', queue_name())
    end
  end
  added_heads, touched_levels, has_later_changed = {}, {}, false
  known_heads, without_early = {}, {}
end

-- Make the index anew from `levels`.
local function index_levels()
  local known = redis.call('HGETALL', KEYS[1] .. ':heads')
  for at = 1, #known, 2 do
    local priority, type_ = string.match(known[at], '^([^:]*):(.*)$')
    change_entry('ZREM', priority, known[at + 1], type_)
  end
  redis.call('DEL', KEYS[1] .. ':heads', KEYS[1] .. ':ready', KEYS[1] .. ':ranks')
  for _, level in ipairs(redis.call('ZRANGE', KEYS[1] .. ':levels', 0, -1)) do
    put_head(level, nil, find_head(level, true))
  end
  has_later_changed = true
  write_index()
end

-- A release without the index has changed `levels`, or somebody has deleted one of the keys.
local function check_index()
  if redis.call('ZCARD', KEYS[1] .. ':levels') ~= redis.call('HLEN', KEYS[1] .. ':heads') then
    index_levels()
  end
end
