-- Claims a sign-in link for one browser. The same browser may claim it again.
--
-- KEYS[1] sign-in-link  hash: body (sealed), browser (hash of its cookie)
-- ARGV[1] browser
-- Returns {0, ''} where there is no such link, {1, body}, or {2, body} where another browser has it.
local body = redis.call('HGET', KEYS[1], 'body')
if not body then return {0, ''} end
local browser = redis.call('HGET', KEYS[1], 'browser')
if browser and browser ~= ARGV[1] then return {2, body} end
redis.call('HSET', KEYS[1], 'browser', ARGV[1])
return {1, body}
