-- Links an iTwin account to a person unless another person has it.
--
-- KEYS[1] subject       the person that the account is linked to
-- ARGV[1] person
-- ARGV[2] lifetime      in seconds
-- Returns the person that has the account.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return holder end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return ARGV[1]
