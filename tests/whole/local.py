"""A model of this machine behind offgrid serve, from outside: a generated one with random weights, which is loaded in an instant."""

import contextlib
import json
import os
import pathlib
import re
import socket
import subprocess
import time
import unittest

from demanded import OFFERED
from program import PATIENCE, Home, Server, chunks, gathered
from random_weights import PLAIN

MKTINY = os.environ["MKTINY"]
NO_END = {str(token): -100 for token in range(3)}  # the control tokens of generated models


def logprobs_of(stream):
    """What a client gathers of them, and the text of the chunks that had some or came before."""
    return [token for chunk in stream if chunk for choice in chunk["choices"] for token in (choice.get("logprobs") or {}).get("content", [])]


def without_repeats(text):
    """Decoders differ in how many signs of replacement they put for bytes that are no characters."""
    return re.sub("\ufffd+", "\ufffd", text)


def unchunked(body):
    """The data of a chunked body."""
    found = b""
    while True:
        size, _, body = body.partition(b"\r\n")
        if not int(size, 16):
            return found
        found, body = found + body[:int(size, 16)], body[int(size, 16) + 2:]


class Local(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = Home()
        cls.addClassCleanup(cls.home.close)
        template = cls.home.write("template", PLAIN)
        cls.model = str(pathlib.Path(cls.home.path) / "tiny.gguf")
        subprocess.run([MKTINY, cls.model, "--template", template, "--seed", "1", "--ctx", "4096"], check=True)
        cls.server = Server(cls.home, "--model", cls.model)
        cls.addClassCleanup(lambda: cls.server.child.poll() is None and cls.server.stop())

    @classmethod
    def tearDownClass(cls):
        """Every answer above was held to what must be so; what random weights say is the model's."""
        broken = cls.server.broken()
        if set(broken) - {"model"}:
            raise AssertionError(f"broken by layer: {broken}")

    def ask(self, **more):
        """The first request may come before the model is there: it waits."""
        status, _, answer = self.server.chat("Say something.", model=self.model, temperature=0, max_tokens=24, **more)
        self.assertEqual(status, 200, answer)
        return answer

    def test_tokens_are_counted_as_they_are_then_read(self):
        self.ask()
        tools = [{"name": "write", "description": "does it", "input_schema": {"type": "object"}}]
        for text, more in (("Say something.", {}), ("<|im_end|> ä 你好 " * 40, {}), ("With tools.", {"tools": tools, "system": "Be kind."})):
            asked = {"model": self.model, "messages": [{"role": "user", "content": text}], **more}
            _, headers, body = self.server.request("POST", "/v1/messages/count_tokens", asked)
            self.assertEqual(headers["x-offgrid-accuracy"], "exact")
            counted = json.loads(body)["input_tokens"]
            for _ in range(2):  # the second time, the prompt is known
                _, _, body = self.server.request("POST", "/v1/messages", {**asked, "max_tokens": 3, "stream": True})
                events = [json.loads(line[6:]) for line in body.decode().splitlines() if line.startswith("data: ")]
                start, delta = events[0], next(e for e in events if e["type"] == "message_delta")
                self.assertEqual(start["message"]["usage"]["input_tokens"], counted)
                self.assertNotIn("is_estimate", start)
                usage = delta["usage"]
                self.assertEqual(usage["input_tokens"] + usage["cache_read_input_tokens"], counted)

    def test_the_stop_string_is_named(self):
        _, _, body = self.server.request("POST", "/v1/messages", {
            "model": self.model, "max_tokens": 200, "temperature": 0, "messages": [{"role": "user", "content": "x"}],
            "stop_sequences": list("etaoinshr ")})
        answer = json.loads(body)
        self.assertEqual(answer["stop_reason"], "stop_sequence")
        self.assertIn(answer["stop_sequence"], list("etaoinshr "))

    def test_log_probabilities_of_every_token(self):
        choice = self.ask(logprobs=True, top_logprobs=3)["choices"][0]
        tokens = choice["logprobs"]["content"]
        said = bytes(b for t in tokens for b in t["bytes"]).decode(errors="replace")
        self.assertEqual(without_repeats(said), without_repeats(choice["message"]["content"]))
        for token in tokens:
            likeliest = [t["logprob"] for t in token["top_logprobs"]]
            self.assertEqual(len(likeliest), 3)
            self.assertEqual(likeliest, sorted(likeliest, reverse=True))
            self.assertLessEqual(likeliest[0], 0)
            self.assertEqual(token["logprob"], likeliest[0])  # at temperature 0
            self.assertEqual(token["bytes"], token["top_logprobs"][0]["bytes"])

    def test_log_probabilities_of_a_stream_are_those_of_the_whole_answer(self):
        whole = self.ask(logprobs=True, top_logprobs=2)["choices"][0]
        stream = self.ask(logprobs=True, top_logprobs=2, stream=True)
        self.assertEqual([t["bytes"] for t in logprobs_of(stream)], [t["bytes"] for t in whole["logprobs"]["content"]])
        for chunk in stream:
            for choice in (chunk or {"choices": []})["choices"]:
                said = choice["delta"].get("content")
                if said and choice.get("logprobs"):
                    self.assertTrue(said.endswith(choice["logprobs"]["content"][-1]["token"]))

    def respond(self, server, **more):
        """The output and the pieces of a Responses answer."""
        body = {"model": self.model, "input": "Say something.", "temperature": 0, "max_output_tokens": 24, "store": False, "stream": True, **more}
        status, _, answer = server.request("POST", "/v1/responses", body)
        self.assertEqual(status, 200, answer)
        if not body["stream"]:
            return json.loads(answer)["output"], []
        pieces = [json.loads(line[6:]) for line in answer.decode().splitlines() if line.startswith("data: ")]
        return pieces[-1]["response"]["output"], pieces

    def assert_like(self, tokens, others):
        """The same tokens; a prompt that is read in other pieces moves the last digits."""
        self.assertEqual([[t["bytes"], *(o["bytes"] for o in t["top_logprobs"])] for t in tokens],
                         [[t["bytes"], *(o["bytes"] for o in t["top_logprobs"])] for t in others])
        for token, other in zip(tokens, others):
            self.assertAlmostEqual(token["logprob"], other["logprob"], places=3)

    def test_log_probabilities_by_the_other_api_are_the_same(self):
        chat = self.ask(logprobs=True, top_logprobs=2)["choices"][0]["logprobs"]["content"]
        wanted = {"include": ["message.output_text.logprobs"], "top_logprobs": 2}
        output, _ = self.respond(self.server, stream=False, **wanted)
        self.assert_like(output[-1]["content"][0]["logprobs"], chat)
        output, pieces = self.respond(self.server, **wanted)
        chat = output[-1]["content"][0]["logprobs"]
        self.assert_like(chat, self.ask(logprobs=True, top_logprobs=2)["choices"][0]["logprobs"]["content"])
        self.assertEqual([t for p in pieces if p["type"].endswith("text.delta") for t in p["logprobs"]], chat)
        done = next(p for p in pieces if p["type"] == "response.output_text.done")
        self.assertEqual(done["logprobs"], chat)
        added = next(p for p in pieces if p["type"] == "response.content_part.added")
        self.assertEqual(added["part"]["logprobs"], [])
        output, pieces = self.respond(self.server, top_logprobs=2)  # not included
        self.assertEqual(output[-1]["content"][0]["logprobs"], [])
        self.assertFalse([t for p in pieces for t in p.get("logprobs", [])])

    def test_log_probabilities_pass_between_the_apis(self):
        chat = self.ask(logprobs=True, top_logprobs=2)["choices"][0]["logprobs"]["content"]
        for api in ("openai", "responses"):
            with contextlib.closing(Home()) as home:
                between = Server(home, "--upstream", f"first=http://127.0.0.1:{self.server.port}/v1", "--api", api)
                output, _ = self.respond(between, include=["message.output_text.logprobs"], top_logprobs=2)
                self.assert_like(output[-1]["content"][0]["logprobs"], chat)
                status, _, answer = between.chat("Say something.", model=self.model, temperature=0, max_tokens=24, logprobs=True, top_logprobs=2)
                self.assertEqual(status, 200, answer)
                self.assert_like(answer["choices"][0]["logprobs"]["content"], chat)
                between.stop()

    def test_only_those_who_ask_get_them(self):
        self.assertNotIn("logprobs", self.ask()["choices"][0])
        bare = self.ask(logprobs=True)["choices"][0]["logprobs"]["content"]
        self.assertTrue(bare)
        self.assertTrue(all(t["top_logprobs"] == [] for t in bare))
        status, _, answer = self.server.chat("x", model=self.model, logprobs=True, top_logprobs=21)
        self.assertEqual((status, answer["error"]["layer"]), (400, "client"))

    def test_what_was_forced_has_no_probability(self):
        status, headers, stream = self.server.chat("Do it.", model=self.model, seed=3, temperature=1, max_tokens=400, stream=True, logprobs=True,
                                                   tools=OFFERED, tool_choice="required", parallel_tool_calls=False,
                                                   stream_options={"include_usage": True})
        self.assertEqual(status, 200)
        _, calls, _, usage = gathered(stream)
        self.assertEqual(len(calls), 1)
        told = len(logprobs_of(stream))
        self.assertGreater(told, 0)
        self.assertLess(told, usage["completion_tokens"])

    def streamed(self, server, body, wait=lambda: None):
        """The chunks of an answer that nobody reads before `wait` is through."""
        text = json.dumps(body)
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.settimeout(PATIENCE)
            sock.connect(("127.0.0.1", server.port))
            sock.sendall(f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                         f"Content-Length: {len(text)}\r\n\r\n{text}".encode())
            wait()
            answer = b"".join(iter(lambda: sock.recv(1 << 20), b""))
        return chunks(unchunked(answer.partition(b"\r\n\r\n")[2]))

    def test_who_reads_slowly_gets_all_of_it(self):
        """Each token is some KiB on the wire, all of them more than the buffers between here and there take. Compared token by token with
        the answer to somebody who reads: with one thread and one conversation in the cache, numbers are added in the same order."""
        server = Server(self.home, "--model", self.model, "--threads", "1")
        self.addCleanup(server.stop)
        body = {"model": self.model, "temperature": 0, "logit_bias": NO_END, "stream": True, "logprobs": True, "top_logprobs": 20,
                "messages": [{"role": "user", "content": "Say something."}]}
        self.streamed(server, {**body, "max_tokens": 1})  # from now on the prompt is known
        quick = self.streamed(server, {**body, "max_tokens": 3800})
        paused = server.metrics("paused_total")[""]
        slow = self.streamed(server, {**body, "max_tokens": 3800}, lambda: self.wait_for_metric(server, "paused_total", paused + 1))
        self.assertEqual(len(logprobs_of(slow)), 3800)
        self.assertEqual(logprobs_of(slow), logprobs_of(quick))
        self.assertEqual(gathered(slow)[:3], gathered(quick)[:3])
        self.assertEqual(gathered(slow)[2], "length")

    def wait_for_metric(self, server, name, least):
        end = time.monotonic() + PATIENCE
        while server.metrics(name)[""] < least:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)

    def overlong(self, words, agent="tests"):
        """A prompt that does not fit, in every dialect: status and text of the refusal."""
        headers = {"User-Agent": agent}
        asked = {"model": self.model, "messages": [{"role": "user", "content": words}], "max_tokens": 5}
        gemini = {"contents": [{"role": "user", "parts": [{"text": words}]}]}
        paths = {
            "openai": ("/v1/chat/completions", asked), "anthropic": ("/v1/messages", asked), "ollama": ("/api/chat", asked),
            "responses": ("/v1/responses", {"model": self.model, "input": words}),
            "gemini": (f"/v1beta/models/{self.model}:generateContent", gemini)}
        return {name: self.server.request("POST", path, body, headers) for name, (path, body) in paths.items()}

    def test_a_prompt_that_does_not_fit_is_refused_in_words_that_clients_know(self):
        known = {"openai": ("maximum context length", "context_length_exceeded"), "responses": ("maximum context length", "context_length_exceeded"),
                 "anthropic": ("prompt is too long: ", " tokens > 4096 maximum"), "ollama": ("the input exceeds the context length",),
                 "gemini": ("The input token count exceeds the maximum number of tokens allowed",)}
        for name, (status, _, body) in self.overlong("word " * 3000).items():
            text = body.decode()
            self.assertEqual(status, 400, (name, text))
            for words in known[name]:
                self.assertIn(words, text)
            self.assertRegex(text, r"the prompt has \d{4,} tokens, the context holds 4096")

    def test_an_image_is_refused_where_it_is_asked_about_and_words_later(self):
        pixel = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
        shown = {"role": "user", "content": [{"type": "text", "text": "What is this?"}, pixel]}
        later = [shown, {"role": "assistant", "content": "A dot."}, {"role": "user", "content": "Thanks."}]
        for messages, status in (([shown], 400), (later, 200)):
            body = {"model": self.model, "messages": messages, "max_tokens": 4}
            answered, headers, text = self.server.request("POST", "/v1/chat/completions", body)
            self.assertEqual(answered, status, text)
            self.assertEqual("reads text only here" in text.decode(), status == 400)
            self.assertEqual({name.lower(): value for name, value in headers.items()}.get("x-should-retry"), "false" if status == 400 else None)

    def test_a_client_that_never_gets_below_the_limit_is_ended(self):
        body = {"model": self.model, "messages": [{"role": "user", "content": "word " * 3000}]}
        answers = [self.server.request("POST", "/v1/chat/completions", body, {"User-Agent": "loops"}) for _ in range(8)]
        self.assertEqual({status for status, _, _ in answers}, {400})
        told = [json.loads(text)["error"] for _, _, text in answers]
        self.assertEqual([error["code"] == "context_length_exceeded" for error in told], [True] * 6 + [False] * 2)
        self.assertIn("stopped after 7 requests in a row", told[6]["message"])
        self.assertNotIn("context length", told[6]["message"])

    def test_a_limit_larger_than_what_fits_is_no_error(self):
        for most in (32_000, 65_536):
            status, headers, answer = self.server.chat("Say something.", model=self.model, temperature=0, max_tokens=most, stop=list("etaoin"))
            self.assertEqual(status, 200, answer)
            trace = {k.lower(): v for k, v in headers.items()}["x-request-id"]
            self.assertIn(f"{most} tokens of answer are asked for", self.traced(trace))

    def traced(self, request):
        """It is written down beside the answering."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            told = self.home.run("trace", request, "--full").stdout
            if told:
                return told
        return ""

    def test_a_server_without_its_model_says_why_and_goes(self):
        broken = self.home.write("broken.gguf", "GGUF" + "x" * 100)
        done = self.home.run("serve", "--listen", "127.0.0.1:0", "--model", broken, "--no-store")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("broken.gguf", done.stderr)

    def test_it_is_healthy_when_it_is_loaded(self):
        self.ask()
        status, _, body = self.server.request("GET", "/health")
        self.assertEqual((status, json.loads(body)["status"]), (200, "ok"))
        models = json.loads(self.server.request("GET", "/v1/models")[2])["data"]
        self.assertEqual([(m["id"], m["context_length"]) for m in models], [(self.model, 4096)])


if __name__ == "__main__":
    unittest.main()
