-- count_later: how many pending tasks of a queue are not due yet, of those that are due first. Reads no task unless one
-- of them has run before. Changes nothing.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed, at most so many
--   returns packed { all, those that wait for another attempt, the first moment of the others, and of those }, a moment
--   that there is not being ''
-- needs: moments
local later, at_most = KEYS[1] .. ':later', cmsgpack.unpack(ARGV[4])
local new, flat = 0, redis.call('HGETALL', KEYS[1] .. ':counts')
for at = 1, #flat, 2 do
  if string.find(flat[at], '^l:') then
    new = new + (tonumber(flat[at + 1]) or 0)
  end
end
if new == redis.call('ZCARD', later) then
  local _, first = unpack(redis.call('ZRANGEBYSCORE', later, '(' .. now_text, '+inf', 'WITHSCORES', 'LIMIT', 0, 1))
  local number = redis.call('ZCOUNT', later, '(' .. now_text, '+inf')
  return cmsgpack.pack({ number, 0, first and text_of(tonumber(first)) or '', '' })
end
local found = redis.call('ZRANGEBYSCORE', later, '(' .. now_text, '+inf', 'WITHSCORES', 'LIMIT', 0, at_most)
local again, first_new, first_again = 0, '', ''
for at = 1, #found, 2 do
  local fence, interruptions = unpack(redis.call('HMGET', KEYS[1] .. ':task:' .. found[at], 'fence', 'interruptions'))
  local due = text_of(tonumber(found[at + 1]))
  if (tonumber(fence) or 0) > (tonumber(interruptions) or 0) then
    again = again + 1
    first_again = first_again == '' and due or first_again
  else
    first_new = first_new == '' and due or first_new
  end
end
return cmsgpack.pack({ #found / 2, again, first_new, first_again })
