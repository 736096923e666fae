-- What wrk asks: a request of about 1.9 KB, as a stream or whole (its argument), that is Chat Completions and Messages at once,
-- so the path says which; and the figures of the run as one line of JSON.
function init(args)
  local text = string.rep("words ", 290)
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  wrk.body = '{"model":"mock","max_tokens":1000,"stream":' .. tostring(args[1] == "stream") ..
    ',"messages":[{"role":"user","content":"' .. text .. '"}]}'
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format('\n{"p50_us": %.1f, "p99_us": %.1f, "requests": %d, "us": %d, "errors": %d}\n',
    latency:percentile(50), latency:percentile(99), summary.requests, summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout))
end
