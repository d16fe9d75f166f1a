-- Starts an operation: takes its timer's lock and writes the record and its audit entry.
--
-- KEYS[1] operation     hash: v (version), b (sealed body), replication (id of the server's history)
-- KEYS[2] lock          the operation that holds the timer
-- KEYS[3] due           zset
-- KEYS[4] dedupe        the latest operation of this person, verb, timer and "until"
-- KEYS[5] timer         hash; its field "ended" is the last operation that ended on it
-- KEYS[6] undone        the operation that undid the same one; KEYS[1] where nothing is undone
-- KEYS[7] kill-switch   exists while changes are stopped
-- KEYS[8] audit
-- KEYS[9] audit-head
-- KEYS[10] delivery     that is being answered; KEYS[1] where it does not come from one
-- KEYS[11] ids          set: the ids that begin with the same digits
-- KEYS[12] changes      zset: what the person changed in the channel; KEYS[1] where nobody did
-- ARGV[1] id
-- ARGV[2] version
-- ARGV[3] body
-- ARGV[4] due at        unix seconds
-- ARGV[5] render at     unix seconds
-- ARGV[6] lifetime      of the record, in seconds
-- ARGV[7] lock lifetime
-- ARGV[8] dedupe lifetime
-- ARGV[9] started at    unix seconds
-- ARGV[10] most changes that are kept
-- ARGV[11] number before, [12] hash before, [13] entry, [14] number after, [15] hash after, [16] oldest
-- Returns {result, operation id}, the results as in `operations.StartResult`; or {'moved', …}.
--- @include "audit_chain"
--- @include "index_operation"
--- @include "replication"
local id = ARGV[1]

if redis.call('EXISTS', KEYS[1]) == 1 then return {'exists', id} end
-- This answer was paused, and another process has given one meanwhile.
if redis.call('HGET', KEYS[10], 'done') then return {'answered', id} end
local holder = redis.call('GET', KEYS[2])
local recent = redis.call('GET', KEYS[4])
if recent and (holder == recent or redis.call('HGET', KEYS[5], 'ended') == recent) then
  return {'duplicate', recent}
end
if holder then return {'busy', holder} end
-- What follows from the end of the last one (an auto-enable is scheduled or closed) comes first.
local ended = redis.call('HGET', KEYS[5], 'ended')
if ended and redis.call('ZSCORE', KEYS[3], 'ended:' .. ended) then return {'busy', ended} end
local undone_by = KEYS[6] ~= KEYS[1] and redis.call('GET', KEYS[6])
if undone_by then return {'undone', undone_by} end
if redis.call('EXISTS', KEYS[7]) == 1 then return {'stopped', id} end

local moved = audit_head_moved(KEYS[9], ARGV[11], ARGV[12])
if moved then return moved end
audit_append(KEYS[8], KEYS[9], ARGV[13], ARGV[14], ARGV[15], ARGV[16])
-- A delivery that is answered again after a failover may have started it before, and that may have
-- been forgotten with its permit.
local saved_under = redis.call('HGET', KEYS[10], 'replication')
local history = saved_under and failed_over(saved_under) and 'forgotten' or replication_id()
redis.call('HSET', KEYS[1], 'v', ARGV[2], 'b', ARGV[3], 'replication', history)
redis.call('EXPIRE', KEYS[1], ARGV[6])
index_operation(KEYS[11], KEYS[12] ~= KEYS[1] and KEYS[12], id, ARGV[6], ARGV[9], ARGV[10])
redis.call('SET', KEYS[2], id, 'EX', ARGV[7])
redis.call('ZADD', KEYS[3], ARGV[4], 'operation:' .. id)
redis.call('ZADD', KEYS[3], ARGV[5], 'card:operation:' .. id)
redis.call('SET', KEYS[4], id, 'EX', ARGV[8])
return {'started', id}
