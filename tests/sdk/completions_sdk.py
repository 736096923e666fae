"""The official OpenAI client's older completions against offgrid serve: alone, behind another of us that hands the bare text on, and
behind one that speaks a dialect without bare texts."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "whole"))

import openai  # noqa: E402
from program import PATIENCE, Home, Server  # noqa: E402

SCRIPT = {"context_tokens": 4096, "chunk_bytes": 4, "turns": [
    {"match": "once upon", "text": " a time", "usage": {"prompt": 3, "cached": 1, "answer": 2, "thinking": 0}},
    {"match": "second", "text": " of all", "usage": {"prompt": 1, "cached": 0, "answer": 2, "thinking": 0}},
    {"match": "short", "text": "not all of", "stop": "length"},
    {"match": "slow", "delay_ms": 1500, "text": "at last"},
    {"match": "full", "fail": {"layer": "prompt", "kind": "context_exceeded", "what": "too long", "mend": ""}},
    {"match": "cut", "text": "half an", "cut": True},
    {"text": "Hello.", "repeat": True}]}


class Completions(unittest.TestCase):
    upstream_api = None

    @classmethod
    def setUpClass(cls):
        cls.home = Home()
        cls.servers = [Server(cls.home, "--script", cls.home.write("script.json", SCRIPT))]
        if cls.upstream_api:
            cls.servers.append(Server(cls.home, "--upstream", cls.servers[0].url, "--api", cls.upstream_api))
        cls.client = openai.OpenAI(base_url=cls.servers[-1].url, api_key="any", max_retries=0, timeout=PATIENCE)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        for server in reversed(cls.servers):
            server.stop()
        cls.home.close()

    def ask(self, prompt, **more):
        return self.client.completions.create(model="script", prompt=prompt, **more)

    def test_a_text_is_gone_on_with(self):
        whole = self.ask("once upon")
        self.assertEqual((whole.object, whole.choices[0].text, whole.choices[0].finish_reason),
                         ("text_completion", " a time", "stop"))
        self.assertEqual((whole.usage.prompt_tokens, whole.usage.completion_tokens), (3, 2))
        chunks = list(self.ask("once upon", stream=True, stream_options={"include_usage": True}))
        self.assertEqual("".join(c.choices[0].text for c in chunks if c.choices), " a time")
        self.assertEqual([c.choices[0].finish_reason for c in chunks if c.choices and c.choices[0].finish_reason], ["stop"])
        self.assertEqual([c.usage.completion_tokens for c in chunks if c.usage], [2])
        self.assertEqual({c.id for c in chunks}, {chunks[0].id})
        self.assertTrue(chunks[0].id.startswith("cmpl-"))

    def test_the_prompt_is_echoed(self):
        self.assertEqual(self.ask("once upon", echo=True).choices[0].text, "once upon a time")
        chunks = list(self.ask("once upon", echo=True, stream=True))
        self.assertEqual("".join(c.choices[0].text for c in chunks), "once upon a time")

    def test_several_prompts_are_several_choices(self):
        prompts = ["once upon", "second", "other"]
        whole = self.ask(prompts, echo=True)
        self.assertEqual([(c.index, c.text) for c in whole.choices],
                         [(0, "once upon a time"), (1, "second of all"), (2, "otherHello.")])
        texts = {}
        for chunk in self.ask(prompts, stream=True):
            choice = chunk.choices[0]
            texts[choice.index] = texts.get(choice.index, "") + choice.text
        self.assertEqual(texts, {0: " a time", 1: " of all", 2: "Hello."})
        self.assertEqual(self.ask(["once upon"]).choices[0].text, " a time")

    def test_a_limit_is_told(self):
        self.assertEqual(self.ask("short").choices[0].finish_reason, "length")
        self.assertEqual(list(self.ask("short", stream=True))[-1].choices[0].finish_reason, "length")

    def test_silence_is_broken_by_chunks(self):
        chunks = list(self.ask("slow", stream=True))
        self.assertEqual("".join(c.choices[0].text for c in chunks), "at last")
        self.assertIn("", [c.choices[0].text for c in chunks[:-1]])

    def test_what_cannot_be_meant_is_refused(self):
        for prompt, more, word in (("a", {"n": 2}, "n:"), ("a", {"best_of": 3}, "best_of:"), ("a", {"max_tokens": 0}, "max_tokens"),
                                   ([], {}, "prompt"), ([["x"]], {}, "prompt"), ([1, "x"], {}, "prompt"),
                                   ("a", {"echo": True, "logprobs": 1}, "logprobs"), ("a", {"logprobs": 99}, "logprobs")):
            with self.subTest(word=word, prompt=prompt), self.assertRaises(openai.BadRequestError) as refused:
                self.ask(prompt, **more)
            self.assertIn(word, str(refused.exception))
        with self.assertRaises(openai.NotFoundError):
            self.client.completions.create(model="nobody", prompt="a")

    def test_errors_have_their_class(self):
        for stream in (False, True):
            with self.subTest(stream=stream), self.assertRaises(openai.BadRequestError) as refused:
                list(self.ask("full", stream=stream))
            self.assertEqual(refused.exception.code, "context_length_exceeded")
        with self.assertRaises(openai.APIError):
            list(self.ask("cut", stream=True))


class CompletionsBehindAnother(Completions):
    upstream_api = "openai"


class CompletionsBehindMessages(Completions):
    upstream_api = "anthropic"

    def test_what_it_has_no_word_for_is_refused(self):
        for prompt, more, word in (("a", {"suffix": "b"}, "suffix"), ([1, 2], {}, "tokens")):
            with self.subTest(word), self.assertRaises(openai.BadRequestError) as refused:
                self.ask(prompt, **more)
            self.assertIn(word, str(refused.exception))


if __name__ == "__main__":
    unittest.main()
