"""The same dialect on both sides: what passes through `offgrid serve` byte by byte, and what does not."""

import json
import socket
import threading
import time
import unittest

from program import PATIENCE, Home, Server, Upstream, chunks, gathered

SPACED = {"x_new": {"deep": [1, {"ä": None}]}}  # members that nobody here knows
TOOL = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}


def sse(*events):
    """(name or None, data) each, as servers write them."""
    text = ""
    for name, data in events:
        text += (f"event: {name}\n" if name else "") + f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n"
    return text.encode()


def typed(*events):
    return sse(*((event["type"], event) for event in events))


def openai_chunk(delta, finish=None, **more):
    return None, {"id": "chatcmpl-up", "object": "chat.completion.chunk", "created": 5, "model": "m", "system_fingerprint": "fp_x",
                  "choices": [{"index": 0, "delta": delta, "finish_reason": finish, "x_choice": 1}], **SPACED, **more}


OPENAI_USAGE = {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14, "x_cost": 0.5}
ANTHROPIC_START = {"type": "message_start", "message": {
    "id": "msg_up", "type": "message", "role": "assistant", "model": "m", "content": [], "x_msg": 1,
    "usage": {"input_tokens": 11, "output_tokens": 1, "service_tier": "x"}}}
RESPONSE = {"id": "resp_up", "object": "response", "created_at": 5, "model": "m", "status": "completed", "x_res": [1], "output": [
    {"type": "message", "id": "msg_up", "role": "assistant", "status": "completed", "x_item": True,
     "content": [{"type": "output_text", "text": "Hi ä", "annotations": [], "x_part": 0}]}],
    "usage": {"input_tokens": 11, "output_tokens": 3, "total_tokens": 14, "x_cost": 1}}
GEMINI = {"candidates": [{"content": {"parts": [{"text": "Hi ä", "x_part": 1}], "role": "model"}, "index": 0, "x_cand": 2}], "x_top": 3}
GEMINI_END = {"candidates": [{"content": {"parts": [], "role": "model"}, "finishReason": "STOP", "index": 0}],
              "usageMetadata": {"promptTokenCount": 11, "candidatesTokenCount": 3, "totalTokenCount": 14, "x": 1}}
OLLAMA_END = {"model": "m", "created_at": "2026-01-01T00:00:00Z", "message": {"role": "assistant", "content": ""}, "done": True,
              "done_reason": "stop", "prompt_eval_count": 11, "eval_count": 3, "x_end": 4}

