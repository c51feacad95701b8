-- One message asks for its turn: the account's pause, then the person's windows, then the account's next turn.
-- Nothing is written unless it gets one. Times are microseconds on the server's clock, the one that all share.
--
-- KEYS: pause of the account, times of the last messages of the account, times of the last messages to the person
-- ARGV: how many messages of the account, in how many microseconds, and how many at least between two;
--       how far ahead turns are given out; then for each window of the person: how many messages, in how many
-- Answers {1, microseconds until the turn} or {0, microseconds to wait, 1 if everybody has to}.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local pause = tonumber(redis.call('GET', KEYS[1]) or 0)
if pause > now then
    return {0, pause - now, 1}
end

local wait, longest, most = 0, 0, 0
for at = 5, #ARGV, 2 do
    local count, window = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
    local oldest = tonumber(redis.call('LINDEX', KEYS[3], -count) or 0)
    wait = math.max(wait, oldest + window - now)
    longest, most = math.max(longest, window), math.max(most, count)
end
if wait > 0 then
    return {0, wait, 0}
end

local oldest = tonumber(redis.call('LINDEX', KEYS[2], -ARGV[1]) or 0)
local last = tonumber(redis.call('LINDEX', KEYS[2], -1) or 0)
local turn = math.max(now, oldest + ARGV[2], last + ARGV[3])
local ahead = turn - now - ARGV[4]
if ahead > 0 then
    return {0, ahead, 1}
end

-- %.0f: Lua would write a number of this size as 1.8e+15.
redis.call('RPUSH', KEYS[2], string.format('%.0f', turn))
redis.call('LTRIM', KEYS[2], -ARGV[1], -1)
redis.call('PEXPIRE', KEYS[2], 60000)
if most > 0 then
    redis.call('RPUSH', KEYS[3], string.format('%.0f', turn))
    redis.call('LTRIM', KEYS[3], -most, -1)
    redis.call('PEXPIRE', KEYS[3], math.ceil((turn - now + longest) / 1000) + 1000)
end
return {1, turn - now}
