-- Records a click in a modal, unless a later one is known.
--
-- KEYS[1] modal         hash: at, id (the last click)
-- ARGV[1] at            when it was clicked, in Slack's clock
-- ARGV[2] delivery      id
-- ARGV[3] lifetime      in seconds
-- Returns 1 where no later click is known, else 0.
local at, id = unpack(redis.call('HMGET', KEYS[1], 'at', 'id'))
if at and id ~= ARGV[2] and tonumber(at) >= tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'at', ARGV[1], 'id', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
