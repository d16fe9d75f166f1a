-- Deletes a key if it still has the value that the caller once set: releases a lock or a link.
--
-- KEYS[1] key
-- ARGV[1] value
-- Returns 1 where it was deleted, else 0.
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
