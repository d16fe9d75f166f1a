-- Takes a card's lock, and notes that its message may be overtaken by an older one.
--
-- Whoever edits the message says so first. An edit that nobody confirmed (its process was paused or
-- killed, or its answer got lost) may still arrive, and show an older version for good. So the card
-- is drawn once more when that cannot happen any more.
--
-- KEYS[1] lock          the owner
-- KEYS[2] record        hash: painter (owner of an edit without confirmation, or 'lost'),
--                       repaint_at (unix seconds)
-- ARGV[1] owner
-- ARGV[2] lock lifetime in seconds
-- ARGV[3] now           unix seconds
-- ARGV[4] repaint at    unix seconds: when no edit that begins now can arrive any more
-- Returns {0} where another owner has the lock, else {1, 1 where the card has to be drawn again
-- although it shows the newest version, else 0}.
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'EX', ARGV[2]) then return {0} end
if redis.call('EXISTS', KEYS[2]) == 0 then return {1, 0} end
local painter, repaint_at = unpack(redis.call('HMGET', KEYS[2], 'painter', 'repaint_at'))
if painter and tonumber(repaint_at) > tonumber(ARGV[3]) then
  redis.call('HSET', KEYS[2], 'painter', 'lost')
  return {1, 0}
end
redis.call('HSET', KEYS[2], 'painter', ARGV[1], 'repaint_at', ARGV[4])
return {1, painter and 1 or 0}
