-- Leases what is due: the caller has it until the lease ends, then it is due again.
--
-- KEYS[1] due           zset of members by the time at which they are due
-- ARGV[1] now           unix seconds
-- ARGV[2] lease end     unix seconds
-- Returns at most 200 members.
local members = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, 200)
for _, member in ipairs(members) do redis.call('ZADD', KEYS[1], 'XX', ARGV[2], member) end
return members
