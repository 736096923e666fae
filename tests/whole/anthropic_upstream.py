"""Upstreams that speak Anthropic Messages, behind offgrid serve and offgrid agent: what they are asked, and what becomes of
what they answer."""

import json
import pathlib
import unittest

from program import Home, Server, Upstream

START = {"type": "message_start", "message": {"id": "msg_1", "usage": {"input_tokens": 9, "output_tokens": 1}}}
THOUGHT = [{"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}},
           {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}},
           {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "c2/n+="}},
           {"type": "content_block_stop", "index": 0}]


def call(name, arguments, index=1):
    return [{"type": "content_block_start", "index": index, "content_block": {"type": "tool_use", "id": "toolu_1", "name": name, "input": {}}},
            {"type": "content_block_delta", "index": index, "delta": {"type": "input_json_delta", "partial_json": json.dumps(arguments)}},
            {"type": "content_block_stop", "index": index}]


def text(words, index=0):
    return [{"type": "content_block_start", "index": index, "content_block": {"type": "text", "text": ""}},
            {"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": words}},
            {"type": "content_block_stop", "index": index}]


def end(reason):
    return [{"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, "usage": {"output_tokens": 7}},
            {"type": "message_stop"}]


def asked(request):
    """The headers, by name in lower case, and the body of what an upstream was sent."""
    head, body = request.split(b"\r\n\r\n", 1)
    lines = head.decode().split("\r\n")
    return lines[0], dict((k.lower(), v) for k, v in (line.split(": ", 1) for line in lines[1:])), json.loads(body)


class Anthropic(unittest.TestCase):
    def setUp(self):
        self.home = Home()
        self.addCleanup(self.home.close)

    def upstream(self, *answers):
        """Each request gets the next answer, the last one for ever."""
        left = list(answers)

        def answer(c):
            events = left.pop(0) if len(left) > 1 else left[0]
            c.stream(*events)

        upstream = Upstream(answer)
        self.addCleanup(upstream.close)
        return upstream

    def serve(self, upstream, *args, **env):
        server = Server(self.home, "--upstream", f"up={upstream.url}", "--api", "anthropic", "--no-store", *args, env=env)
        self.addCleanup(lambda: server.child.poll() is None and server.stop())
        return server

    def post(self, server, path, body, headers=None):
        status, _, answer = server.request("POST", path, body, headers)
        return status, json.loads(answer)

    def test_headers_go_where_they_belong(self):
        upstream = self.upstream([START, *text("Hi"), *end("end_turn")])
        server = self.serve(upstream, "--key-env", "UP_KEY", UP_KEY="a-secret")
        body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}
        betas = {"anthropic-beta": "one-2026-01-01,two-2026-01-01", "anthropic-version": "2024-01-01", "x-other": "1"}
        status, answer = self.post(server, "/v1/messages?beta=true", body, betas)
        self.assertEqual((status, answer["content"]), (200, [{"type": "text", "text": "Hi"}]))
        line, headers, _ = asked(upstream.requests[0])
        self.assertEqual(line, "POST /v1/messages HTTP/1.1")
        self.assertEqual((headers["x-api-key"], headers["anthropic-version"], headers["anthropic-beta"]),
                         ("a-secret", "2023-06-01", betas["anthropic-beta"]))
        self.assertNotIn("x-other", headers)
        self.assertNotIn("authorization", headers)
        status, _ = self.post(server, "/v1/chat/completions", body, betas)
        self.assertEqual(status, 200)
        self.assertNotIn("anthropic-beta", asked(upstream.requests[1])[1])

    def test_a_seal_comes_back_to_its_maker_only(self):
        upstream = self.upstream([START, *THOUGHT, *call("f", {}), *end("tool_use")])
        other = self.upstream([START, *text("Hi"), *end("end_turn")])
        server, elsewhere = self.serve(upstream), self.serve(other)
        body = {"model": "m", "max_tokens": 9000, "thinking": {"type": "enabled", "budget_tokens": 2000}, "tools": [{"name": "f", "input_schema": {"type": "object"}}],
                "messages": [{"role": "user", "content": "x"}]}
        _, answer = self.post(server, "/v1/messages", body)
        self.assertEqual([b["type"] for b in answer["content"]], ["thinking", "tool_use"])
        self.assertTrue(answer["content"][0]["signature"].endswith("/c2/n+="))
        body["messages"] += [{"role": "assistant", "content": answer["content"]},
                             {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "ok"}]}]
        self.post(server, "/v1/messages", body)
        _, _, sent = asked(upstream.requests[1])
        self.assertEqual(sent["messages"][1]["content"][0], {"type": "thinking", "thinking": "hm", "signature": "c2/n+="})
        self.assertIn("thinking", sent)
        self.post(elsewhere, "/v1/messages", body)
        _, _, sent = asked(other.requests[0])
        self.assertEqual([b["type"] for b in sent["messages"][1]["content"]], ["tool_use"])
        self.assertNotIn("thinking", sent)

    def test_faults_are_errors_of_the_clients_dialect(self):
        overloaded = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
        cases = (([overloaded], 503, "overloaded_error"), ([START, overloaded], 503, "overloaded_error"),
                 ([START, *end("end_turn")], 502, "api_error"), ([START], 502, "api_error"))
        for events, status, kind in cases:
            with self.subTest(events=events):
                server = self.serve(self.upstream(events))
                got, answer = self.post(server, "/v1/messages", {"model": "m", "messages": [{"role": "user", "content": "x"}]})
                self.assertEqual((got, answer["type"], answer["error"]["type"]), (status, "error", kind))
                server.stop()
        server = self.serve(self.upstream([START, *text("half")]))
        _, _, body = server.request("POST", "/v1/messages", {"model": "m", "stream": True, "messages": [{"role": "user", "content": "x"}]})
        self.assertIn(b"event: error\n", body)
        self.assertNotIn(b"message_stop", body)

    def test_the_agent_works_on_it(self):
        upstream = self.upstream([START, *THOUGHT, *call("write", {"path": "hello.txt", "content": "hello\n"}), *end("tool_use")],
                                 [START, *text("I wrote hello.txt."), *end("end_turn")])
        work = pathlib.Path(self.home.path) / "work"
        work.mkdir()
        done = self.home.run("agent", "--upstream", upstream.url, "--api", "anthropic", "--model", "m", "--cwd", str(work), "write hello.txt")
        self.assertEqual((work / "hello.txt").read_text(), "hello\n", done.stdout + done.stderr)
        _, _, sent = asked(upstream.requests[1])
        self.assertEqual([b["type"] for b in sent["messages"][1]["content"]], ["thinking", "tool_use"])
        self.assertEqual(sent["messages"][1]["content"][0]["signature"], "c2/n+=")
        self.assertEqual(sent["messages"][2]["content"][0]["type"], "tool_result")
        self.assertEqual(done.returncode, 0)


if __name__ == "__main__":
    unittest.main()
