-- Fragment: whether this server's history broke off since another moment.
--
-- A server that is promoted goes on under a new replication id (INFO replication), and may have
-- forgotten what its master confirmed last. `replication_id` returns the present id; '' where
-- nobody could be promoted instead of this server and it never was itself, and where the server
-- does not tell. `failed_over` says whether it has been since that was returned. A server alone
-- that is restarted gets a new id too, and has forgotten nothing. 'forgotten' stands for a history
-- that no server has.
local function replication()
  local info = redis.pcall('INFO', 'replication')
  if type(info) ~= 'string' then return '', false, false end
  local id = string.match(info, 'master_replid:(%x+)') or ''
  local followed = string.match(info, 'connected_slaves:(%d+)') or '0'
  local promoted_at = string.match(info, 'second_repl_offset:(-?%d+)') or '-1'
  return id, followed ~= '0', promoted_at ~= '-1'
end

local function replication_id()
  local id, followed, promoted = replication()
  return (followed or promoted) and id or ''
end

local function failed_over(before)
  local id, _, promoted = replication()
  if before == '' then return promoted end
  return before == 'forgotten' or (id ~= '' and id ~= before)
end
