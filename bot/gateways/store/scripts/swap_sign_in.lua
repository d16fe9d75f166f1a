-- Replaces a sign-in if the stored version is the expected one.
--
-- A redis-py retry knows its own earlier write by the sealed body, which no two writes share.
--
-- KEYS[1] sign-in       hash: v (version), c (sealed body)
-- ARGV[1] version before
-- ARGV[2] version after
-- ARGV[3] body
-- ARGV[4] lifetime      in seconds; 0 leaves the time at which it expires as it is
-- Returns 1 where it was written, else 0.
local stored = redis.call('HMGET', KEYS[1], 'v', 'c')
if stored[2] == ARGV[3] then return 1 end
if stored[1] ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[2], 'c', ARGV[3])
if ARGV[4] ~= '0' then redis.call('EXPIRE', KEYS[1], ARGV[4]) end
return 1
