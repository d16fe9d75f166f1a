-- Removes handled events from a channel's outbox; events that came in meanwhile stay due.
--
-- KEYS[1] outbox        hash of sealed events, by event key
-- KEYS[2] due           zset
-- ARGV[1] member        "batch:<channel>"
-- ARGV[2] again at      unix seconds, for what is left
-- ARGV[3] event key, and more of them up to the last argument
for place = 3, #ARGV do redis.call('HDEL', KEYS[1], ARGV[place]) end
if redis.call('HLEN', KEYS[1]) == 0 then
  redis.call('ZREM', KEYS[2], ARGV[1])
else
  redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
end
return 1
