-- Retracts a delivery, also one that is still to be stored: it leaves a tombstone for its owner.
--
-- KEYS[1] delivery      hash: owner, body (sealed), bound (another copy was acknowledged), done
-- KEYS[2] due           zset
-- ARGV[1] owner         what another request has stored is not this one's to retract
-- ARGV[2] lifetime      of the tombstone, in seconds
-- ARGV[3] member        "delivery:<id>"
-- Returns 'retracted'; 'answered' where it was answered before; or 'kept' where another copy of it
-- was acknowledged.
local owner = redis.call('HGET', KEYS[1], 'owner')
local done, bound = unpack(redis.call('HMGET', KEYS[1], 'done', 'bound'))
if done == '1' then return 'answered' end
if owner and owner ~= ARGV[1] then return done == 'retracted' and 'retracted' or 'kept' end
if bound and not done then return 'kept' end
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'done', 'retracted')
redis.call('HDEL', KEYS[1], 'body')
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('ZREM', KEYS[2], ARGV[3])
return 'retracted'
