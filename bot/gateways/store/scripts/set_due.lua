-- Makes a record due at another time, unless it has changed since the caller read it.
--
-- Without the comparison a process that was paused would make due what has ended meanwhile.
--
-- KEYS[1] record        hash: v (version)
-- KEYS[2] due           zset
-- KEYS[3] lock          the record's id while it holds the timer; given for an operation only
-- ARGV[1] member        "<kind>:<id>"
-- ARGV[2] version       that the caller read; '' where there was no record
-- ARGV[3] due at        unix seconds, or '' for not at all
-- ARGV[4] id
-- ARGV[5] lock lifetime in seconds
-- Returns 1, or 0 where the record has another version now.
if (redis.call('HGET', KEYS[1], 'v') or '') ~= ARGV[2] then return 0 end
if ARGV[3] == '' then
  redis.call('ZREM', KEYS[2], ARGV[1])
else
  redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
end
if KEYS[3] and redis.call('GET', KEYS[3]) == ARGV[4] then
  redis.call('EXPIRE', KEYS[3], ARGV[5])
end
return 1
