-- count_due: how many due tasks of a queue wait. Changes nothing.
--   KEYS  1 the queue's prefix
--   returns the number
-- needs: moments
local waiting, flat = 0, redis.call('HGETALL', KEYS[1] .. ':counts')
for at = 1, #flat, 2 do
  if string.find(flat[at], '^p:') then
    waiting = waiting + (tonumber(flat[at + 1]) or 0)
  end
end
return math.max(0, waiting - redis.call('ZCOUNT', KEYS[1] .. ':later', '(' .. now_text, '+inf'))
