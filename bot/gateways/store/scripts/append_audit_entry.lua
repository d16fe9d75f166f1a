-- Appends one entry to the audit trail.
--
-- KEYS[1] audit         stream of sealed entries
-- KEYS[2] audit-head    hash: number and hash of the newest entry
-- ARGV[1] number before
-- ARGV[2] hash before
-- ARGV[3] entry         sealed
-- ARGV[4] number after
-- ARGV[5] hash after
-- ARGV[6] oldest        stream id (milliseconds); older entries may be trimmed
-- Returns {'linked'}, or {'moved', number, hash} where the head is another one.
--- @include "audit_chain"

-- A redis-py retry of the very same write finds its own hash.
if redis.call('HGET', KEYS[2], 'h') == ARGV[5] then return {'linked'} end
local moved = audit_head_moved(KEYS[2], ARGV[1], ARGV[2])
if moved then return moved end
audit_append(KEYS[1], KEYS[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6])
return {'linked'}
