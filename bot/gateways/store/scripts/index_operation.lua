-- Lists a stored operation under the beginning of its id, and among the changes of its requester in
-- the channel (false: among nobody's), of which the newest `most` are kept.
local function index_operation(ids, changes, id, lifetime, started_at, most)
  redis.call('SADD', ids, id)
  redis.call('EXPIRE', ids, lifetime)
  if not changes then return end
  redis.call('ZADD', changes, started_at, id)
  redis.call('ZREMRANGEBYRANK', changes, 0, -most - 1)
  redis.call('EXPIRE', changes, lifetime)
end
