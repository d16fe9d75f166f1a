-- Marks a version of a record as shown by its card; the newest version ends the work on the card.
--
-- The card of an operation also shows the auto-enable that the operation scheduled, so the
-- auto-enable's version counts beside the operation's own.
--
-- KEYS[1] record        hash: v (version), rendered, auto_enable_version (versions last rendered),
--                       painter, repaint_at (see begin_drawing)
-- KEYS[2] due           zset
-- KEYS[3] auto-enable   hash: v; given for an operation only
-- ARGV[1] member        "<kind>:<id>"
-- ARGV[2] version       that the card shows
-- ARGV[3] auto-enable version that the card shows, 0 for none
-- Returns 1 where the card shows the newest, else 0. An older card leaves no mark.
local rendered = tonumber(redis.call('HGET', KEYS[1], 'rendered') or '-1')
local auto_enable = tonumber(redis.call('HGET', KEYS[1], 'auto_enable_version') or '0')
if rendered < tonumber(ARGV[2]) then redis.call('HSET', KEYS[1], 'rendered', ARGV[2]) end
if auto_enable < tonumber(ARGV[3]) then
  redis.call('HSET', KEYS[1], 'auto_enable_version', ARGV[3])
end
if redis.call('HGET', KEYS[1], 'v') ~= ARGV[2] then return 0 end
if rendered > tonumber(ARGV[2]) or auto_enable > tonumber(ARGV[3]) then return 0 end
local painter, repaint_at = unpack(redis.call('HMGET', KEYS[1], 'painter', 'repaint_at'))
if KEYS[3] and (redis.call('HGET', KEYS[3], 'v') or '0') ~= ARGV[3] then return 0 end
if painter == 'lost' then
  redis.call('ZADD', KEYS[2], repaint_at, 'card:' .. ARGV[1])
else
  redis.call('ZREM', KEYS[2], 'card:' .. ARGV[1])
end
return 1
