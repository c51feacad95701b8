-- One message asks for its turn: the account's pause, then the person's windows, then the account's next turn.
-- Nothing is written unless it gets one. Times are microseconds on the server's clock, the one that all share.
--
-- KEYS: pause of the account; when its next message would go, if all went evenly; times of its last messages;
--       times of the last messages to the person
-- ARGV: how many messages of the account in how many microseconds, how many between two that go evenly, how many of
--       lost time are made up; how long an account that begins anew leaves after its first message;
--       how far ahead turns are given out;
--       then for each window of the person: how many messages, in how many microseconds
-- Answers {1, microseconds until the turn} or {0, microseconds to wait, 1 if everybody has to}.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local pause = tonumber(redis.call('GET', KEYS[1]) or 0)
if pause > now then
    return {0, pause - now, 1}
end

local wait, longest, most = 0, 0, 0
for at = 7, #ARGV, 2 do
    local count, window = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
    local oldest = tonumber(redis.call('LINDEX', KEYS[4], -count) or 0)
    wait = math.max(wait, oldest + window - now)
    longest, most = math.max(longest, window), math.max(most, count)
end
if wait > 0 then
    return {0, wait, 0}
end

local planned, opening = tonumber(redis.call('GET', KEYS[2]) or 0), 0
if now - planned > tonumber(ARGV[4]) then
    planned, opening = now, ARGV[5]
end
local oldest = tonumber(redis.call('LINDEX', KEYS[3], -ARGV[1]) or 0)
local last = tonumber(redis.call('LINDEX', KEYS[3], -1) or 0)
local turn = math.max(now, planned, oldest + ARGV[2], last + ARGV[3] / 2)
local ahead = turn - now - ARGV[6]
if ahead > 0 then
    return {0, ahead, 1}
end

-- %.0f: Lua would write a number of this size as 1.8e+15.
redis.call('SET', KEYS[2], string.format('%.0f', planned + ARGV[3] + opening), 'PX', 60000)
redis.call('RPUSH', KEYS[3], string.format('%.0f', turn))
redis.call('LTRIM', KEYS[3], -ARGV[1], -1)
redis.call('PEXPIRE', KEYS[3], 60000)
if most > 0 then
    redis.call('RPUSH', KEYS[4], string.format('%.0f', turn))
    redis.call('LTRIM', KEYS[4], -most, -1)
    redis.call('PEXPIRE', KEYS[4], math.ceil((turn - now + longest) / 1000) + 1000)
end
return {1, turn - now}
