"""offgrid serve from outside: what clients get, whatever they send, leave or do not read, and whatever upstreams do."""

import json
import os
import random
import socket
import threading
import time
import unittest

from program import PATIENCE, Home, Server, Upstream, delta, gathered

TOOLS = [{"type": "function", "function": {"name": "write", "parameters": {
    "type": "object", "properties": {"path": {"type": "string"}}}}}]

SCRIPT = {"models": ["script"], "context_tokens": 4096, "turns": [
    {"match": "work", "think": "hm", "text": "I will.",
     "calls": [{"name": "write", "arguments": {"path": "ä\n\"b\""}}, {"name": "now"}],
     "usage": {"prompt": 9, "cached": 4, "answer": 7, "thinking": 2}},
    {"match": "work", "text": "Done."},
    {"match": "raw", "raw": "Yes.<tool_call>{\"name\": \"write\", \"arguments\": {\"path\": \"x\"}}</tool_call>",
     "format": "hermes"},
    {"match": "slow", "delay_ms": 2500, "text": "at last"},
    {"match": "long", "delay_ms": 60000, "text": "never"},
    {"match": "drip", "text": "word " * 2000, "gap_ms": 20},
    {"match": "full", "fail": {"kind": "context_exceeded", "layer": "prompt", "what": "9 tokens, 8 fit"}},
    {"match": "cut", "text": "half", "cut": True},
    {"text": "Hello.", "repeat": True}]}


class WithHome(unittest.TestCase):
    def setUp(self):
        self.home = Home()
        self.addCleanup(self.home.close)

    def serve(self, *args, **more):
        server = Server(self.home, *args, **more)
        self.addCleanup(lambda: server.child.poll() is None and server.stop())
        return server


