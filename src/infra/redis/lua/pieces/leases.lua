-- leases: the sorted set `leases` orders running tasks by the moment at which their lease ends.
-- needs: moments
local CLOCK_STEP = 5000000

local function longest_lease()
  return tonumber(redis.call('HGET', KEYS[1] .. ':counts', 'lease') or 0)
end

-- A lease that ends later than any could have been made is left from before the server's clock was set back.
local function seems_to_begin_later(ends, longest)
  return ends > lease_now + longest + CLOCK_STEP
end

local function has_run_out(id)
  local ends = tonumber(redis.call('ZSCORE', KEYS[1] .. ':leases', id) or 0)
  return ends < lease_now or seems_to_begin_later(ends, longest_lease())
end
