"""Stands between an agent and a served model, and demands of the model what nobody could expect of random weights.

The agent's first request goes on to the server with one tool demanded and its strings bounded; the answer comes back as it
is. The second one, which shows call and result, goes on with calls forbidden: the server must be able to answer it. What
the model says then is noise, so the agent is told "Done." instead. Standard library only.
"""
import http.client
import http.server
import json
import threading

PATIENCE = 120  # seconds; only a hang reaches it
LAST_TOKENS = 8


def post(port, body):
    """The answer to a chat request, not read yet."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.connection = connection  # lives as long
    return answer


def chunk(delta, finish):
    return {"id": "chatcmpl-done", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


class Proxy:
    """`url` answers as the server on `port` does, with a call of `tool` demanded first. What went wrong is in `faults`."""

    def __init__(self, port, tool, bounds):
        self.port, self.tool, self.bounds, self.faults, self.asked = port, tool, bounds, [], 0
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                proxy.answer(self, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def answer(self, handler, body):
        body.update(model="", seed=1, temperature=1, reasoning_effort="none")
        self.asked += 1
        if self.asked == 1:
            self.demand(body)
            self.pass_on(handler, body)
        else:
            self.check_history(body)
            said = [chunk({"role": "assistant", "content": "Done."}, None), chunk({}, "stop")]
            handler.send_response(200)
            handler.send_header("Content-Type", "text/event-stream")
            handler.end_headers()
            for event in [*map(json.dumps, said), "[DONE]"]:
                handler.wfile.write(f"data: {event}\n\n".encode())

    def demand(self, body):
        body.update(tool_choice={"type": "function", "function": {"name": self.tool}}, parallel_tool_calls=False)
        for offered in body["tools"]:
            if offered["function"]["name"] == self.tool:
                offered["function"]["parameters"]["properties"].update(self.bounds)

    def pass_on(self, handler, body):
        answer = post(self.port, body)
        handler.send_response(answer.status)
        handler.send_header("Content-Type", answer.headers["Content-Type"])
        handler.end_headers()
        handler.wfile.write(answer.read())

    def check_history(self, body):
        body.update(tool_choice="none", max_tokens=LAST_TOKENS, stream=False)
        answer = post(self.port, body)
        said = answer.read().decode()
        if answer.status != 200:
            self.faults.append(f"the request that shows the result was answered with {answer.status}: {said[:300]}")
