-- Takes one from each limit, or from none.
--
-- KEYS[1] gate          the unix time until which nothing passes, if any
-- KEYS[2] limit, and more of them up to the last key: lists of times, the newest first
-- ARGV[1] now           unix seconds, as text: Lua would write a number with fewer digits
-- ARGV[2] count, [3] seconds, [4] lifetime (milliseconds) of the limit in KEYS[2]; three more for
--                       each further limit
-- Returns 0 where all were taken, else the milliseconds to wait.
local now = tonumber(ARGV[1])
local wait = 0
local shut_until = redis.call('GET', KEYS[1])
if shut_until then
  -- It is shut for no longer than its key lives; where it seems so, the clock was set back.
  local left = redis.call('PTTL', KEYS[1]) / 1000
  wait = math.max(wait, math.min(tonumber(shut_until) - now, left))
end
for place = 2, #KEYS do
  -- Times from far in the future were written before the clock was set back.
  local newest = redis.call('LINDEX', KEYS[place], 0)
  if newest and tonumber(newest) > now + 30 then redis.call('DEL', KEYS[place]) end
  local first = 3 * place - 4
  local oldest = redis.call('LINDEX', KEYS[place], tonumber(ARGV[first]) - 1)
  if oldest then wait = math.max(wait, tonumber(oldest) + tonumber(ARGV[first + 1]) - now) end
end
if wait > 0 then return math.floor(wait * 1000) + 1 end
for place = 2, #KEYS do
  local first = 3 * place - 4
  local newest = redis.call('LINDEX', KEYS[place], 0)
  local at = ARGV[1]
  if newest and tonumber(newest) > now then at = newest end
  redis.call('LPUSH', KEYS[place], at)
  redis.call('LTRIM', KEYS[place], 0, tonumber(ARGV[first]) - 1)
  redis.call('PEXPIRE', KEYS[place], ARGV[first + 2])
end
return 0
