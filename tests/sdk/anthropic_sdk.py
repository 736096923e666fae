"""The official Anthropic client against offgrid serve: what its own types and errors make of our answers."""

import asyncio
import json
import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "whole"))

import anthropic  # noqa: E402
from program import PATIENCE, Home, Server  # noqa: E402

TOOLS = [{"name": name, "description": "does it", "input_schema": {
    "type": "object", "properties": {"path": {"type": "string"}}}} for name in ("write", "read")]
THINKS = {"thinking": {"type": "adaptive"}}

FAULT = {"layer": "wire", "what": "the script says so", "mend": ""}
SCRIPT = {"context_tokens": 4096, "turns": [
    {"match": "work", "think": "hm", "text": "Two things.",
     "calls": [{"name": "write", "arguments": {"path": "ä"}}, {"name": "read", "arguments": {}}],
     "usage": {"prompt": 20, "cached": 5, "answer": 9, "thinking": 3}},
    {"match": "work", "text": "Both done."},
    {"match": "one", "calls": [{"name": "write", "arguments": {"path": "b"}}]},
    {"match": "one", "text": "Done."},
    {"match": "slow", "delay_ms": 2500, "text": "at last"},
    {"match": "long", "delay_ms": 60000, "text": "never"},
    {"match": "cut", "text": "half an", "cut": True},
    {"match": "short", "text": "not all of", "stop": "length"},
    {"match": "never", "text": "I will not", "stop": "filter"},
    {"match": "full", "fail": {**FAULT, "kind": "context_exceeded", "layer": "prompt"}},
    {"match": "busy", "fail": {**FAULT, "kind": "busy"}},
    {"match": "broken", "fail": {**FAULT, "kind": "broken"}},
    {"match": "denied", "fail": {**FAULT, "kind": "denied", "layer": "route"}},
    {"match": "large", "fail": {**FAULT, "kind": "too_big", "layer": "client"}},
    {"text": "Hello.", "repeat": True}]}


def said(text):
    return [{"role": "user", "content": text}]


