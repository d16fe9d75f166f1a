-- Stores a sign-in whatever was there before.
--
-- A redis-py retry knows its own earlier write by the sealed body, which no two writes share.
--
-- KEYS[1] sign-in       hash: v (version), c (sealed body)
-- ARGV[1] version
-- ARGV[2] body
-- ARGV[3] lifetime      in seconds
-- Returns {version, body} of the sign-in that was there, or {}.
local before = redis.call('HMGET', KEYS[1], 'v', 'c')
if before[2] == ARGV[2] then return {} end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'c', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
if not before[1] then return {} end
return before
