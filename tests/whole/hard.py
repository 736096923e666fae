"""offgrid serve under rough treatment: broken requests in every dialect, and crowds that ask slowly, nothing, too much, or do not read.

Each test says what stays true: an answer in the dialect's own shape of errors, others served meanwhile, memory within bounds.
HARD_SEED=N and HARD_REQUESTS=N make other mutations, and more of them.
"""

import contextlib
import copy
import http.client
import json
import os
import pathlib
import random
import socket
import subprocess
import threading
import time
import unittest

from program import PATIENCE, Home, Server, Upstream

SEED = int(os.environ.get("HARD_SEED", "20"))
REQUESTS = int(os.environ.get("HARD_REQUESTS", "10000"))
MIB = 1 << 20
PARAMETERS = {"type": "object", "properties": {"path": {"type": "string"}, "n": {"type": "integer", "minimum": 0}}, "required": ["path"]}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

SCRIPT = {"models": ["script"], "context_tokens": 8 * MIB, "chunk_bytes": 512, "turns": [
    {"match": "flood", "text": "word " * 200000, "gap_ms": 0},
    {"text": "Hello.", "calls": [{"name": "write", "arguments": {"path": "a"}}], "repeat": True}]}


def is_openai(body):
    return isinstance(body["error"]["message"], str) and isinstance(body["error"]["type"], str)


def is_anthropic(body):
    return body["type"] == "error" and isinstance(body["error"]["type"], str) and isinstance(body["error"]["message"], str)


def is_gemini(body):
    return isinstance(body["error"]["code"], int) and isinstance(body["error"]["status"], str) and isinstance(body["error"]["message"], str)


def is_ollama(body):
    return isinstance(body["error"], str)


# A valid request of each kind: path, its body, and what an error of that dialect looks like.
KINDS = [
    ("/v1/chat/completions", is_openai, {
        "model": "script", "temperature": 0.5, "max_tokens": 50, "stop": ["x"], "seed": 1,
        "tools": [{"type": "function", "function": {"name": "write", "description": "d", "parameters": PARAMETERS}}], "tool_choice": "auto",
        "messages": [
            {"role": "system", "content": "s"},
            {"role": "user", "content": [{"type": "text", "text": "hällo"},
                                         {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}]},
            {"role": "assistant", "content": None,
             "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "write", "arguments": "{\"path\": \"b\"}"}}]},
            {"role": "tool", "tool_call_id": "c1", "content": "done"},
            {"role": "user", "content": "go on"}]}),
    ("/v1/responses", is_openai, {
        "model": "script", "instructions": "s", "store": False, "reasoning": {"effort": "low"}, "max_output_tokens": 50,
        "tools": [{"type": "function", "name": "write", "parameters": PARAMETERS, "strict": False}],
        "input": [
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hällo"}]},
            {"type": "function_call", "call_id": "c1", "name": "write", "arguments": "{\"path\": \"b\"}"},
            {"type": "function_call_output", "call_id": "c1", "output": "done"},
            {"role": "user", "content": "go on"}]}),
    ("/v1/messages", is_anthropic, {
        "model": "script", "max_tokens": 50, "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}],
        "tools": [{"name": "write", "description": "d", "input_schema": PARAMETERS}], "tool_choice": {"type": "auto"},
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "hällo"},
                                         {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}]},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "write", "input": {"path": "b"}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "done"}, {"type": "text", "text": "go on"}]}]}),
    ("/v1beta/models/script:generateContent", is_gemini, {
        "systemInstruction": {"parts": [{"text": "s"}]}, "generationConfig": {"temperature": 0.5, "maxOutputTokens": 50},
        "tools": [{"functionDeclarations": [{"name": "write", "description": "d", "parametersJsonSchema": PARAMETERS}]}],
        "contents": [
            {"role": "user", "parts": [{"text": "hällo"}, {"inlineData": {"mimeType": "image/png", "data": PIXEL}}]},
            {"role": "model", "parts": [{"functionCall": {"name": "write", "args": {"path": "b"}}}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "write", "response": {"result": "done"}}}]},
            {"role": "user", "parts": [{"text": "go on"}]}]}),
    ("/api/chat", is_ollama, {
        "model": "script", "stream": False, "options": {"temperature": 0.5, "num_predict": 50},
        "tools": [{"type": "function", "function": {"name": "write", "description": "d", "parameters": PARAMETERS}}],
        "messages": [
            {"role": "system", "content": "s"},
            {"role": "user", "content": "hällo", "images": [PIXEL]},
            {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "write", "arguments": {"path": "b"}}}]},
            {"role": "tool", "content": "done", "tool_name": "write"},
            {"role": "user", "content": "go on"}]}),
    ("/api/generate", is_ollama, {"model": "script", "prompt": "hällo", "system": "s", "stream": False, "options": {"seed": 1}}),
    ("/v1/messages/count_tokens", is_anthropic, {"model": "script", "messages": [{"role": "user", "content": "hällo"}]}),
    ("/v1beta/models/script:countTokens", is_gemini, {"contents": [{"parts": [{"text": "hällo"}]}]}),
]

