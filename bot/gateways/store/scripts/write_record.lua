-- Writes a version of a versioned record, with all that the version implies, by compare-and-set.
--
-- KEYS[1] record        hash: v (version), b (sealed body)
-- KEYS[2] due           zset
-- KEYS[3] open          zset of the open records' ids
-- KEYS[4] unique        the record that has the unique key; KEYS[1] where the kind has none
-- KEYS[5] audit
-- KEYS[6] audit-head
-- KEYS[7] ids           set: the ids that begin with the same digits
-- ARGV[1] id
-- ARGV[2] kind
-- ARGV[3] version before, or '' for a new record
-- ARGV[4] version after
-- ARGV[5] body
-- ARGV[6] due at        unix seconds, or '' where nothing is due
-- ARGV[7] render at     unix seconds, or '' where no card is to be rendered
-- ARGV[8] lifetime      of a record that is not open, in seconds
-- ARGV[9] open score    or '' where the record is not open
-- ARGV[10] unique key   'claim' (only while no other record has it), 'take' (a new record takes it
--                       over), 'release', or ''
-- ARGV[11] audited      'audited' where an audit entry follows, or ''
-- ARGV[12] number before, [13] hash before, [14] entry, [15] number after, [16] hash after, [17] oldest
-- Returns {'won', holder of the unique key before or ''}, {'lost', ''}, {'held', holder}, or
-- {'moved', …}.
--- @include "audit_chain"
local id, kind, before, unique = ARGV[1], ARGV[2], ARGV[3], ARGV[10]

local version = redis.call('HGET', KEYS[1], 'v') or ''
if version ~= before then
  -- A redis-py retry of the very same write finds its own body: it has won.
  if version == ARGV[4] and redis.call('HGET', KEYS[1], 'b') == ARGV[5] then return {'won'} end
  return {'lost', ''}
end
local holder = KEYS[4] ~= KEYS[1] and redis.call('GET', KEYS[4])
if unique == 'claim' and holder and holder ~= id then return {'held', holder} end
if ARGV[11] == 'audited' then
  local moved = audit_head_moved(KEYS[6], ARGV[12], ARGV[13])
  if moved then return moved end
  audit_append(KEYS[5], KEYS[6], ARGV[14], ARGV[15], ARGV[16], ARGV[17])
end

redis.call('HSET', KEYS[1], 'v', ARGV[4], 'b', ARGV[5])
-- An open record never expires: an auto-enable may be scheduled for next year.
if ARGV[9] == '' then
  redis.call('EXPIRE', KEYS[1], ARGV[8])
  redis.call('ZREM', KEYS[3], id)
else
  redis.call('PERSIST', KEYS[1])
  redis.call('ZADD', KEYS[3], ARGV[9], id)
end
redis.call('SADD', KEYS[7], id)
redis.call('EXPIRE', KEYS[7], ARGV[8])
local member = kind .. ':' .. id
if ARGV[6] == '' then
  redis.call('ZREM', KEYS[2], member)
else
  redis.call('ZADD', KEYS[2], ARGV[6], member)
end
if ARGV[7] ~= '' then redis.call('ZADD', KEYS[2], ARGV[7], 'card:' .. member) end
-- The card of the operation that scheduled an auto-enable shows what becomes of it.
if kind == 'auto-enable' and before ~= '' then
  redis.call('ZADD', KEYS[2], 0, 'card:operation:' .. id)
end
if unique == 'release' then
  if holder == id then redis.call('DEL', KEYS[4]) end
elseif unique == 'claim' or (unique == 'take' and before == '') then
  redis.call('SET', KEYS[4], id)
end
return {'won', holder or ''}
