-- Stores a delivery and marks it due, once and not after its last moment.
--
-- KEYS[1] delivery      hash: owner, body (sealed), replication (id of the server's history),
--                       bound (another copy was acknowledged), done
-- KEYS[2] due           zset
-- ARGV[1] owner         random word of this request. A redis-py retry after a lost reply runs the
--                       script again with the same owner, and must not take itself for a duplicate
-- ARGV[2] body
-- ARGV[3] lifetime      in seconds
-- ARGV[4] due at        unix seconds
-- ARGV[5] member        "delivery:<id>"
-- ARGV[6] last moment   in this server's clock, unix seconds
-- Returns {0 duplicate | 1 stored | 2 too late | 3 retracted by its owner, seconds, microseconds of this server's clock}.
--- @include "replication"
local time = redis.call('TIME')
local owner = redis.call('HGET', KEYS[1], 'owner')
if owner then
  if owner == ARGV[1] then return {1, time[1], time[2]} end
  if redis.call('HGET', KEYS[1], 'done') == 'retracted' then return {3, time[1], time[2]} end
  -- Whoever sent this copy is told that it is accepted, so its owner may retract it no more.
  redis.call('HSET', KEYS[1], 'bound', '1')
  return {0, time[1], time[2]}
end
if tonumber(time[1]) + tonumber(time[2]) / 1000000 > tonumber(ARGV[6]) then
  return {2, time[1], time[2]}
end
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'body', ARGV[2], 'replication', replication_id())
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[5])
return {1, time[1], time[2]}
