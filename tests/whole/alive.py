"""Signs of life in every dialect: while nothing is said, data events that mean nothing go out, the first within a second; never a comment, never an
invented end. And what ends a client that goes in circles."""

import json
import socket
import threading
import time
import unittest

from program import PATIENCE, Home, Server, Upstream, delta

TOOL = {"type": "object", "properties": {"path": {"type": "string"}, "content": {"type": "string"}}, "required": ["path", "content"]}
QUESTION = [{"role": "user", "content": "hello"}]


def openai_alive(event):
    return [c["delta"] for c in event["choices"]] == [{"content": ""}] and event["choices"][0]["finish_reason"] is None


def gemini_alive(event):
    return event["candidates"][0]["content"]["parts"] == [{"text": ""}] and not event["candidates"][0].get("finishReason")


# path, body, is it a sign of life, the words of an end
DIALECTS = {
    "openai": ("/v1/chat/completions", {"messages": QUESTION, "tools": [{"type": "function", "function": {"name": "write", "parameters": TOOL}}]},
               openai_alive, ('"finish_reason":"', "[DONE]")),
    "responses": ("/v1/responses", {"input": "hello", "tools": [{"type": "function", "name": "write", "parameters": TOOL}]},
                  lambda e: e["type"] == "response.in_progress", ("response.completed", "response.incomplete", "response.failed")),
    "anthropic": ("/v1/messages", {"messages": QUESTION, "max_tokens": 9, "tools": [{"name": "write", "input_schema": TOOL}]},
                  lambda e: e["type"] == "ping", ("message_stop", "stop_reason\":\"")),
    "gemini": ("/v1beta/models/m:streamGenerateContent?alt=sse",
               {"contents": [{"role": "user", "parts": [{"text": "hello"}]}],
                "tools": [{"functionDeclarations": [{"name": "write", "parametersJsonSchema": TOOL}]}]}, gemini_alive, ("finishReason",)),
    "ollama": ("/api/chat", {"messages": QUESTION, "tools": [{"type": "function", "function": {"name": "write", "parameters": TOOL}}]},
               lambda e: e["message"]["content"] == "" and e["done"] is False, ('"done":true',)),
}
CALL = [delta(tool_calls=[{"index": 0, "id": "c1", "type": "function", "function": {"name": "write", "arguments": ""}}]),
        delta(tool_calls=[{"index": 0, "function": {"arguments": '{"path": "a", '}}])]
REST = [delta(tool_calls=[{"index": 0, "function": {"arguments": '"content": "b"}'}}]), delta(finish="tool_calls"), "[DONE]"]


class Stream:
    """A stream that is read as it comes."""

    def __init__(self, port, path, body):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        text = json.dumps({"model": "m", "stream": True, **body})
        self.began = time.monotonic()
        self.sock.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode())
        self.seen = ""

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.sock.close()

    def until(self, is_enough):
        while not is_enough():
            piece = self.sock.recv(65536)
            if not piece:
                return
            self.seen += piece.decode()

    def events(self):
        found = []
        for line in self.seen.splitlines():
            line = line.removeprefix("data: ")
            if line.startswith("{") and line.endswith("}"):
                found.append(json.loads(line))
        return found


class Alive(unittest.TestCase):
    def setUp(self):
        self.home = Home()
        self.addCleanup(self.home.close)
        self.go = threading.Event()
        self.upstream = Upstream(self.answer)
        self.addCleanup(self.upstream.close)
        self.server = Server(self.home, "--upstream", f"desk={self.upstream.url}", "--no-store")
        self.addCleanup(self.server.stop)

    def answer(self, conversation):
        """Silent, or in the middle of a call that is held until it is whole; then all of it."""
        conversation.stream(*self.before)
        self.go.wait(PATIENCE)
        conversation.events(*(CALL[len(self.before):] + REST))

    def check(self, before):
        for name, (path, body, is_alive, ends) in DIALECTS.items():
            self.before = before
            self.go.clear()
            with self.subTest(name), Stream(self.server.port, path, body) as stream:
                stream.until(lambda: any(is_alive(e) for e in stream.events()))
                self.assertLess(time.monotonic() - stream.began, 2)  # 0.9 s, and a busy machine
                stream.until(lambda: sum(is_alive(e) for e in stream.events()) >= 2)
                silence = stream.seen.split("\r\n\r\n", 1)[1]
                self.assertFalse(any(line.startswith(":") for line in silence.splitlines()))
                self.assertFalse([end for end in ends if end in silence], silence)
                self.go.set()
                stream.until(lambda: False)
                self.assertTrue([end for end in ends if end in stream.seen], stream.seen)
                self.assertIn("write", stream.seen)

    def test_while_the_upstream_is_silent(self):
        self.check([])

    def test_while_a_call_is_held_until_it_is_whole(self):
        self.check(CALL)

    def test_an_upstream_that_breaks_off_in_its_silence_is_no_end(self):
        for name, (path, body, _, ends) in DIALECTS.items():
            self.upstream.answer = lambda conversation: (conversation.stream(), self.go.wait(PATIENCE))
            self.go.clear()
            with self.subTest(name), Stream(self.server.port, path, body) as stream:
                stream.until(lambda: stream.events())
                self.go.set()
                stream.until(lambda: False)
                self.assertIn("error" if name != "responses" else "response.failed", stream.seen)
                self.assertFalse([end for end in ends if end in stream.seen and end != "response.failed"], stream.seen)


class Circles(unittest.TestCase):
    def test_the_same_request_is_not_answered_for_ever(self):
        home = Home()
        self.addCleanup(home.close)
        script = home.write("script.json", {"models": ["script"], "turns": [{"text": "Done."}] * 60})
        server = Server(home, "--script", script, "--no-store")
        self.addCleanup(server.stop)
        tools = [{"type": "function", "function": {"name": "write", "parameters": TOOL}}]
        for _ in range(16):
            time.sleep(0.12)  # who measures does not wait; who loops does something between two
            self.assertEqual(server.chat("again", stream=True, tools=tools)[0], 200)
        time.sleep(0.12)
        status, _, answer = server.chat("again", stream=True, tools=tools)
        self.assertEqual((status, answer["error"]["layer"]), (400, "client"))
        self.assertIn("answered 16 times", answer["error"]["message"])
        self.assertEqual(server.chat("again, with a word more", stream=True, tools=tools)[0], 200)
        self.assertEqual(server.chat("again", tools=tools)[0], 200)  # whole answers are not compared


if __name__ == "__main__":
    unittest.main()
