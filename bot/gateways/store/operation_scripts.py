"""The scripts that change an operation: each compares, writes, and leaves its audit entry, at once.

KEYS of the first two: 1 operation, 2 lock, 3 due, 4 recent, 5 timer, 6 undone, 7 writes,
8 audit, 9 audit head. Their last six ARGV are the audit link.
"""

from bot.gateways.store.audit import CHAIN

# ARGV: 1 id, 2 version, 3 body, 4 due, 5 now, 6 lifetime, 7 lock lifetime, 8 recent lifetime
BEGIN = (
    CHAIN
    + """
if redis.call('EXISTS', KEYS[1]) == 1 then return {'kept', ARGV[1]} end
local holder = redis.call('GET', KEYS[2])
local recent = redis.call('GET', KEYS[4])
if recent and (holder == recent or redis.call('HGET', KEYS[5], 'ended') == recent) then
  return {'again', recent}
end
if holder then return {'busy', holder} end
-- What follows from the last one's end (a return set, or ended) comes before the next one begins.
local ended = redis.call('HGET', KEYS[5], 'ended')
if ended and redis.call('ZSCORE', KEYS[3], 'news:' .. ended) then return {'busy', ended} end
local undone = KEYS[6] ~= KEYS[1] and redis.call('GET', KEYS[6])
if undone then return {'undone', undone} end
if redis.call('EXISTS', KEYS[7]) == 1 then return {'off', ARGV[1]} end
local other = moved(KEYS[9], ARGV[9], ARGV[10])
if other then return other end
link(KEYS[8], KEYS[9], ARGV[11], ARGV[12], ARGV[13], ARGV[14])
redis.call('HSET', KEYS[1], 'v', ARGV[2], 'b', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[6])
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[7])
redis.call('ZADD', KEYS[3], ARGV[4], 'operation:' .. ARGV[1])
redis.call('ZADD', KEYS[3], ARGV[5], 'draw:operation:' .. ARGV[1])
redis.call('SET', KEYS[4], ARGV[1], 'EX', ARGV[8])
return {'new', ARGV[1]}
"""
)
# ARGV: 1 id, 2 version before, 3 version after, 4 body, 5 due or '', 6 when to draw,
#       7 lock lifetime, 8 'permit', 'ended', 'late' or '', 9 'effective' or '', 10 last seen or '',
#       11 lifetime of last seen, 12 lifetime of an undo
CHANGE = (
    CHAIN
    + """
local version = redis.call('HGET', KEYS[1], 'v')
if version ~= ARGV[2] then
  -- A redis-py retry of the very same write finds its own body: it has won.
  if version == ARGV[3] and redis.call('HGET', KEYS[1], 'b') == ARGV[4] then return {'won'} end
  return {'lost'}
end
if ARGV[8] == 'permit' and redis.call('EXISTS', KEYS[7]) == 1 then return {'off'} end
local other = moved(KEYS[9], ARGV[13], ARGV[14])
if other then return other end
link(KEYS[8], KEYS[9], ARGV[15], ARGV[16], ARGV[17], ARGV[18])
redis.call('HSET', KEYS[1], 'v', ARGV[3], 'b', ARGV[4])
if ARGV[5] == '' then
  redis.call('ZREM', KEYS[3], 'operation:' .. ARGV[1])
else
  redis.call('ZADD', KEYS[3], ARGV[5], 'operation:' .. ARGV[1])
end
redis.call('ZADD', KEYS[3], ARGV[6], 'draw:operation:' .. ARGV[1])
if ARGV[8] == 'ended' or ARGV[8] == 'late' then
  redis.call('ZADD', KEYS[3], ARGV[6], 'news:' .. ARGV[1])
end
if ARGV[10] ~= '' then
  redis.call('HSET', KEYS[5], 'seen', ARGV[10])
  redis.call('EXPIRE', KEYS[5], ARGV[11])
end
if ARGV[8] ~= 'ended' then
  if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('EXPIRE', KEYS[2], ARGV[7]) end
elseif redis.call('GET', KEYS[2]) == ARGV[1] then
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[5], 'ended', ARGV[1])
  redis.call('EXPIRE', KEYS[5], ARGV[11])
  if ARGV[9] == 'effective' then
    if KEYS[6] ~= KEYS[1] then redis.call('SET', KEYS[6], ARGV[1], 'EX', ARGV[12]) end
  elseif redis.call('GET', KEYS[4]) == ARGV[1] then
    redis.call('DEL', KEYS[4])
  end
end
return {'won'}
"""
)
# A picture older than what was drawn meanwhile leaves no mark; the newest one ends the work.
# An operation's card also tells of the return it set, so that one's version counts beside its own.
# KEYS: 1 record, 2 due, 3 return (of an operation). ARGV: 1 kind and id, 2 version, 3 its version.
DRAWN = """
local drawn = tonumber(redis.call('HGET', KEYS[1], 'drawn') or '-1')
local beside = tonumber(redis.call('HGET', KEYS[1], 'beside') or '0')
if drawn < tonumber(ARGV[2]) then redis.call('HSET', KEYS[1], 'drawn', ARGV[2]) end
if beside < tonumber(ARGV[3]) then redis.call('HSET', KEYS[1], 'beside', ARGV[3]) end
if redis.call('HGET', KEYS[1], 'v') ~= ARGV[2] then return 0 end
if drawn > tonumber(ARGV[2]) or beside > tonumber(ARGV[3]) then return 0 end
if KEYS[3] and (redis.call('HGET', KEYS[3], 'v') or '0') ~= ARGV[3] then return 0 end
redis.call('ZREM', KEYS[2], 'draw:' .. ARGV[1])
return 1
"""
# What follows from an operation's end was seen to; not if it has changed again.
# KEYS: 1 operation, 2 due. ARGV: 1 id, 2 version.
HEARD = """
if redis.call('HGET', KEYS[1], 'v') == ARGV[2] then
  redis.call('ZREM', KEYS[2], 'news:' .. ARGV[1])
end
return 1
"""
# Who paints may hold the brush for a while; a second painter comes back later.
# KEYS: 1 brush. ARGV: 1 painter.
LAID_DOWN = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
"""
