-- records: attempts that ended. How a task's latest claim ended for good is told by the task's own hash; every other
-- record lies in the hash `attempts:<id>`, by its fence.
-- needs: moments
local function attempts_of(id)
  return KEYS[1] .. ':attempts:' .. id
end

local function record(id, fence, number, worker, started, ended, kind, failure)
  redis.call('HSET', attempts_of(id), fence, cmsgpack.pack({ number, worker, started, ended, kind, failure or '' }))
end

local function kind_of_record(packed)
  local _, _, _, _, kind = unpack(cmsgpack.unpack(packed), 1, 5)
  return kind
end

-- The kind of the record that the hash of an ended task tells, and whether its failure belongs to it; nil if none does.
-- `told` is the field `record`, which is left out where the state says it all.
local function told_record(state, told)
  if told == '-' then
    return nil
  elseif told then
    return string.match(told, '^(%a+)'), string.sub(told, -1) == '+'
  elseif state == 'c' then
    return 'completed', false
  elseif state == 'f' then
    return 'dead', true
  end
  return nil
end

-- What the field `record` must say, or nil where it may be left out.
local function tell_record(state, kind, failure)
  if (state == 'c' and kind == 'completed' and not failure) or (state == 'f' and kind == 'dead' and failure) then
    return nil
  end
  return failure and kind .. '+' or kind
end
