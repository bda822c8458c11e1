-- leave: forget a worker, and what was asked of it.
--   KEYS  1 the store's prefix
--   ARGV  4 packed { worker id }
-- needs: forget_worker
forget_worker(unpack(cmsgpack.unpack(ARGV[4])))
