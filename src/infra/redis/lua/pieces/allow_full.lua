-- allow_full: let this script write although the server has reached `maxmemory`. A server refuses a script's first
-- write when that may need memory, and none after a write that needs none (Redis 6.2 to 8, Valkey 7.2 to 9). Scripts
-- that end, cancel or delete tasks must run on a full server: they are how it gets room again.
redis.call('DEL', KEYS[2])