# Per dialect: paths of a stream and of a whole answer, members of the request, both answers.
DIALECTS = {
    "openai": {
        "path": "/v1/chat/completions",
        "request": {"messages": [{"role": "user", "content": "hello", "x_msg": 1}], "x_req": SPACED,
                    "tools": [{"type": "function", "function": {"name": "write", "parameters": TOOL, "x_fn": 2}, "x_tool": 3}]},
        "stream_more": {"stream": True, "stream_options": {"include_usage": True}}, "whole_more": {},
        "stream": sse(openai_chunk({"role": "assistant", "content": ""}), openai_chunk({"content": "Hi ", "x_delta": 1}),
                      openai_chunk({"content": "ä"}), openai_chunk({}, "stop"),
                      (None, {"id": "chatcmpl-up", "choices": [], "usage": OPENAI_USAGE}), (None, "[DONE]")),
        "whole": {"id": "chatcmpl-up", "object": "chat.completion", "model": "m", **SPACED, "usage": OPENAI_USAGE, "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi ä", "x_m": 1}}]}},
    "anthropic": {
        "path": "/v1/messages",
        "request": {"max_tokens": 50, "messages": [{"role": "user", "content": [{"type": "text", "text": "hello", "x_b": 1}]}],
                    "x_req": SPACED, "tools": [{"name": "write", "input_schema": TOOL, "x_tool": 3}]},
        "stream_more": {"stream": True}, "whole_more": {},
        "stream": typed(ANTHROPIC_START, {"type": "ping", "x_ping": 1},
                        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "", "citations": None}},
                        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi ä"}, "x_d": 1},
                        {"type": "content_block_stop", "index": 0},
                        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None, "x": 1}, "usage": {"output_tokens": 3}},
                        {"type": "message_stop", "x_stop": 1}),
        "whole": {"id": "msg_up", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn", "x_top": 1,
                  "content": [{"type": "text", "text": "Hi ä", "x_b": 1}], "usage": {"input_tokens": 11, "output_tokens": 3, "x": 1}}},
    "responses": {
        "path": "/v1/responses",
        "request": {"input": [{"role": "user", "content": "hello", "x_i": 1}], "x_req": SPACED, "store": False,
                    "tools": [{"type": "function", "name": "write", "parameters": TOOL, "x_tool": 3}]},
        "stream_more": {"stream": True}, "whole_more": {},
        "stream": typed({"type": "response.created", "sequence_number": 0, "response": {**RESPONSE, "status": "in_progress", "output": []}},
                        {"type": "response.output_item.added", "output_index": 0, "item": {**RESPONSE["output"][0], "content": []}},
                        {"type": "response.content_part.added", "output_index": 0, "item_id": "msg_up", "content_index": 0,
                         "part": {"type": "output_text", "text": ""}},
                        {"type": "response.output_text.delta", "output_index": 0, "item_id": "msg_up", "content_index": 0, "delta": "Hi ä", "x": 1},
                        {"type": "response.output_text.done", "output_index": 0, "item_id": "msg_up", "content_index": 0, "text": "Hi ä"},
                        {"type": "response.output_item.done", "output_index": 0, "item": RESPONSE["output"][0]},
                        {"type": "response.completed", "response": RESPONSE, "x_end": 1}),
        "whole": RESPONSE},
    "gemini": {
        "path": "/v1beta/models/m:streamGenerateContent?alt=sse", "whole_path": "/v1beta/models/m:generateContent",
        "request": {"contents": [{"role": "user", "parts": [{"text": "hello", "x_p": 1}]}], "x_req": SPACED,
                    "tools": [{"functionDeclarations": [{"name": "write", "parameters": TOOL, "x_fn": 1}], "x_tool": 3}]},
        "stream_more": {}, "whole_more": {}, "no_model": True,
        "stream": sse((None, GEMINI), (None, GEMINI_END)),
        "whole": {"candidates": [{**GEMINI["candidates"][0], "finishReason": "STOP"}], "x_top": 1, "usageMetadata": GEMINI_END["usageMetadata"]}},
    "ollama": {
        "path": "/api/chat",
        "request": {"messages": [{"role": "user", "content": "hello", "x_msg": 1}], "x_req": SPACED,
                    "tools": [{"type": "function", "function": {"name": "write", "parameters": TOOL}, "x_tool": 3}]},
        "stream_more": {}, "whole_more": {"stream": False},
        "stream": b"".join(json.dumps(line).encode() + b"\n" for line in (
            {"model": "m", "message": {"role": "assistant", "content": "Hi ä", "x_m": 1}, "done": False, "x": 2}, OLLAMA_END)),
        "whole": {**OLLAMA_END, "message": {"role": "assistant", "content": "Hi ä", "x_m": 1}}},
}
HEADERS = ("x-ratelimit-remaining-requests: 41\r\nanthropic-ratelimit-tokens-remaining: 7\r\nopenai-processing-ms: 5\r\n"
           "x-request-id: req_up\r\nrequest-id: req_up\r\nset-cookie: secret=1\r\nserver: up\r\n")


def head(kind):
    return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{HEADERS}Connection: close\r\n\r\n"


def body_of(request):
    return request.split(b"\r\n\r\n", 1)[1]