STRANGE = [None, True, False, 0, -1, 1e308, -1e-9, 2**53, 2**70, "", "x", "\0", "\ud800", "a" * 5000, [], {}, [[]], [None], {"": 0},
           "data:image/png;base64,%%%", "http://127.0.0.1:9/x.png", {"type": "object"}, {"type": "text", "text": None},
           {"$ref": "#"}, {"type": ["string", "nope"]}, {"pattern": "(((((a*)*)*)*)*"}, {"enum": []}]


def places(value, path=()):
    """Every place of a document, the whole first."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


def nested(dice):
    depth = dice.choice([5, 100, 126, 200, 5000])
    return ["[", "{\"a\":"][dice.randrange(2)] * depth


def bent(document, dice):
    """The document with one to three of its places changed; as text, since some of it is no JSON any more."""
    document = copy.deepcopy(document)
    for _ in range(dice.randint(1, 3)):
        spots = [p for p in places(document) if p]
        *way, last = dice.choice(spots)
        holder = document
        for key in way:
            holder = holder[key]
        change = dice.randrange(5)
        if change == 0:
            del holder[last]
        elif change == 1 and isinstance(holder, list):
            holder.insert(last, copy.deepcopy(holder[last]))
        elif change == 2 and isinstance(holder, dict):
            holder[dice.choice(["model", "type", "role", "content", "x" * 300, "", "ключ"])] = holder[last]
        else:
            holder[last] = copy.deepcopy(dice.choice(STRANGE))
        if not document:
            break
    return json.dumps(document)


def cut_up(text, dice):
    body = bytearray(text.encode("utf-8", "surrogatepass"))
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(body) + 1)
        change = dice.randrange(5)
        if change == 0 and at < len(body):
            body[at] = dice.randrange(256)
        elif change == 1:
            del body[at:at + dice.randint(1, 60)]
        elif change == 2:
            body[at:at] = bytes(dice.choice([b'"', b"{", b"[", b"]", b"}", b",", b"\xff", b"\\", b"\\u0000", b"\\ud800", b"\0", b"1e999", b"-"]))
        elif change == 3:
            body[at:at] = nested(dice).encode()
        else:
            start = dice.randrange(len(body) + 1)
            body[at:at] = body[start:start + dice.randint(1, 200)]
    return bytes(body)


class Crowd(unittest.TestCase):
    def setUp(self):
        self.home = Home()
        self.addCleanup(self.home.close)

    def serve(self, *args, **more):
        server = Server(self.home, *args, **more)
        self.addCleanup(lambda: server.child.poll() is None and server.stop())
        return server

    def scripted(self, *args, script=SCRIPT):
        return self.serve("--script", self.home.write("script.json", script), *args)

    def memory(self, server):
        """Resident bytes."""
        statm = pathlib.Path(f"/proc/{server.child.pid}/statm")
        if statm.exists():
            return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return 1024 * int(subprocess.check_output(["ps", "-o", "rss=", "-p", str(server.child.pid)]))

    def cpu(self, server):
        """Processor seconds so far."""
        stat = pathlib.Path(f"/proc/{server.child.pid}/stat")
        if stat.exists():
            fields = stat.read_text().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        minutes, seconds = subprocess.check_output(["ps", "-o", "time=", "-p", str(server.child.pid)], text=True).split(":")
        return 60 * int(minutes) + float(seconds)

    def metric(self, server, line):
        _, _, body = server.request("GET", "/metrics")
        return float(next(l for l in body.decode().splitlines() if l.startswith(line + " ")).split()[-1])

    def wait_for(self, condition):
        end = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)

    def connect(self, server):
        sock = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
        self.addCleanup(sock.close)
        return sock

    # ---- broken requests ----

    def judge(self, kind, body, answer, what):
        path, has_shape, _ = kind
        self.assertIn(answer.status, (200, 400, 404, 413, 422, 501), (what, path, body))
        content = answer.read()
        if answer.status == 200:
            return content
        try:
            ok = has_shape(json.loads(content))
        except (ValueError, KeyError, TypeError):
            ok = False
        self.assertTrue(ok, (what, path, body, answer.status, content))
        return content

    def test_ten_thousand_mutations_are_answered_in_the_dialects_own_words(self):
        server = self.scripted()
        dice = random.Random(SEED)
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        answered = {}
        with contextlib.closing(connection):
            for number in range(REQUESTS):
                kind = dice.choice(KINDS)
                path, _, good = kind
                document = {**good, "stream": True} if "stream" in good and dice.random() < 0.3 else good
                text = json.dumps(document) if dice.random() < 0.4 else bent(document, dice)
                body = cut_up(text, dice) if text == json.dumps(document) else text.encode("utf-8", "surrogatepass")
                connection.request("POST", path, body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                self.judge(kind, body, answer, f"seed {SEED}, number {number}")
                answered[answer.status] = answered.get(answer.status, 0) + 1
            if REQUESTS == 10000:
                after_most = self.memory(server)
                for kind in KINDS:  # all is well with those that are right
                    connection.request("POST", kind[0], json.dumps(kind[2]), {"Content-Type": "application/json"})
                    answer = connection.getresponse()
                    self.judge(kind, kind[2], answer, "unchanged")
                    self.assertEqual(answer.status, 200, kind[0])
                self.assertLess(after_most, 120 * MIB)
        print(f"{REQUESTS} mutations answered: " + ", ".join(f"{n} with {status}" for status, n in sorted(answered.items())))
        self.assertGreater(answered.get(400, 0), REQUESTS // 4)
        self.assertGreater(answered.get(200, 0), REQUESTS // 20)
        self.assertEqual(self.metric(server, "offgrid_running"), 0)
        self.assertEqual(server.stop(), (0, ""))

    def test_heads_that_are_no_heads(self):
        """Each is answered with an error, or cut; nobody waits, and the next client is served."""
        server = self.scripted()
        body = json.dumps(KINDS[0][2]).encode()
        good = (f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                "Connection: close\r\n\r\n").encode()
        dice = random.Random(SEED)
        outcomes = {}
        for number in range(500):
            head = bytearray(good)
            for _ in range(dice.randint(1, 3)):
                at = dice.randrange(len(head))
                change = dice.randrange(4)
                if change == 0:
                    head[at] = dice.randrange(256)
                elif change == 1:
                    del head[at:at + dice.randint(1, 12)]
                elif change == 2:
                    head[at:at] = dice.choice([b"\r\n", b"\r\n\r\n", b":", b" ", b"\0", b"\r", b"Transfer-Encoding: chunked\r\n",
                                               b"Content-Length: 3\r\n", b"x" * 70000, b"a: b\r\n" * 200, b"HTTP/9.9"])
                else:
                    head[at:at] = head[dice.randrange(len(head)):][:30]
            sock = self.connect(server)
            with contextlib.suppress(OSError):
                sock.sendall(bytes(head) + body)
                sock.shutdown(socket.SHUT_WR)
            seen = b""
            with contextlib.suppress(ConnectionError):
                while piece := sock.recv(65536):
                    seen += piece
            sock.close()
            if seen:
                self.assertRegex(seen, rb"^HTTP/1\.1 \d\d\d ", (number, bytes(head)))
            outcome = seen[9:12].decode() or "cut"
            self.assertIn(outcome, ("200", "400", "403", "404", "405", "408", "413", "415", "417", "431", "501", "505", "cut"), (number, bytes(head), seen))
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
        print("500 heads: " + ", ".join(f"{n} {status}" for status, n in sorted(outcomes.items())))
        self.assertEqual(server.chat()[0], 200)

    def test_a_prompt_of_a_mebibyte_in_every_dialect(self):
        server = self.scripted("--no-store")
        text = ("wörd \"\\\n" * (MIB // 8))[:MIB]
        before = self.memory(server)
        for round_ in range(3):
            for path, _, good in KINDS:
                body = json.dumps(good).replace(json.dumps("hällo"), json.dumps(text))
                self.assertGreater(len(body), MIB)
                status, _, answer = server.request("POST", path, body)
                self.assertEqual(status, 200, (path, round_, answer[:300]))
        self.assertLess(self.memory(server) - before, 64 * MIB)

    # ---- crowds ----

    def test_a_thousand_that_ask_nothing_and_a_hundred_that_ask_slowly(self):
        server = self.scripted("--no-store")
        before = self.memory(server)
        idle = [self.connect(server) for _ in range(1000)]
        slow = [self.connect(server) for _ in range(100)]
        for number, sock in enumerate(slow):
            sock.sendall([b"POST /v1/chat/comp", b"GET / HTTP/1.1\r\nHo", b"P",
                          b"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{"][number % 4])
        for _ in range(50):
            self.assertEqual(server.chat()[0], 200)
        for sock in slow:
            with contextlib.suppress(OSError):
                sock.sendall(b"x")
        self.assertEqual(server.chat()[0], 200)
        self.assertGreaterEqual(self.metric(server, "offgrid_connections"), 1000)
        self.assertLess(self.memory(server) - before, 32 * MIB)
        heads = [sock for number, sock in enumerate(slow) if number % 4 != 3]  # who does not finish a head is sent away: 408, or a cut
        for sock in heads:
            with contextlib.suppress(ConnectionError):
                answer = b""
                while piece := sock.recv(4096):
                    answer += piece
                self.assertRegex(answer, rb"^(HTTP/1\.1 4\d\d |$)")
        for sock in idle[:10]:  # who only waited is still welcome
            sock.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertTrue(sock.recv(4096).startswith(b"HTTP/1.1 200 "))

    @unittest.skipUnless(pathlib.Path("/proc/self/maps").exists(), "only Linux tells what a process has loaded")
    def test_who_only_passes_on_carries_no_engine(self):
        def answer(conversation):
            conversation.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" + json.dumps(
                {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [
                    {"index": 0, "message": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop"}]}))

        upstream = Upstream(answer)
        self.addCleanup(upstream.close)
        server = self.serve("--upstream", f"up={upstream.url}", "--no-store")
        self.assertEqual(server.chat()[0], 200)
        loaded = pathlib.Path(f"/proc/{server.child.pid}/maps").read_text()
        self.assertIn("libcurl", loaded)  # what it does need
        self.assertNotRegex(loaded, r"libllama|libggml|libstdc\+\+")

    def test_sixty_four_streams_whose_clients_stop_reading(self):
        def answer(conversation):
            conversation.stream()
            block = "".join(f"data: {json.dumps({'choices': [{'index': 0, 'delta': {'content': 'x' * 200}}]})}\n\n" for _ in range(100))
            for _ in range(400):
                conversation.send(block)
            conversation.wait_until_left()

        upstream = Upstream(answer)
        self.addCleanup(upstream.close)
        server = self.serve("--upstream", f"up={upstream.url}", "--script", self.home.write("script.json", SCRIPT), "--no-store")
        before = self.memory(server)
        stuck = []
        for _ in range(64):
            sock = socket.socket()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
            sock.settimeout(PATIENCE)
            sock.connect(("127.0.0.1", server.port))
            self.addCleanup(sock.close)
            body = json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": "x"}]}).encode()
            sock.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            stuck.append(sock)
        self.wait_for(lambda: self.metric(server, "offgrid_running") == 64)
        for sock in stuck:
            self.assertTrue(sock.recv(1024).startswith(b"HTTP/1.1 200 "))
        for _ in range(20):
            self.assertEqual(server.chat()[0], 200)
        self.assertLess(self.memory(server) - before, 64 * 2 * MIB)
        for sock in stuck:
            sock.close()
        self.wait_for(lambda: self.metric(server, "offgrid_running") == 0)

    def test_sixty_four_streams_at_once_all_come_whole(self):
        server = self.scripted("--no-store")
        lengths = []

        def ask():
            _, _, stream = server.chat("flood", stream=True)
            lengths.append(sum(len(c["choices"][0]["delta"].get("content") or "") for c in stream if c and c["choices"]))

        threads = [threading.Thread(target=ask) for _ in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(lengths, [MIB - 48576] * 64)

    # ---- keys ----

    def test_a_refused_key_costs_no_more_than_a_health_check(self):
        keys = self.home.write("keys", "a-good-secret\n")
        os.chmod(keys, 0o600)
        server = self.scripted("--client-keys", keys)
        body = json.dumps({"model": "script", "messages": [{"role": "user", "content": "word " * 4000}]})
        wrong = {"Authorization": "Bearer a-bad-secret", "Content-Type": "application/json"}

        def cost(method, path, sent, headers, status, count=2000):
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
            with contextlib.closing(connection):
                before = self.cpu(server)
                for _ in range(count):
                    connection.request(method, path, sent, headers)
                    answer = connection.getresponse()
                    answer.read()
                    self.assertEqual(answer.status, status)
                return self.cpu(server) - before

        cost("GET", "/health", None, {}, 200, 200)
        health = cost("GET", "/health", None, {}, 200)
        refused = cost("POST", "/v1/chat/completions", "{}", wrong, 401)
        refused_long = cost("POST", "/v1/chat/completions", body, wrong, 401)
        served = cost("POST", "/v1/chat/completions", body, {"Authorization": "Bearer a-good-secret"}, 200)
        print(f"CPU for 2000: health {health:.2f} s, refused {refused:.2f} s, refused with 20 kB {refused_long:.2f} s, served {served:.2f} s")
        self.assertLess(refused, 2 * health + 0.2)  # clock ticks of ten milliseconds
        self.assertLess(refused_long, served)

    def test_a_body_from_a_stranger_is_not_read(self):
        keys = self.home.write("keys", "a-good-secret\n")
        os.chmod(keys, 0o600)
        server = self.scripted("--client-keys", keys)
        before = self.memory(server)
        for path, has_shape, _ in KINDS:
            sock = self.connect(server)
            sock.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000000\r\n\r\n".encode())
            seen = b""
            while piece := sock.recv(65536):
                seen += piece
            self.assertTrue(seen.startswith(b"HTTP/1.1 401 "), seen)
            self.assertTrue(has_shape(json.loads(seen.split(b"\r\n\r\n", 1)[1])), seen)
        self.assertLess(self.memory(server) - before, 16 * MIB)


if __name__ == "__main__":
    unittest.main()
