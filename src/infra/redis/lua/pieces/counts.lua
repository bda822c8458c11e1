-- counts: how many tasks of each type are in each state, changed as tasks move and written once.
-- States are p(ending), r(unning), c(ompleted), f(ailed), x (cancelled); C, F, X count those of them that were pruned,
-- and l those that wait for a later due time and have never run.
local count_changes = {}

local function count(state, type_, number)
  local changes = count_changes[state]
  if not changes then
    changes = {}
    count_changes[state] = changes
  end
  changes[type_] = (changes[type_] or 0) + number
end

local function write_counts()
  for state, changes in pairs(count_changes) do
    for type_, change in pairs(changes) do
      if change ~= 0 then
        redis.call('HINCRBY', KEYS[1] .. ':counts', state .. ':' .. type_, change)
      end
    end
  end
  count_changes = {}
end
