-- Makes a message the card of a record, unless another process has made one of its own meanwhile.
--
-- A process that is paused while it posts loses its lock, so another one posts too. One of the two
-- messages must not stay: it would never be updated.
--
-- KEYS[1] record        hash: ts (the message that is its card)
-- ARGV[1] ts            of the message
-- ARGV[2] ts            that the caller knew before it posted, '' for none
-- Returns the ts of the message that is the card now.
local card = redis.call('HGET', KEYS[1], 'ts') or ''
if card ~= ARGV[2] then return card end
redis.call('HSET', KEYS[1], 'ts', ARGV[1])
return ARGV[1]
