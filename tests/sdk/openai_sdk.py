"""The official OpenAI client against offgrid serve: what its own types and errors make of our answers."""

import asyncio
import json
import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "whole"))

import openai  # noqa: E402
from completions_sdk import Completions, CompletionsBehindAnother, CompletionsBehindMessages  # noqa: E402, F401
from program import PATIENCE, Home, Server  # noqa: E402
from responses_sdk import Responses, ResponsesBehindAnother  # noqa: E402, F401
from vectors_sdk import TEXTS, Vectors  # noqa: E402

TOOLS = [{"type": "function", "function": {"name": name, "description": "does it", "parameters": {
    "type": "object", "properties": {"path": {"type": "string"}}}}} for name in ("write", "read")]

FAULT = {"layer": "wire", "what": "the script says so", "mend": ""}
SCRIPT = {"context_tokens": 4096, "turns": [
    {"match": "work", "text": "Two things.", "calls": [{"name": "write", "arguments": {"path": "ä"}},
                                                        {"name": "read", "arguments": {"path": "b"}}],
     "usage": {"prompt": 20, "cached": 5, "answer": 9, "thinking": 3}},
    {"match": "work", "text": "Both done."},
    {"match": "slow", "delay_ms": 2500, "text": "at last"},
    {"match": "json", "text": "{\"a\": 1}"},
    {"match": "long", "delay_ms": 60000, "text": "never"},
    {"match": "cut", "text": "half an", "cut": True},
    {"match": "short", "text": "not all of", "stop": "length"},
    {"match": "full", "fail": {**FAULT, "kind": "context_exceeded", "layer": "prompt"}},
    {"match": "busy", "fail": {**FAULT, "kind": "busy"}},
    {"match": "broken", "fail": {**FAULT, "kind": "broken"}},
    {"match": "denied", "fail": {**FAULT, "kind": "denied", "layer": "route"}},
    {"text": "Hello.", "repeat": True}]}


def said(text):
    return [{"role": "user", "content": text}]


