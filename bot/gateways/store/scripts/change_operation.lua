-- Writes an operation's next version and its audit entry, if the stored version is the one before.
--
-- KEYS[1] operation     hash: v (version), b (sealed body), replication (id of the server's history),
--                       older (the operation that ended on its timer before this one)
-- KEYS[2] lock          the operation that holds the timer
-- KEYS[3] due           zset
-- KEYS[4] dedupe        the latest operation of this person, verb, timer and "until"
-- KEYS[5] timer         hash: seen (sealed last observation), ended (last operation that ended)
-- KEYS[6] undone        the operation that undid the same one; KEYS[1] where nothing is undone
-- KEYS[7] kill-switch   exists while changes are stopped
-- KEYS[8] audit
-- KEYS[9] audit-head
-- ARGV[1] id
-- ARGV[2] version before
-- ARGV[3] version after
-- ARGV[4] body
-- ARGV[5] due at        unix seconds, or '' where no step is left
-- ARGV[6] render at     unix seconds
-- ARGV[7] lock lifetime in seconds
-- ARGV[8] kind          'permit', 'ended', 'late' (something was learnt after the end), or ''
-- ARGV[9] effective     'effective' where the timer is in the wanted state, or ''
-- ARGV[10] observation  sealed, or ''
-- ARGV[11] timer lifetime
-- ARGV[12] undone lifetime
-- ARGV[13] number before, [14] hash before, [15] entry, [16] number after, [17] hash after, [18] oldest
-- Returns {'won'}, {'lost'}, {'stopped'} (no permit while changes are stopped),
-- {'failed_over'} (no permit: an earlier one may have been forgotten), or {'moved', …}.
--- @include "audit_chain"
--- @include "replication"
local id, kind = ARGV[1], ARGV[8]

local version = redis.call('HGET', KEYS[1], 'v')
if version ~= ARGV[2] then
  -- A redis-py retry of the very same write finds its own body: it has won.
  if version == ARGV[3] and redis.call('HGET', KEYS[1], 'b') == ARGV[4] then return {'won'} end
  return {'lost'}
end
if kind == 'permit' then
  if redis.call('EXISTS', KEYS[7]) == 1 then return {'stopped'} end
  if failed_over(redis.call('HGET', KEYS[1], 'replication') or '') then return {'failed_over'} end
end

local moved = audit_head_moved(KEYS[9], ARGV[13], ARGV[14])
if moved then return moved end
audit_append(KEYS[8], KEYS[9], ARGV[15], ARGV[16], ARGV[17], ARGV[18])
redis.call('HSET', KEYS[1], 'v', ARGV[3], 'b', ARGV[4])
if ARGV[5] == '' then
  redis.call('ZREM', KEYS[3], 'operation:' .. id)
else
  redis.call('ZADD', KEYS[3], ARGV[5], 'operation:' .. id)
end
redis.call('ZADD', KEYS[3], ARGV[6], 'card:operation:' .. id)
if kind == 'ended' or kind == 'late' then
  redis.call('ZADD', KEYS[3], ARGV[6], 'ended:' .. id)
end
if ARGV[10] ~= '' then
  redis.call('HSET', KEYS[5], 'seen', ARGV[10])
  redis.call('EXPIRE', KEYS[5], ARGV[11])
end

local holds_lock = redis.call('GET', KEYS[2]) == id
if kind ~= 'ended' then
  if holds_lock then redis.call('EXPIRE', KEYS[2], ARGV[7]) end
elseif holds_lock then
  redis.call('DEL', KEYS[2])
  local older = redis.call('HGET', KEYS[5], 'ended')
  if older and older ~= id then redis.call('HSET', KEYS[1], 'older', older) end
  redis.call('HSET', KEYS[5], 'ended', id)
  redis.call('EXPIRE', KEYS[5], ARGV[11])
  if ARGV[9] == 'effective' then
    if KEYS[6] ~= KEYS[1] then redis.call('SET', KEYS[6], id, 'EX', ARGV[12]) end
  elseif redis.call('GET', KEYS[4]) == id then
    redis.call('DEL', KEYS[4])
  end
end
return {'won'}