class Passage(unittest.TestCase):
    def setUp(self):
        self.home = Home()
        self.addCleanup(self.home.close)

    def serve(self, api, answer, *args):
        self.asked = []

        def note(c):
            self.asked.append(c.request)
            answer(c)

        upstream = Upstream(note)
        self.addCleanup(upstream.close)
        base = upstream.url.rsplit("/v1", 1)[0]
        server = Server(self.home, "--upstream", f"up={base}", "--api", api, "--no-store", *args)
        self.addCleanup(lambda: server.child.poll() is None and server.stop())
        self.asked.clear()
        return server

    def ask(self, server, api, is_stream, **more):
        d = DIALECTS[api]
        request = {**({} if d.get("no_model") else {"model": "m"}), **d["request"], **d["stream_more" if is_stream else "whole_more"], **more}
        sent = json.dumps(request, indent=1, ensure_ascii=False).encode()  # a layout that no writer of ours has
        path = d["path"] if is_stream else d.get("whole_path", d["path"])
        return sent, *server.request("POST", path, sent, {"x-client-request-id": "c-1", "authorization": "Bearer mine", "cookie": "a=b"})

    def posted(self):
        return [request for request in self.asked if request.startswith(b"POST")]

    def test_streams_pass_byte_by_byte(self):
        for api, d in DIALECTS.items():
            with self.subTest(api=api):
                kind = "application/x-ndjson" if api == "ollama" else "text/event-stream"
                server = self.serve(api, lambda c: c.send(head(kind).encode() + d["stream"]))
                sent, status, headers, body = self.ask(server, api, True)
                self.assertEqual((status, body.decode()), (200, d["stream"].decode()))
                self.assertEqual(body_of(self.posted()[0]).decode(), sent.decode())
                self.check_carried(server, headers)

    def test_whole_answers_pass_byte_by_byte(self):
        for api, d in DIALECTS.items():
            with self.subTest(api=api):
                whole = json.dumps(d["whole"], indent=1).encode()
                server = self.serve(api, lambda c: c.send(head("application/json").encode() + whole))
                sent, status, headers, body = self.ask(server, api, False)
                self.assertEqual((status, body.decode()), (200, whole.decode()))
                self.assertEqual(body_of(self.posted()[0]).decode(), sent.decode())
                self.check_carried(server, headers)

    def check_carried(self, server, headers):
        """Headers both ways, and the ledger's counts, once."""
        self.assertEqual(len(self.posted()), 1)
        there = self.posted()[0].split(b"\r\n\r\n")[0].lower()
        self.assertNotIn(b"bearer mine", there)
        self.assertNotIn(b"cookie", there)
        names = {name.lower(): value for name, value in headers.items()}
        self.assertEqual(names["x-ratelimit-remaining-requests"], "41")
        self.assertEqual(names["openai-processing-ms"], "5")
        self.assertEqual(names["anthropic-ratelimit-tokens-remaining"], "7")
        self.assertEqual(names["x-upstream-request-id"], "req_up")
        self.assertNotIn("set-cookie", names)
        self.assertNotIn("server", names)
        counted = server.metrics("tokens_total")
        self.assertEqual(sorted(int(v) for v in counted.values() if v), [3, 11], counted)
        self.assertEqual(server.broken(), {})

    def test_every_cut_of_a_stream_passes(self):
        d = DIALECTS["openai"]
        for size in (1, 7, 100):
            def drip(c):
                c.send(head("text/event-stream"))
                for i in range(0, len(d["stream"]), size):
                    c.send(d["stream"][i:i + size])
            _, _, _, body = self.ask(self.serve("openai", drip), "openai", True)
            self.assertEqual(body.decode(), d["stream"].decode())

    def test_usage_is_asked_for_and_kept_from_who_did_not(self):
        d = DIALECTS["openai"]
        server = self.serve("openai", lambda c: c.send(head("text/event-stream").encode() + d["stream"]))
        sent, _, _, body = self.ask_without_usage(server)
        self.assertEqual(body_of(self.posted()[0]), b'{"stream_options":{"include_usage":true},' + sent[1:])
        self.assertNotIn(b"x_cost", body)
        self.assertEqual(body, b"".join(e + b"\n\n" for e in d["stream"].split(b"\n\n")[:-1] if b"x_cost" not in e))
        self.assertEqual(sorted(int(v) for v in server.metrics("tokens_total").values() if v), [3, 11])

    def ask_without_usage(self, server):
        sent = json.dumps({"model": "m", "stream": True, **DIALECTS["openai"]["request"]}, indent=1).encode()
        return sent, *server.request("POST", "/v1/chat/completions", sent)

    def test_a_call_that_must_be_mended_is(self):
        call = {"index": 0, "id": "c1", "type": "function", "function": {"name": "WRITE", "arguments": "{'path': 'a'}"}}
        stream = sse(openai_chunk({"role": "assistant", "content": "Now."}), openai_chunk({"tool_calls": [call]}), openai_chunk({}, "stop"),
                     (None, "[DONE]"))
        server = self.serve("openai", lambda c: c.send(head("text/event-stream").encode() + stream))
        _, _, _, body = self.ask(server, "openai", True)
        events = [json.loads(e[6:]) for e in body.decode().split("\n\n") if e and "[DONE]" not in e]
        self.assertIn("x_new", events[0])  # the upstream's own
        self.assertEqual({(e["id"], e["created"], e["model"]) for e in events}, {("chatcmpl-up", 5, "m")})
        calls = [c for e in events for choice in e["choices"] for c in choice["delta"].get("tool_calls", [])]
        self.assertEqual(calls[0]["function"]["name"], "write")
        self.assertEqual(json.loads("".join(c["function"]["arguments"] for c in calls)), {"path": "a"})
        finishes = [choice["finish_reason"] for e in events for choice in e["choices"] if choice["finish_reason"]]
        self.assertEqual(finishes, ["tool_calls"])
        self.assertEqual(body.count(b"[DONE]"), 1)

    def test_healthy_calls_pass(self):
        call = {"index": 0, "id": "c1", "type": "function", "x_call": 1, "function": {"name": "write", "arguments": ""}}
        more = {"index": 0, "function": {"arguments": "{\"path\": \"a\"}"}}
        stream = sse(openai_chunk({"role": "assistant", "content": None}), openai_chunk({"tool_calls": [call]}),
                     openai_chunk({"tool_calls": [more]}), openai_chunk({}, "tool_calls"), (None, "[DONE]"))
        server = self.serve("openai", lambda c: c.send(head("text/event-stream").encode() + stream))
        self.assertEqual(self.ask(server, "openai", True)[3].decode(), stream.decode())

    def test_no_end_is_invented(self):
        start, hi = DIALECTS["openai"]["stream"].split(b"\n\n")[:2]
        server = self.serve("openai", lambda c: c.send(head("text/event-stream").encode() + start + b"\n\n" + hi + b"\n\n"))
        _, _, _, body = self.ask(server, "openai", True)
        self.assertTrue(body.startswith(start + b"\n\n" + hi + b"\n\n"))
        self.assertIn(b'"error"', body)
        self.assertNotIn(b"finish_reason\": \"stop", body)

    def test_a_wrong_reason_to_stop_does_not_pass(self):
        """A finish reason for calls without a call makes clients ask for ever; one that is missing makes them drop what they have."""
        for name, ends in (("calls without a call", (openai_chunk({}, "tool_calls"),)), ("none", ())):
            with self.subTest(name):
                stream = sse(openai_chunk({"content": "Hi."}), *ends, (None, "[DONE]"))
                server = self.serve("openai", lambda c, stream=stream: c.send(head("text/event-stream").encode() + stream))
                _, status, _, body = self.ask(server, "openai", True)
                self.assertEqual(status, 200)
                self.assertEqual(gathered(chunks(body))[2], "stop")

    def test_an_upstream_that_fails_before_its_first_word_leaves_nothing(self):
        good = sse(openai_chunk({"role": "assistant", "content": ""}), openai_chunk({"content": "Hi."}), openai_chunk({}, "stop"), (None, "[DONE]"))
        ways = [sse(openai_chunk({"role": "assistant", "content": ""})), good]
        ups = [Upstream(lambda c, way=way: c.send(head("text/event-stream").encode() + way)) for way in ways]
        config = self.home.path / "config" / "config"
        config.write_text("".join(f'[upstream "{name}"]\nurl = {up.url}\nmodels = m\n' for name, up in zip("ab", ups)))
        server = Server(self.home, "--no-store")
        self.addCleanup(server.stop)
        for up in ups:
            self.addCleanup(up.close)
        _, _, headers, body = self.ask(server, "openai", True, stream_options={"include_usage": True})
        self.assertEqual(headers["x-offgrid-upstream"], "b")
        self.assertEqual(body, good)

    def test_silence_is_broken_and_nothing_begins_twice(self):
        for api, d in DIALECTS.items():
            with self.subTest(api=api):
                kind = "application/x-ndjson" if api == "ollama" else "text/event-stream"
                released = threading.Event()

                def answer(c, d=d, kind=kind, released=released):
                    c.send(head(kind))
                    released.wait(PATIENCE)
                    c.send(d["stream"])

                server = self.serve(api, answer)
                sock = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
                sent = json.dumps({"model": "m", **d["request"], **d["stream_more"]}).encode()
                sock.sendall(f"POST {d['path']} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(sent)}\r\n\r\n".encode() + sent)
                seen = b""
                while not seen.partition(b"\r\n\r\n")[2]:
                    seen += sock.recv(65536)
                self.assertNotIn("Hi ä".encode(), seen)
                self.assertNotIn(b"\n:", seen)
                released.set()
                while not seen.endswith(b"0\r\n\r\n"):
                    seen += sock.recv(65536)
                sock.close()
                for beginning in (b"event: message_start\n", b"event: response.created\n"):
                    self.assertLessEqual(seen.count(beginning), 1)
                self.assertEqual(seen.count(b"system_fingerprint") > 0, api == "openai")

    def test_seals_name_their_maker_and_go_back_alone(self):
        block = [{"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}},
                 {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}},
                 {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "c2/n+="}, "x_sig": 1},
                 {"type": "content_block_stop", "index": 0}]
        rest = [{"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
                {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Hi"}},
                {"type": "content_block_stop", "index": 1},
                {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}}, {"type": "message_stop"}]
        server = self.serve("anthropic", lambda c: c.send(head("text/event-stream").encode() + typed(ANTHROPIC_START, *block, *rest)))
        thinks = {"max_tokens": 2000, "thinking": {"type": "enabled", "budget_tokens": 1024}}
        _, _, _, body = self.ask(server, "anthropic", True, **thinks)
        signed = json.loads(next(line for line in body.decode().split("\n") if "x_sig" in line)[6:])["delta"]["signature"]
        self.assertTrue(signed.startswith("offgrid/127.0.0.1:") and signed.endswith("/c2/n+="), signed)
        self.assertEqual(body.replace(signed.encode(), b"c2/n+="), typed(ANTHROPIC_START, *block, *rest))
        messages = [{"role": "user", "content": "hello"}, {"role": "user", "content": "go on"}]
        messages.insert(1, {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm", "signature": signed},
                                                             {"type": "text", "text": "Hi"}]})
        sent = self.ask(server, "anthropic", True, messages=messages, **thinks)[0]
        self.assertEqual(body_of(self.posted()[1]), sent.replace(signed.encode(), b"c2/n+="))
        messages[1]["content"][0]["signature"] = "offgrid/elsewhere/c2"
        self.ask(server, "anthropic", True, messages=messages, **thinks)
        self.assertNotIn(b"c2", body_of(self.posted()[2]))

    def test_what_only_the_upstream_understands_passes(self):
        """Tools and items of the provider's own: no other dialect is told of them, and its own gets them as they came."""
        tools = {"openai": [{"type": "custom", "custom": {"name": "c"}}],
                 "anthropic": [{"name": "late", "input_schema": TOOL, "defer_loading": True}, {"type": "web_search_20250305", "name": "web_search"}],
                 "responses": [{"type": "web_search"}, {"type": "custom", "name": "c", "format": {"type": "grammar", "syntax": "lark", "definition": "start: A"}}],
                 "gemini": [{"googleSearch": {}}]}
        for api, offered in tools.items():
            with self.subTest(api=api):
                d = DIALECTS[api]
                server = self.serve(api, lambda c, d=d: c.send(head("text/event-stream").encode() + d["stream"]))
                sent, _, _, body = self.ask(server, api, True, tools=d["request"]["tools"] + offered)
                self.assertEqual(body_of(self.posted()[0]), sent)
                self.assertEqual(body, d["stream"])

    def test_the_trace_says_why_something_did_not_pass(self):
        d = DIALECTS["openai"]
        twice = d["request"]["tools"] * 2
        upstream = Upstream(lambda c: c.send(head("text/event-stream").encode() + d["stream"]))
        self.addCleanup(upstream.close)
        server = Server(self.home, "--upstream", f"up={upstream.url.rsplit('/v1', 1)[0]}")
        self.addCleanup(lambda: server.child.poll() is None and server.stop())
        self.ask(server, "openai", True, tools=twice)
        told = self.home.run("trace", "last", "--json").stdout
        self.assertRegex(told, "the request: tools, the tool 'write' is offered twice")

    def test_a_client_that_leaves_ends_the_upstreams_work(self):
        """Before the first byte, whole answer and stream; within a stream."""
        for is_stream, first in ((False, b""), (True, b""), (True, b"".join(e + b"\n\n" for e in DIALECTS["openai"]["stream"].split(b"\n\n")[:2]))):
            with self.subTest(is_stream=is_stream, first=len(first)):
                left = []

                def wait(c):
                    if c.request.startswith(b"POST"):
                        if first:
                            c.send(head("text/event-stream").encode() + first)
                        left.append(c.wait_until_left())
                server = self.serve("openai", wait)
                body = json.dumps({"model": "m", "stream": is_stream, **DIALECTS["openai"]["request"]}).encode()
                with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as client:
                    client.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                                   b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
                    while not self.posted():
                        time.sleep(0.01)
                    if first:
                        client.recv(1)
                end = time.monotonic() + PATIENCE
                while not left and time.monotonic() < end:
                    time.sleep(0.01)
                self.assertEqual(left, [True])


if __name__ == "__main__":
    unittest.main()
