-- Fragment: what a script needs to append an entry to the audit trail (`audit.ChainLink`).
--
-- An entry is sealed for one head. `audit_head_moved` compares that head with the stored one and
-- returns {'moved', number, hash} where they differ, else nil; `audit_append` then writes the entry
-- and the new head. Between the two nothing else may be written.
local function audit_head_moved(head, number, hash)
  local stored = redis.call('HMGET', head, 'n', 'h')
  local stored_number, stored_hash = stored[1] or '0', stored[2] or ''
  if stored_number ~= number or stored_hash ~= hash then
    return {'moved', stored_number, stored_hash}
  end
end

local function audit_append(stream, head, entry, number, hash, oldest)
  redis.call('XADD', stream, 'MINID', '~', oldest, '*', 'e', entry)
  redis.call('HSET', head, 'n', number, 'h', hash)
end
