-- keep_lines: keep the lines that runs of tasks of one queue have logged; those of a run that has some stay.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { { id, fence, { attempt, lines } }, … }
for _, log in ipairs(cmsgpack.unpack(ARGV[4])) do
  local id, fence, kept = unpack(log)
  if redis.call('EXISTS', KEYS[1] .. ':task:' .. id) == 1 then
    redis.call('HSETNX', KEYS[1] .. ':lines:' .. id, fence, cmsgpack.pack(kept))
  end
end
return 1