class Scripted(WithHome):
    def setUp(self):
        super().setUp()
        self.server = self.serve("--script", self.home.write("script.json", SCRIPT))

    def metric(self, line):
        _, _, body = self.server.request("GET", "/metrics")
        return float(next(l for l in body.decode().splitlines() if l.startswith(line + " ")).split()[-1])

    def wait_for(self, condition):
        end = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)

    def test_stream_equals_whole_answer(self):
        for text in ("hello", "work", "raw"):
            _, _, whole = self.server.chat(text, tools=TOOLS)
            _, _, stream = self.server.chat(text, stream=True, tools=TOOLS, stream_options={"include_usage": True})
            message, calls, finish, usage = gathered(stream)
            said = whole["choices"][0]
            self.assertEqual(message["content"], said["message"]["content"] or "")
            self.assertEqual(message["reasoning_content"], said["message"].get("reasoning_content", ""))
            self.assertEqual(calls, [{"id": c["id"], **c["function"]} for c in said["message"].get("tool_calls", [])])
            self.assertEqual(finish, said["finish_reason"])
            self.assertEqual(usage, whole["usage"])
            self.assertIsNone(stream[-1])
            self.assertEqual(sum(1 for c in stream if c and c.get("usage")), 1)

    def test_a_conversation_goes_on(self):
        _, _, first = self.server.chat("work", tools=TOOLS)
        message = first["choices"][0]["message"]
        self.assertEqual(json.loads(message["tool_calls"][0]["function"]["arguments"]), {"path": "ä\n\"b\""})
        history = [{"role": "user", "content": "work"}, message] + [
            {"role": "tool", "tool_call_id": c["id"], "content": "ok"} for c in reversed(message["tool_calls"])]
        status, _, body = self.server.request("POST", "/v1/chat/completions", {"model": "script", "messages": history})
        self.assertEqual(status, 200)
        self.assertEqual(json.loads(body)["choices"][0]["message"]["content"], "Done.")
        self.server.stop()  # what it has to write down is written then
        self.assertIn("put into the order of their calls", self.home.run("trace", "last", "--full").stdout)

    def test_usage_only_where_it_was_asked_for(self):
        _, _, stream = self.server.chat("work", stream=True)
        self.assertFalse(any(c and c.get("usage") for c in stream))

    def test_silence_is_broken_within_two_seconds_by_data(self):
        sock = socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE)
        body = json.dumps({"model": "script", "stream": True, "messages": [{"role": "user", "content": "slow"}]})
        began = time.monotonic()
        sock.sendall(f"POST /v1/chat/completions HTTP/1.1\r\nHost: x.localhost\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        seen = b""
        while b"data: " not in seen:
            seen += sock.recv(65536)
        self.assertLess(time.monotonic() - began, 2)
        while b"[DONE]" not in seen:
            seen += sock.recv(65536)
        sock.close()
        self.assertGreaterEqual(seen.count(b'"delta":{"content":""}'), 1)
        self.assertIn(b"at last", seen)
        self.assertNotIn(b"\n:", seen)

    def test_a_failure_before_and_after_the_first_word(self):
        for stream in (False, True):
            status, headers, answer = self.server.chat("full", stream=stream)
            self.assertEqual((status, answer["error"]["code"], answer["error"]["layer"]),
                             (400, "context_length_exceeded", "prompt"))
            self.assertEqual(headers["x-should-retry"], "false")
        status, _, stream = self.server.chat("cut", stream=True)
        self.assertEqual(status, 200)
        self.assertEqual(stream[-1]["error"]["code"], "stream_incomplete")
        self.assertFalse(any(c and c.get("choices") and c["choices"][0]["finish_reason"] for c in stream))

    def test_bad_bodies_never_crash_never_hang(self):
        good = json.dumps({"model": "script", "messages": [{"role": "user", "content": "hällo"}], "tools": TOOLS},
                          ensure_ascii=False).encode()
        dice = random.Random(7)
        for number in range(300):
            body = bytearray(good)
            for _ in range(dice.randint(1, 4)):
                at = dice.randrange(len(body))
                change = dice.randrange(3)
                if change == 0:
                    body[at] = dice.randrange(256)
                elif change == 1:
                    del body[at:at + dice.randint(1, 20)]
                else:
                    body[at:at] = bytes(dice.choice([b'"', b"{", b"[", b"\xff", b"\\", b"\0", b"1e999"]))
            status, headers, answer = self.server.request("POST", "/v1/chat/completions", bytes(body))
            self.assertIn(status, (200, 400, 404, 413, 501), (number, bytes(body)))
            if status != 200:
                error = json.loads(answer)["error"]
                self.assertIn(error["layer"], ("client", "route"))
                self.assertIn("x-request-id", headers)
        self.assertEqual(self.server.chat()[0], 200)

    def test_a_body_cut_in_the_middle_is_no_request(self):
        sock = socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE)
        sock.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\n{\"mess")
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(65536):
            pass
        sock.close()
        self.assertEqual(self.server.chat()[0], 200)

    def test_clients_that_leave_are_noticed(self):
        for text, stream in (("long", False), ("long", True), ("drip", True), ("drip", False)):
            with self.subTest(text=text, stream=stream):
                before = self.metric('offgrid_requests_total{outcome="left"}')
                sock = socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE)
                body = json.dumps({"model": "script", "stream": stream, "messages": [{"role": "user", "content": text}]})
                sock.sendall(f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
                if stream:
                    sock.recv(1000)
                else:
                    self.wait_for(lambda: self.metric("offgrid_running") == 1)
                sock.close()
                self.wait_for(lambda: self.metric('offgrid_requests_total{outcome="left"}') == before + 1)
                self.assertEqual(self.metric("offgrid_running"), 0)

    def test_many_at_once(self):
        answers = []

        def ask():
            for _ in range(20):
                answers.append(gathered(self.server.chat("work", stream=True, tools=TOOLS)[2])[0]["content"])

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(answers, ["I will."] * 160)

    def test_models_health_and_paths(self):
        for path in ("/v1/models", "/models", "/v1/v1/models"):
            status, _, body = self.server.request("GET", path)
            self.assertEqual(status, 200)
            self.assertEqual([(m["id"], m["context_length"]) for m in json.loads(body)["data"]], [("script", 4096)])
        self.assertEqual(json.loads(self.server.request("GET", "/health")[2])["status"], "ok")
        self.assertEqual(self.server.request("GET", "/api/nothing")[0], 404)

    def test_every_request_leaves_a_trace_and_a_row(self):
        ids = [self.server.chat(text, stream=stream)[1]["x-request-id"]
               for text, stream in (("hello", False), ("work", True), ("full", True))]
        self.server.stop()
        lines = json.loads(self.home.run("trace", "--json").stdout)
        self.assertEqual([l["id"] for l in lines], ids[::-1])
        self.assertEqual([l["outcome"] for l in lines], ["prompt", "ok", "ok"])
        self.assertEqual(lines[1]["prompt_tokens"], 9)
        table = self.home.run("trace").stdout.splitlines()
        self.assertEqual(len(table), 4)
        self.assertIn("upstream", table[0])
        self.assertEqual([line.split()[4:6] for line in table[1:]], [["script", "script"]] * 3)  # model and upstream
        self.assertLessEqual(max(map(len, table)), 80)
        picture = self.home.run("trace", ids[1], "--full").stdout
        for word in ("client", "route", "parse", "I will.", "write"):
            self.assertIn(word, picture)

    def test_it_stops_when_told(self):
        code, errors = self.server.stop()
        self.assertEqual((code, errors), (0, ""))


class Upstreams(WithHome):
    def ask(self, answer, stream, **more):
        """One request through serve to an upstream that answers so."""
        upstream = Upstream(answer)
        self.addCleanup(upstream.close)
        server = self.serve("--upstream", f"up={upstream.url}", "--no-store")
        try:
            return server.chat("hello", model="m", stream=stream, **more), upstream
        finally:
            server.stop()

    def test_misbehaviour_is_a_typed_error_never_an_invented_stop(self):
        end = delta(finish="stop")
        call = delta(tool_calls=[{"index": 0, "id": "a", "function": {"name": "write", "arguments": "{\"path\":"}}])
        head = "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nConnection: close\r\n\r\n"
        cases = {
            "resets at once": (lambda c: c.reset(), "wire", 502),
            "html": (lambda c: c.send(head.format("text/html") + "<html>log in</html>"), "wire", 502),
            "html as stream": (lambda c: c.stream("<html>"), "wire", 502),
            "empty 200": (lambda c: c.send(head.format("application/json")), "wire", 502),
            "empty stream": (lambda c: c.stream(), "wire", 502),
            "nothing but an end": (lambda c: c.stream(end, "[DONE]"), "wire", 502),
            "error in a 200": (lambda c: c.stream({"error": {"message": "overloaded", "code": 503}}), "wire", 503),
            "bad line": (lambda c: c.stream("nonsense"), "wire", 502),
            "half an event": (lambda c: c.send(head.format("text/event-stream") + "data: {\"choi"), "wire", 502),
            "401": (lambda c: c.send("HTTP/1.1 401 No\r\nConnection: close\r\n\r\n{\"error\":\"bad key\"}"), "route", 403),
            "429": (lambda c: c.send("HTTP/1.1 429 No\r\nConnection: close\r\n\r\n"), "wire", 429),
            "400 overflow": (lambda c: c.send("HTTP/1.1 400 No\r\nConnection: close\r\n\r\n"
                                              "{\"error\":{\"code\":\"context_length_exceeded\"}}"), "prompt", 400),
            "cannot read its model": (lambda c: c.send("HTTP/1.1 500 No\r\nConnection: close\r\n\r\n"
                                                       "{\"error\":{\"code\":500,\"message\":\"Failed to parse input at pos 0\"}}"), "parse", 422),
            "not HTTP": (lambda c: c.send("SSH-2.0-x\r\n"), "wire", 502),
        }
        for name, (answer, layer, status) in cases.items():
            for stream in (False, True):
                with self.subTest(name=name, stream=stream):
                    (got, _, body), _ = self.ask(answer, stream)
                    self.assertEqual((got, body["error"]["layer"]), (status, layer))
        after = {
            "cut": lambda c: c.stream(delta("Hel")),
            "reset": lambda c: (c.stream(delta("Hel")), c.reset()),
            "error": lambda c: c.stream(delta("Hel"), {"error": {"message": "no"}}),
            "cut in a call": lambda c: c.stream(delta("Hel"), call),
            "broken arguments": lambda c: c.stream(delta("Hel"), call, delta(finish="tool_calls"), "[DONE]"),
        }
        for name, answer in after.items():
            with self.subTest(name=name, stream=True):
                (got, _, stream), _ = self.ask(answer, True)
                self.assertEqual(got, 200)
                self.assertIn("error", stream[-1])
                self.assertEqual(gathered(stream[:-1])[0]["content"], "Hel")
                self.assertIsNone(gathered(stream[:-1])[2])
            with self.subTest(name=name, stream=False):
                (got, _, body), _ = self.ask(answer, False)
                self.assertEqual(got, 502)
                self.assertIn("error", body)

    def test_when_to_come_back_is_handed_on(self):
        for said, heard in (("7", "7"), ("1.5", None), ("Wed, 21 Oct 2026 07:28:00 GMT", None)):
            def answer(c, said=said):
                c.send(f"HTTP/1.1 429 No\r\nRetry-After: {said}\r\nConnection: close\r\n\r\n")

            (status, headers, _), _ = self.ask(answer, True)
            self.assertEqual((status, headers.get("retry-after")), (429, heard))

    def test_a_whole_answer_over_the_limit_has_an_error_status(self):
        """An upstream's reader has the same limit for streams, a script has none."""
        def answer(c):
            c.stream(*[delta("x" * 100000)] * 50, delta(finish="stop"), "[DONE]")

        (status, _, body), _ = self.ask(answer, False)
        self.assertEqual((status, body["error"]["kind"]), (502, "too_big"))
        script = {"models": ["script"], "chunk_bytes": 50000, "turns": [{"text": ("x" * 9999 + " ") * 500, "repeat": True}]}
        server = self.serve("--script", self.home.write("long.json", script), "--no-store")
        status, _, body = server.chat()
        self.assertEqual((status, body["error"]["kind"]), (502, "too_big"))
        self.assertIn("stream", body["error"]["mend"])
        status, _, stream = server.chat(stream=True)
        self.assertEqual((status, len(gathered(stream)[0]["content"])), (200, 5000000))

    def test_leaving_reaches_the_upstream_eight_times_of_eight(self):
        for stream in (False, True):
            left = []

            def answer(c):
                c.stream(delta("Hello"))
                left.append(c.wait_until_left())

            upstream = Upstream(answer)
            self.addCleanup(upstream.close)
            server = self.serve("--upstream", f"up={upstream.url}", "--no-store")
            body = json.dumps({"model": "m", "stream": stream, "messages": [{"role": "user", "content": "x"}]})
            for _ in range(8):
                sock = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
                sock.sendall(f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
                before = len(left)
                if stream:
                    while b"Hello" not in sock.recv(65536):
                        pass
                else:
                    while len(upstream.requests) <= before:
                        time.sleep(0.005)
                sock.close()
                end = time.monotonic() + PATIENCE
                while len(left) == before:
                    self.assertLess(time.monotonic(), end)
                    time.sleep(0.005)
            self.assertEqual(left, [True] * 8)
            server.stop()

    def test_a_client_that_does_not_read_stops_the_upstream_and_blocks_nobody(self):
        events, blocks, sent, done = 100, 2000, [0], threading.Event()
        block = f"data: {json.dumps(delta('x' * 16))}\n\n" * events  # mostly frame: 24 MB that hold 3.2 MB of text

        def answer(c):
            c.stream()
            for _ in range(blocks):
                c.send(block)
                sent[0] += 1
            c.events(delta(finish="stop"), "[DONE]")
            done.set()

        upstream = Upstream(answer)
        self.addCleanup(upstream.close)
        script = self.home.write("script.json", SCRIPT)
        server = self.serve("--upstream", f"up={upstream.url}", "--script", script, "--no-store")
        body = json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": "x"}]})
        sock = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
        sock.sendall(f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        before = -1
        while sent[0] != before or before < 1:  # until it stands still
            before = sent[0]
            time.sleep(0.3)
        self.assertLess(sent[0], blocks * 0.9)
        self.assertEqual(server.chat()[0], 200)
        seen = bytearray()
        while not seen.endswith(b"[DONE]\n\n\r\n0\r\n\r\n"):
            got = sock.recv(1 << 20)
            self.assertTrue(got)
            seen += got
        sock.close()
        self.assertEqual(seen.count(b"x" * 16), blocks * events)
        self.assertTrue(done.wait(PATIENCE))

    def test_what_is_unknown_reaches_an_upstream_of_the_same_dialect(self):
        def answer(c):
            c.stream(delta("ok"), delta(finish="stop"), "[DONE]")

        (status, headers, _), upstream = self.ask(
            answer, False, top_k=5, safety_identifier="me", options={"num_ctx": 9}, tools=TOOLS)
        self.assertEqual((status, headers["x-offgrid-upstream"]), (200, "up"))
        sent = json.loads(upstream.requests[0].split(b"\r\n\r\n", 1)[1])
        self.assertEqual((sent["top_k"], sent["safety_identifier"], sent["options"]), (5, "me", {"num_ctx": 9}))
        self.assertEqual(sent["tools"], TOOLS)

    def test_the_key_goes_to_the_upstream_and_nowhere_else(self):
        def answer(c):
            c.send("HTTP/1.1 500 Oops\r\nConnection: close\r\n\r\nyour key sk-very-secret-1 made me fail")

        upstream = Upstream(answer)
        self.addCleanup(upstream.close)
        server = self.serve("--upstream", f"up={upstream.url}", "--key-env", "UP_KEY", env={"UP_KEY": "sk-very-secret-1"})
        _, _, answer = server.chat(model="m")
        self.assertIn(b"Bearer sk-very-secret-1", upstream.requests[0])
        server.stop()
        trace = self.home.run("trace", "last", "--json").stdout
        self.assertIn("HTTP 500", trace)
        for place in (json.dumps(answer), trace):
            self.assertNotIn("sk-very-secret-1", place)
        for path in self.home.path.rglob("*"):
            if path.is_file():
                self.assertNotIn(b"sk-very-secret-1", path.read_bytes())

    def test_the_next_upstream_is_asked_before_the_first_word(self):
        dead = Upstream(lambda c: c.send("HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
        self.addCleanup(dead.close)
        script = self.home.write("script.json", {**SCRIPT, "models": ["m"]})
        config = f"[upstream \"dead\"]\nurl = {dead.url}\nmodels = m\n[upstream \"alive\"]\nscript = {script}\n"
        (self.home.path / "config" / "config").write_text(config)
        server = self.serve()
        for asked in (1, 1):
            status, headers, _ = server.chat("hello", model="m")
            self.assertEqual((status, headers["x-offgrid-upstream"]), (200, "alive"))
            self.assertEqual(len(dead.requests), asked)

    def test_one_of_us_behind_another_changes_nothing(self):
        far = self.serve("--script", self.home.write("script.json", SCRIPT), "--no-store")
        near = self.serve("--upstream", f"far={far.url}", "--no-store")
        for text in ("hello", "work", "raw"):
            for stream in (False, True):
                asked = dict(stream=stream, tools=TOOLS, stream_options={"include_usage": True})
                _, _, direct = far.chat(text, **asked)
                _, _, through = near.chat(text, **asked)
                if stream:
                    self.assertEqual(gathered(through), gathered(direct))
                else:
                    self.assertEqual(through["choices"], direct["choices"])
                    self.assertEqual(through["usage"], direct["usage"])
        for text in ("full", "cut"):
            self.assertEqual(near.chat(text)[2]["error"], far.chat(text)[2]["error"])


class Starting(WithHome):
    def refused(self, *args):
        done = self.home.run("serve", *args)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def test_others_need_a_key(self):
        script = self.home.write("script.json", SCRIPT)
        self.assertIn("no API key", self.refused("--script", script, "--listen", "0.0.0.0:0"))
        keys = self.home.write("keys", "a-good-secret\n")
        os.chmod(keys, 0o644)
        self.assertIn("chmod 600", self.refused("--script", script, "--client-keys", keys))
        os.chmod(keys, 0o600)
        server = self.serve("--script", script, "--client-keys", keys)
        self.assertEqual(server.chat()[0], 401)
        status, _, _ = server.request("GET", "/v1/models", headers={"Authorization": "Bearer a-good-secret"})
        self.assertEqual(status, 200)

    def test_slips_are_named(self):
        script = self.home.write("script.json", SCRIPT)
        self.assertIn("is no address and port", self.refused("--script", script, "--listen", "here:there"))
        self.assertIn("is not set", self.refused("--upstream", "u=http://127.0.0.1:1/v1", "--key-env", "NO_SUCH_KEY"))
        self.assertIn("openai", self.refused("--upstream", "u=http://127.0.0.1:1/v1", "--api", "klingon"))
        self.assertIn("is no address of an upstream", self.refused("--upstream", "u=gopher://x"))
        self.assertIn("does not know", self.refused("--script", self.home.write("bad.json", {"turns": [{"txt": 1}]})))
        server = self.serve("--script", script)
        self.assertIn("in use", self.refused("--script", script, "--listen", f"127.0.0.1:{server.port}"))


if __name__ == "__main__":
    unittest.main()
