-- put_schedule: create a schedule on this queue, or give it another document and leave its last tick and its mark
-- alone.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { name, document }
--   returns packed { last tick, mark }
-- needs: moments, schedules, past
revive_queue()
local name, document = unpack(cmsgpack.unpack(ARGV[4]))
local last_tick, mark = find_schedule(name)
last_tick, mark = last_tick or now_text, mark or 'a'
mark = ({ m = 'a', n = 'p' })[mark] or mark -- it stays after all
keep_schedule(name, last_tick, mark, document)
return cmsgpack.pack({ last_tick, mark })
