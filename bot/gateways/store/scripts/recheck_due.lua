-- Makes due at once what is due within a time span.
--
-- KEYS[1] due           zset
-- ARGV[1] now           unix seconds
-- ARGV[2] until         unix seconds
-- Returns how many.
local members = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[1], ARGV[2])
for _, member in ipairs(members) do redis.call('ZADD', KEYS[1], 'XX', ARGV[1], member) end
return #members