class Official(unittest.TestCase):
    """The script stands right behind the server."""

    @classmethod
    def setUpClass(cls):
        cls.home = Home()
        keys = cls.home.path / "keys"
        keys.touch(0o600)
        keys.write_text("a-good-secret\n")
        cls.server = Server(cls.home, "--client-keys", str(keys), *cls.upstream())
        cls.client = anthropic.Anthropic(base_url=cls.server.url.removesuffix("/v1"), api_key="a-good-secret",
                                         max_retries=0, timeout=PATIENCE)

    @classmethod
    def upstream(cls):
        return "--script", cls.home.write("script.json", SCRIPT)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.server.stop()
        cls.home.close()

    def ask(self, text, **more):
        more.setdefault("max_tokens", 1000)
        more.setdefault("messages", said(text))
        return self.client.messages.create(model="script", **more)

    def stream(self, text, **more):
        return self.client.messages.stream(model="script", max_tokens=1000, messages=said(text), **more)

    def test_models(self):
        self.assertEqual([m.id for m in self.client.models.list()], ["script"])
        self.assertEqual(self.client.models.retrieve("script").type, "model")
        with self.assertRaises(anthropic.NotFoundError):
            self.client.models.retrieve("nobody")

    def test_a_whole_answer_and_a_stream(self):
        whole = self.ask("hello", system="be kind")
        self.assertEqual([(b.type, b.text) for b in whole.content], [("text", "Hello.")])
        self.assertEqual((whole.stop_reason, whole.model, whole.role), ("end_turn", "script", "assistant"))
        self.assertTrue(whole._request_id)
        with self.stream("hello") as stream:
            text = "".join(stream.text_stream)
            final = stream.get_final_message()
        self.assertEqual(text, "Hello.")
        self.assertEqual(final.content[0].text, "Hello.")
        self.assertEqual(final.usage.output_tokens, whole.usage.output_tokens)

    def test_a_stream_has_each_event_once_and_in_order(self):
        kinds = [event.type for event in self.ask("work", tools=TOOLS, stream=True, **THINKS) if event.type != "ping"]
        flat = [k for i, k in enumerate(kinds) if k != "content_block_delta" or kinds[i - 1] != k]
        block = ["content_block_start", "content_block_delta", "content_block_stop"]
        self.assertEqual(flat, ["message_start", *block * 4, "message_delta", "message_stop"])

    def test_usage_comes_once_and_the_prompt_first(self):
        events = list(self.ask("work", tools=TOOLS, stream=True))
        start = next(e for e in events if e.type == "message_start")
        ends = [e for e in events if e.type == "message_delta"]
        self.assertGreater(start.message.usage.input_tokens, 0)
        self.assertEqual(len(ends), 1)
        self.assertEqual((ends[0].usage.input_tokens, ends[0].usage.cache_read_input_tokens,
                          ends[0].usage.output_tokens), (15, 5, 9))

    def test_a_conversation_with_parallel_calls(self):
        first = self.ask("work", tools=TOOLS)
        self.assertEqual(first.stop_reason, "tool_use")
        self.assertEqual([b.type for b in first.content], ["text", "tool_use", "tool_use"])
        calls = [b for b in first.content if b.type == "tool_use"]
        self.assertEqual([(c.name, c.input) for c in calls], [("write", {"path": "ä"}), ("read", {})])
        results = [{"type": "tool_result", "tool_use_id": c.id, "content": [{"type": "text", "text": "ok"}],
                    "is_error": c.name == "read"} for c in reversed(calls)]
        second = self.ask("", tools=TOOLS, messages=[
            *said("work"), {"role": "assistant", "content": first.content},
            {"role": "user", "content": results}])
        self.assertEqual(second.content[0].text, "Both done.")

    def test_one_call_and_its_result(self):
        with self.stream("one", tools=TOOLS, tool_choice={"type": "any", "disable_parallel_tool_use": True}) as stream:
            kinds = {event.type for event in stream}
            first = stream.get_final_message()
        self.assertIn("input_json", kinds)
        call = first.content[0]
        self.assertEqual((call.type, call.name, call.input), ("tool_use", "write", {"path": "b"}))
        second = self.ask("", tools=TOOLS, messages=[
            *said("one"), {"role": "assistant", "content": first.content},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "ok"}]}])
        self.assertEqual(second.content[0].text, "Done.")

    def test_thoughts_are_shown_to_those_who_ask(self):
        thought = self.ask("work", tools=TOOLS, **THINKS).content[0]
        self.assertEqual((thought.type, thought.thinking), ("thinking", "hm"))
        with self.stream("work", tools=TOOLS, **THINKS) as stream:
            self.assertEqual([b.type for b in stream.get_final_message().content],
                             ["thinking", "text", "tool_use", "tool_use"])
        self.assertEqual(self.ask("work", tools=TOOLS).content[0].type, "text")

    def test_what_clients_send_beside_words(self):
        image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}
        cache = {"cache_control": {"type": "ephemeral"}}
        answer = self.ask("", system=[{"type": "text", "text": "x-anthropic-billing-header: cc_version=1;"},
                                      {"type": "text", "text": "be kind", **cache}],
                          messages=[{"role": "user", "content": [image, {"type": "text", "text": "hello", **cache}]},
                                    {"role": "assistant", "content": "Yes?"},
                                    {"role": "user", "content": [{"type": "document", "source": {
                                        "type": "text", "media_type": "text/plain", "data": "a page"}}]}],
                          metadata={"user_id": "me"}, stop_sequences=["END"], extra_body={"temperature": 0.5, "top_k": 5},
                          extra_headers={"anthropic-beta": "something-2026-01-01"})
        self.assertEqual(answer.content[0].text, "Hello.")

    def test_a_system_message_may_stand_inside(self):
        answer = self.ask("", messages=[*said("x"), {"role": "system", "content": "mind the gap"}, *said("hello")])
        self.assertEqual(answer.content[0].text, "Hello.")

    def test_why_an_answer_ended(self):
        for text, reason in (("short", "max_tokens"), ("never", "refusal")):
            with self.subTest(text):
                self.assertEqual(self.ask(text).stop_reason, reason)
                with self.stream(text) as stream:
                    self.assertEqual(stream.get_final_message().stop_reason, reason)

    def test_tokens_are_counted_before_they_are_spent(self):
        count = self.client.messages.count_tokens(model="script", messages=said("hello " * 100), tools=TOOLS)
        self.assertGreater(count.input_tokens, 100)
        raw = self.client.messages.with_raw_response.count_tokens(model="script", messages=said("hello"))
        self.assertEqual(raw.headers["x-offgrid-accuracy"], "estimated")

    def test_errors_have_their_class(self):
        for text, kind, layer in (("full", anthropic.BadRequestError, "prompt"),
                                  ("busy", anthropic.InternalServerError, "wire"),
                                  ("broken", anthropic.InternalServerError, "wire"),
                                  ("denied", anthropic.PermissionDeniedError, "route"),
                                  ("large", anthropic.RequestTooLargeError, "client")):
            for stream in (False, True):
                with self.subTest(text=text, stream=stream), self.assertRaises(kind) as caught:
                    self.ask(text, stream=stream)
                self.assertEqual(caught.exception.body["error"]["layer"], layer)
                self.assertTrue(caught.exception.request_id)
        with self.assertRaisesRegex(anthropic.BadRequestError, "prompt is too long"):
            self.ask("full")
        with self.assertRaises(anthropic.BadRequestError):
            self.ask("hello", extra_body={"temperature": -1})
        with self.assertRaises(anthropic.NotFoundError):
            self.client.messages.create(model="nobody", max_tokens=9, messages=said("x"))
        with self.assertRaises(anthropic.AuthenticationError) as caught:
            self.client.with_options(api_key="a-wrong-secret").models.list()
        self.assertEqual(caught.exception.body["error"]["type"], "authentication_error")

    def test_either_header_may_hold_the_key(self):
        bearer = anthropic.Anthropic(base_url=self.client.base_url, auth_token="a-good-secret", api_key=None,
                                     max_retries=0, timeout=PATIENCE)
        with bearer:
            self.assertEqual([m.id for m in bearer.models.list()], ["script"])

    def test_a_stream_that_breaks_is_an_error(self):
        seen = []
        with self.assertRaises(anthropic.APIError):
            for event in self.ask("cut", stream=True):
                if event.type == "content_block_delta":
                    seen.append(event.delta.text)
        self.assertEqual("".join(seen), "half an")

    def test_what_cannot_be_mended_is_asked_once(self):
        began = time.monotonic()
        with self.assertRaises(anthropic.BadRequestError):
            self.client.with_options(max_retries=3).messages.create(model="script", max_tokens=9, messages=said("full"))
        self.assertLess(time.monotonic() - began, 2)

    def test_silence_is_broken_by_pings(self):
        client = self.client.with_options(timeout=2)
        kinds, text = [], ""
        for event in client.messages.create(model="script", max_tokens=9, messages=said("slow"), stream=True):
            kinds.append(event.type)
            if event.type == "content_block_delta":
                text += event.delta.text
        self.assertEqual(text, "at last")
        self.assertEqual(kinds.count("message_start"), 1)

    def test_an_abort_reaches_the_server(self):
        async def leave():
            async with anthropic.AsyncAnthropic(base_url=self.client.base_url, api_key="a-good-secret",
                                                max_retries=0) as client:
                task = asyncio.create_task(
                    client.messages.create(model="script", max_tokens=9, messages=said("long")))
                await asyncio.sleep(0.3)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

        asyncio.run(leave())
        end = time.monotonic() + PATIENCE
        while self.last_outcome() != "left":
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)

    def last_outcome(self):
        return json.loads(self.home.run("trace", "--json").stdout)[0]["outcome"]


class Chained(Official):
    """The script stands behind a second server, which the first one asks in another dialect, or in the same."""

    api = "openai"

    @classmethod
    def upstream(cls):
        cls.far_home = Home()
        cls.far = Server(cls.far_home, "--script", cls.far_home.write("script.json", SCRIPT))
        return "--upstream", f"far={cls.far.url}", "--api", cls.api

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.far.stop()
        cls.far_home.close()

    def last_outcome(self):
        return json.loads(self.far_home.run("trace", "--json").stdout)[0]["outcome"]


class ChainedAlike(Chained):
    api = "anthropic"


if __name__ == "__main__":
    unittest.main()