class Official(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = Home()
        keys = cls.home.path / "keys"
        keys.touch(0o600)
        keys.write_text("a-good-secret\n")
        cls.server = Server(cls.home, "--script", cls.home.write("script.json", SCRIPT), "--client-keys", str(keys))
        cls.client = openai.OpenAI(base_url=cls.server.url, api_key="a-good-secret", max_retries=0, timeout=PATIENCE)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.server.stop()
        cls.home.close()

    def ask(self, text, **more):
        return self.client.chat.completions.create(model="script", messages=said(text), **more)

    def test_models(self):
        self.assertEqual([m.id for m in self.client.models.list()], ["script"])
        self.assertEqual(self.client.models.retrieve("script").id, "script")
        with self.assertRaises(openai.NotFoundError):
            self.client.models.retrieve("nobody")

    def test_a_whole_answer_and_a_stream(self):
        whole = self.ask("hello")
        self.assertEqual(whole.choices[0].message.content, "Hello.")
        self.assertEqual(whole.choices[0].finish_reason, "stop")
        stream = list(self.ask("hello", stream=True, stream_options={"include_usage": True}))
        self.assertEqual("".join(c.choices[0].delta.content or "" for c in stream if c.choices), "Hello.")
        self.assertEqual([c.usage.completion_tokens for c in stream if c.usage], [whole.usage.completion_tokens])
        self.assertEqual({c.id for c in stream}, {stream[0].id})

    def test_a_conversation_with_parallel_calls(self):
        first = self.ask("work", tools=TOOLS)
        message = first.choices[0].message
        self.assertEqual(first.choices[0].finish_reason, "tool_calls")
        self.assertEqual([(c.function.name, json.loads(c.function.arguments)) for c in message.tool_calls],
                         [("write", {"path": "ä"}), ("read", {"path": "b"})])
        self.assertEqual(first.usage.prompt_tokens_details.cached_tokens, 5)
        self.assertEqual(first.usage.completion_tokens_details.reasoning_tokens, 3)
        results = [{"role": "tool", "tool_call_id": c.id, "content": "ok"} for c in reversed(message.tool_calls)]
        second = self.client.chat.completions.create(
            model="script", messages=[*said("work"), message, *results], tools=TOOLS)
        self.assertEqual(second.choices[0].message.content, "Both done.")

    def test_the_streaming_helper_gathers_the_same(self):
        with self.client.chat.completions.stream(model="script", messages=said("work"), tools=TOOLS) as stream:
            kinds = [event.type for event in stream]
            final = stream.get_final_completion()
        self.assertIn("tool_calls.function.arguments.done", kinds)
        self.assertEqual([c.function.name for c in final.choices[0].message.tool_calls], ["write", "read"])
        self.assertEqual(final.choices[0].message.content, "Two things.")

    def test_structured_output(self):
        class Answer(openai.BaseModel):
            a: int

        parsed = self.client.chat.completions.parse(model="script", messages=said("json"), response_format=Answer)
        self.assertEqual(parsed.choices[0].message.parsed.a, 1)

    def test_a_limit_is_told(self):
        self.assertEqual(self.ask("short").choices[0].finish_reason, "length")
        self.assertEqual(list(self.ask("short", stream=True))[-1].choices[0].finish_reason, "length")

    def test_errors_have_their_class(self):
        for text, kind, layer in (("full", openai.BadRequestError, "prompt"), ("busy", openai.InternalServerError, "wire"),
                                  ("broken", openai.InternalServerError, "wire"),
                                  ("denied", openai.PermissionDeniedError, "route")):
            for stream in (False, True):
                with self.subTest(text=text, stream=stream), self.assertRaises(kind) as caught:
                    self.ask(text, stream=stream)
                self.assertEqual(caught.exception.body["layer"], layer)
                self.assertTrue(caught.exception.request_id)
        with self.assertRaises(openai.BadRequestError):
            self.ask("hello", temperature=-1)
        with self.assertRaises(openai.NotFoundError):
            self.client.chat.completions.create(model="nobody", messages=said("x"))
        with self.assertRaises(openai.AuthenticationError):
            self.client.with_options(api_key="a-wrong-secret").models.list()

    def test_a_stream_that_breaks_is_an_error(self):
        seen = []
        with self.assertRaises(openai.APIError):
            for chunk in self.ask("cut", stream=True):
                seen.append(chunk.choices[0].delta.content or "")
        self.assertEqual("".join(seen), "half an")

    def wait_for_outcome(self, outcome):
        """Traces are written when the answer has gone out."""
        end = time.monotonic() + PATIENCE
        while not (lines := json.loads(self.home.run("trace", "--json").stdout or "[]")) or lines[0]["outcome"] != outcome:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)

    def test_what_cannot_be_mended_is_asked_once(self):
        client = self.client.with_options(max_retries=3)
        began = time.monotonic()
        with self.assertRaises(openai.BadRequestError):
            client.chat.completions.create(model="script", messages=said("full"))
        self.assertLess(time.monotonic() - began, 2)
        self.wait_for_outcome("prompt")

    def test_silence_does_not_end_a_stream_with_a_short_limit(self):
        client = self.client.with_options(timeout=2)
        text = "".join(c.choices[0].delta.content or "" for c in client.chat.completions.create(
            model="script", messages=said("slow"), stream=True))
        self.assertEqual(text, "at last")

    def test_an_abort_reaches_the_server(self):
        async def leave():
            async with openai.AsyncOpenAI(base_url=self.server.url, api_key="a-good-secret", max_retries=0) as client:
                task = asyncio.create_task(client.chat.completions.create(model="script", messages=said("long")))
                await asyncio.sleep(0.3)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

        asyncio.run(leave())
        self.wait_for_outcome("left")


class OpenAIVectors(Vectors, unittest.TestCase):
    @classmethod
    def connect(cls, url):
        return openai.OpenAI(base_url=url + "/v1", api_key="none")

    def embed(self, texts, dimensions=None):
        answer = self.client.embeddings.create(model=self.model, input=texts, dimensions=dimensions or openai.NOT_GIVEN)
        return [row.embedding for row in answer.data]

    def test_numbers_and_base64_are_the_same(self):
        """Unless told otherwise this client asks for base64 and unpacks it."""
        answer = self.client.embeddings.create(model=self.model, input=TEXTS, encoding_format="float")
        self.assertEqual([row.index for row in answer.data], [0, 1, 2])
        self.assertGreater(answer.usage.prompt_tokens, 2)
        self.assert_close([row.embedding for row in answer.data], self.embed(TEXTS))

    def test_too_long_a_text(self):
        with self.assertRaises(openai.BadRequestError) as caught:
            self.embed(["x " * 200])
        self.assertEqual(caught.exception.code, "context_length_exceeded")


if __name__ == "__main__":
    unittest.main()
