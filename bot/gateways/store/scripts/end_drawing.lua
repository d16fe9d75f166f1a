-- Releases a card's lock. Where another owner has it by now, the card has to be drawn once more:
-- what this owner sent last may have arrived last.
--
-- KEYS[1] lock          the owner
-- KEYS[2] record        hash: painter, repaint_at
-- KEYS[3] due           zset
-- ARGV[1] owner
-- ARGV[2] member        "<kind>:<id>"
-- ARGV[3] now           unix seconds
-- ARGV[4] repaint at    unix seconds, where an edit may still arrive; '' where none may
local held = redis.call('GET', KEYS[1]) == ARGV[1]
if held then redis.call('DEL', KEYS[1]) end
if redis.call('EXISTS', KEYS[2]) == 0 then return 1 end
if ARGV[4] ~= '' or not held then
  local at = ARGV[4] ~= '' and ARGV[4] or ARGV[3]
  redis.call('HSET', KEYS[2], 'painter', 'lost', 'repaint_at', at)
  -- Sooner, where it is to be tried again before that.
  redis.call('ZADD', KEYS[3], 'LT', at, 'card:' .. ARGV[2])
elseif redis.call('HGET', KEYS[2], 'painter') == ARGV[1] then
  redis.call('HDEL', KEYS[2], 'painter', 'repaint_at')
end
return 1
