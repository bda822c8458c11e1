-- batches: members gathered under their key, and one command for all of them. It goes in portions, because Lua's stack
-- holds no more than 8,000 values.
local PORTION = 4000 -- even, so that no pair is torn apart

local function gather(lists, key, first, second)
  local list = lists[key]
  if not list then
    list = {}
    lists[key] = list
  end
  list[#list + 1] = first
  if second ~= nil then
    list[#list + 1] = second
  end
end

-- Send `command key [option] member …` for every key.
local function send_gathered(command, lists, option)
  for key, list in pairs(lists) do
    for first = 1, #list, PORTION do
      local last = math.min(first + PORTION - 1, #list)
      if option then
        redis.call(command, key, option, unpack(list, first, last))
      else
        redis.call(command, key, unpack(list, first, last))
      end
    end
  end
end
