-- Marks what follows from an operation's end as done, unless the operation has changed since.
--
-- KEYS[1] operation     hash: v (version)
-- KEYS[2] due           zset
-- ARGV[1] id
-- ARGV[2] version       the version that was handled
if redis.call('HGET', KEYS[1], 'v') == ARGV[2] then
  redis.call('ZREM', KEYS[2], 'ended:' .. ARGV[1])
end
return 1
