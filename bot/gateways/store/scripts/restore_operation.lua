-- Writes an operation that a failover has forgotten, or has in an older version, as it was.
--
-- KEYS[1] operation     hash: v (version), b (sealed body), ts (of its card), replication
-- KEYS[2] lock          the operation that holds the timer
-- KEYS[3] due           zset
-- KEYS[4] audit
-- KEYS[5] audit-head
-- KEYS[6] timer         hash; its field "ended" is the last operation that ended on it
-- KEYS[7] ids           set: the ids that begin with the same digits
-- KEYS[8] changes       zset: what the person changed in the channel; KEYS[1] where nobody did
-- ARGV[1] id
-- ARGV[2] version
-- ARGV[3] body
-- ARGV[4] due at        unix seconds, or '' where no step is left
-- ARGV[5] now           unix seconds
-- ARGV[6] lifetime      of the record, in seconds
-- ARGV[7] lock lifetime, or '' where it has ended
-- ARGV[8] message       ts of its card, or ''
-- ARGV[9] started at    unix seconds
-- ARGV[10] most changes that are kept
-- ARGV[11] number before, [12] hash before, [13] entry, [14] number after, [15] hash after, [16] oldest
-- Returns {'restored'}; {'known'}: this version or a newer one is stored; {'busy'}: another
-- operation holds the timer; or {'moved', …}.
--- @include "audit_chain"
--- @include "index_operation"
local id = ARGV[1]

local version = redis.call('HGET', KEYS[1], 'v')
if version and tonumber(version) >= tonumber(ARGV[2]) then return {'known'} end
local holder = redis.call('GET', KEYS[2])
if ARGV[7] ~= '' and holder and holder ~= id then return {'busy'} end

local moved = audit_head_moved(KEYS[5], ARGV[11], ARGV[12])
if moved then return moved end
audit_append(KEYS[4], KEYS[5], ARGV[13], ARGV[14], ARGV[15], ARGV[16])
-- No server has this history, so no permit is given: one may have been given and forgotten.
redis.call('HSET', KEYS[1], 'v', ARGV[2], 'b', ARGV[3], 'replication', 'forgotten')
redis.call('EXPIRE', KEYS[1], ARGV[6])
index_operation(KEYS[7], KEYS[8] ~= KEYS[1] and KEYS[8], id, ARGV[6], ARGV[9], ARGV[10])
if ARGV[8] ~= '' then redis.call('HSET', KEYS[1], 'ts', ARGV[8]) end
if ARGV[7] ~= '' then
  redis.call('SET', KEYS[2], id, 'EX', ARGV[7])
elseif holder == id then
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[6], 'ended', id)
end
if ARGV[4] ~= '' then redis.call('ZADD', KEYS[3], ARGV[4], 'operation:' .. id) end
redis.call('ZADD', KEYS[3], ARGV[5], 'card:operation:' .. id)
if ARGV[7] == '' then redis.call('ZADD', KEYS[3], ARGV[5], 'ended:' .. id) end
return {'restored'}
