-- indexes: the sorted sets that `find` reads, in which ids lie in their own order: per type the live tasks, per type
-- and state the ended ones, those of a workflow or a correlation that is not just their own id, those of a key and
-- those that have a tag.
-- needs: batches
local index_additions, index_removals = {}, {}
local index_names = { p = {}, r = {}, c = {}, f = {}, x = {} } -- state -> type -> name, so that they are made once

local function index_of(state, type_)
  local names = index_names[state] or index_names.r -- one that somebody else wrote tells nothing
  if not names[type_] then
    local is_live = state == 'p' or state == 'r' or not index_names[state]
    local kind = is_live and ':live:' or ':ids:' .. state .. ':'
    names[type_] = KEYS[1] .. kind .. type_
  end
  return names[type_]
end

local function enter_index(key, id)
  gather(index_additions, key, 0, id)
end

local function leave_index(key, id)
  gather(index_removals, key, id)
end

local function move_index(from, to, type_, id)
  local source, target = index_of(from, type_), index_of(to, type_)
  if source ~= target then
    leave_index(source, id)
    enter_index(target, id)
  end
end

-- The indexes that a task lies in from its first moment to its last.
local function lasting_indexes(workflow, correlation, task_key, tags)
  local keys = {}
  if workflow then
    keys[#keys + 1] = KEYS[1] .. ':workflow:' .. workflow
  end
  if correlation then
    keys[#keys + 1] = KEYS[1] .. ':correlation:' .. correlation
  end
  if task_key then
    keys[#keys + 1] = KEYS[1] .. ':of:' .. task_key
  end
  if tags then
    local is_list, list = pcall(cjson.decode, tags) -- somebody else may have written no list
    for _, tag in ipairs(is_list and type(list) == 'table' and list or {}) do
      keys[#keys + 1] = KEYS[1] .. ':tag:' .. tostring(tag)
    end
  end
  return keys
end

local function write_indexes()
  send_gathered('ZREM', index_removals)
  send_gathered('ZADD', index_additions)
end
