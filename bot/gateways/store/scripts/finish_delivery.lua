-- Marks a delivery as answered: its body is deleted, its id stays against duplicates.
--
-- KEYS[1] delivery      hash: owner, body (sealed), done
-- KEYS[2] due           zset
-- ARGV[1] member        "delivery:<id>"
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('HSET', KEYS[1], 'done', '1')
  redis.call('HDEL', KEYS[1], 'body')
end
redis.call('ZREM', KEYS[2], ARGV[1])
return 1
