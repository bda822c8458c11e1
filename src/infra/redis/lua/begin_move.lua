-- begin_move: let a schedule fire nothing more on this queue, because it goes to another.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { name }
--   returns packed { last tick or false, mark on its new queue }
-- needs: schedules
local name = unpack(cmsgpack.unpack(ARGV[4]))
local last_tick, mark, document = find_schedule(name)
if not last_tick then
  return cmsgpack.pack({ false, 'a' })
end
local is_paused = mark == 'p' or mark == 'n'
keep_schedule(name, last_tick, is_paused and 'n' or 'm', document)
return cmsgpack.pack({ last_tick, is_paused and 'p' or 'a' })
