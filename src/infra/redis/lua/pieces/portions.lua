-- portions: a part of what there is, another one at each call, so that no call takes long.
-- needs: moments

-- The whole list or, of more than `most`, so many from a place that the clock's milliseconds give.
local function some_of(list, most)
  if #list <= most then
    return list
  end
  local part, first = {}, math.floor(now / 1000) % #list
  for at = 1, most do
    part[at] = list[(first + at - 1) % #list + 1]
  end
  return part
end

-- Whether it is this call's turn to go through so many: of thousands, now and then.
local function is_turn(number, most)
  return math.floor(now / 1000) % math.ceil(math.max(number, 1) / most) == 0
end
