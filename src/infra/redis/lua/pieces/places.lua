-- places: the names of a level's keys, and the consumer group that reads its line.
--   ARGV  3 the name of the consumer group
local group = ARGV[3]

local levels_of = {} -- priority -> type -> level, so that they are made once

-- What somebody else wrote for a priority is taken for none.
local function level_of(priority, type_)
  priority = priority or '0'
  local levels = levels_of[priority]
  if not levels then
    levels = {}
    levels_of[priority] = levels
  end
  if not levels[type_] then
    local is_number = #priority <= 6 and string.find(priority, '^%-?%d+$')
    levels[type_] = (is_number and priority or '0') .. ':' .. type_
  end
  return levels[type_]
end

local function line_of(level)
  return KEYS[1] .. ':line:' .. level
end

local function early_of(level)
  return KEYS[1] .. ':early:' .. level
end

-- Make the line's stream and its group, if either is missing; a group that was deleted reads the stream from its start.
local function begin_line(line)
  redis.pcall('XGROUP', 'CREATE', line, group, '0', 'MKSTREAM')
end

-- An entry of a stream is { its id there, { field, value } }; the one value in a line is the task's id.
local function place_of(entry)
  local place = unpack(entry)
  return place
end

local function task_in(entry)
  local _, fields = unpack(entry)
  local _, id = unpack(fields)
  return id
end

-- How many entries XPENDING counts; none where the stream or its group is not there.
local function pending_in(summary)
  return summary.err and 0 or (unpack(summary))
end

-- The entry up to which the group has read the line.
local function last_read(line)
  local groups = redis.pcall('XINFO', 'GROUPS', line)
  if groups.err then
    return '0-0' -- there is no line
  end
  for _, each in ipairs(groups) do
    local info = {}
    for at = 1, #each, 2 do
      info[each[at]] = each[at + 1]
    end
    if info.name == group then
      return info['last-delivered-id']
    end
  end
  begin_line(line)
  return '0-0'
end
