-- forget_worker: delete what is kept of a worker.
local function forget_worker(id)
  redis.call('HDEL', KEYS[1] .. ':workers', id)
  redis.call('HDEL', KEYS[1] .. ':asked', 'order:' .. id, 'stacks:' .. id)
  redis.call('HDEL', KEYS[1] .. ':stacks', id)
end
