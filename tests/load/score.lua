-- Asks for a score again and again, with the token that FANSCORE_LOAD_TOKEN holds; wrk runs it.
-- Of the answers, one in a hundred is read. At the end it writes one line of JSON.

local QUERY = 'query Score($fan: ID!, $event: ID) { api { accountFanscore(globalUserId: $fan, '
  .. 'eventId: $event) { score reasons { code points } degraded } } }'
local EXPECTED = '{"data":{"api":{"accountFanscore":{"score":87,'
local EVERY = 100

wrk.method = 'POST'
wrk.headers['content-type'] = 'application/json'
wrk.headers['authorization'] = os.getenv('FANSCORE_LOAD_TOKEN')
wrk.body = '{"query": "' .. QUERY .. '", "variables": {"fan": "user123", "event": "evt456"}}'

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init()
  answers, sampled, wrong = 0, 0, 0
end

function response(_, _, body)
  answers = answers + 1
  if answers % EVERY == 1 then
    sampled = sampled + 1
    if body:sub(1, #EXPECTED) ~= EXPECTED or body:find('"errors"', 1, true) then
      wrong = wrong + 1
    end
  end
end

local function total(name)
  local sum = 0
  for _, thread in ipairs(threads) do
    sum = sum + thread:get(name)
  end
  return sum
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %.3f, "sampled": %d, "wrong": %d, "status": %d, '
      .. '"connect": %d, "read": %d, "write": %d, "timeout": %d, "p50_ms": %.3f, "p99_ms": %.3f}\n',
    summary.requests, summary.duration / 1e6, total('sampled'), total('wrong'), errors.status,
    errors.connect, errors.read, errors.write, errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3
  ))
end
