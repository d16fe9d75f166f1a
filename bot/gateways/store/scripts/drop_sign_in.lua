-- Deletes a sign-in.
--
-- KEYS[1] sign-in       hash: v (version), c (sealed body)
-- ARGV[1] version       delete it at this version only; '' for any
-- Returns {version, body} of the sign-in that was deleted, or {}.
local before = redis.call('HMGET', KEYS[1], 'v', 'c')
if not before[1] then return {} end
if ARGV[1] ~= '' and before[1] ~= ARGV[1] then return {} end
redis.call('DEL', KEYS[1])
return before
