-- keep_schedule: store a schedule with its last tick and its mark, whatever there is of that name.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { name, last tick, mark, document }
-- needs: schedules, past
revive_queue()
keep_schedule(unpack(cmsgpack.unpack(ARGV[4])))
return 1
