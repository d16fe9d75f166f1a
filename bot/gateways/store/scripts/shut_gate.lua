-- Shuts a gate until a time; a gate that is shut for longer stays so.
--
-- KEYS[1] gate
-- ARGV[1] until         unix seconds
-- ARGV[2] lifetime      in seconds
local before = redis.call('GET', KEYS[1])
if before and tonumber(before) >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
