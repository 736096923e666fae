"""Bare texts and a model of this machine, from outside: no template stands around them, tokens can be given, gaps are filled."""

import json
import os
import pathlib
import subprocess
import unittest

from program import Home, Server, chunks
from random_weights import PLAIN

MKTINY = os.environ["MKTINY"]
GAP = ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>")
IM_START = 1  # the number of this token in generated models


class Completions(unittest.TestCase):
    controls = GAP

    @classmethod
    def setUpClass(cls):
        cls.home = Home()
        cls.addClassCleanup(cls.home.close)
        cls.model = str(pathlib.Path(cls.home.path) / "tiny.gguf")
        controls = [word for token in cls.controls for word in ("--control", token)]
        subprocess.run([MKTINY, cls.model, "--template", cls.home.write("template", PLAIN), "--seed", "1", "--ctx", "1024", *controls],
                       check=True)
        cls.server = Server(cls.home, "--model", cls.model)
        cls.addClassCleanup(lambda: cls.server.child.poll() is None and cls.server.stop())

    def ask(self, prompt, status=200, **more):
        asked = {"model": self.model, "prompt": prompt, "temperature": 0, "max_tokens": 12, **more}
        found, _, body = self.server.request("POST", "/v1/completions", asked)
        self.assertEqual(found, status, body)
        return chunks(body) if more.get("stream") else json.loads(body)

    def notes(self, name):
        """Of the newest trace."""
        told = self.home.run("trace", "last", "--json")
        return [r["text"] for r in json.loads(told.stdout)["records"] if r["name"] == name]


class Texts(Completions):
    def test_a_stream_says_what_the_whole_answer_says(self):
        whole = self.ask("hello there, ")
        choice = whole["choices"][0]
        self.assertEqual((whole["object"], choice["finish_reason"]), ("text_completion", "length"))
        self.assertEqual(whole["usage"]["completion_tokens"], 12)
        streamed = [c for c in self.ask("hello there, ", stream=True) if c]
        self.assertEqual("".join(c["choices"][0]["text"] for c in streamed), choice["text"])

    def test_no_template_stands_around_it(self):
        """The prompt has as many tokens as its text has, and what a template would add is not there."""
        short = self.ask("hello")["usage"]["prompt_tokens"]
        self.assertLess(short, 4)
        self.assertEqual(self.ask("hellohello")["usage"]["prompt_tokens"], 2 * short)

    def test_a_client_may_render_its_own_template(self):
        """A control token in a prompt is meant: it is one token."""
        plain = self.ask("user")["usage"]["prompt_tokens"]
        self.assertEqual(self.ask("<|im_start|>user")["usage"]["prompt_tokens"], plain + 1)

    def test_sixteen_tokens_are_the_reference_s_default(self):
        asked = {"model": self.model, "prompt": "hello", "temperature": 0}
        status, _, body = self.server.request("POST", "/v1/completions", asked)
        self.assertEqual((status, json.loads(body)["usage"]["completion_tokens"]), (200, 16))

    def test_tokens_are_a_prompt(self):
        as_text = self.ask("<|im_start|>hello")
        logprobs = self.ask("x", logprobs=0, max_tokens=1)["choices"][0]["logprobs"]
        self.assertEqual(len(logprobs["tokens"]), 1)
        alone = self.ask([IM_START])
        self.assertEqual(alone["usage"]["prompt_tokens"], 1)
        self.assertEqual(alone["choices"][0]["text"], self.ask("<|im_start|>")["choices"][0]["text"])
        self.assertNotEqual(as_text["usage"]["prompt_tokens"], 1)
        self.assertEqual([c["text"] for c in self.ask([[IM_START], [IM_START, IM_START]])["choices"]],
                         [self.ask([IM_START])["choices"][0]["text"], self.ask([IM_START, IM_START])["choices"][0]["text"]])
        refused = self.ask([10 ** 6], status=400)
        self.assertIn("1000000", refused["error"]["message"])

    def test_log_probabilities_in_four_lists(self):
        choice = self.ask("hello", logprobs=2, max_tokens=6)["choices"][0]
        lists = choice["logprobs"]
        self.assertEqual({len(lists[name]) for name in ("tokens", "token_logprobs", "top_logprobs", "text_offset")}, {6})
        self.assertTrue(all(p <= 0 for p in lists["token_logprobs"]))
        self.assertTrue(all(1 <= len(top) <= 2 for top in lists["top_logprobs"]))
        self.assertEqual(lists["text_offset"][0], 0)
        self.assertEqual(lists["text_offset"], sorted(lists["text_offset"]))
        streamed = [c for c in self.ask("hello", logprobs=2, max_tokens=6, stream=True) if c]
        tokens = [t for c in streamed for t in (c["choices"][0]["logprobs"] or {}).get("tokens", [])]
        self.assertEqual(tokens, lists["tokens"])

    def test_a_gap_is_filled_between_the_marks_of_the_model(self):
        alone = self.ask("ab")["usage"]["prompt_tokens"]
        with_gap = self.ask("ab", suffix="ab")
        self.assertEqual(with_gap["usage"]["prompt_tokens"], 2 * alone + len(GAP))
        by_hand = self.ask("<|fim_prefix|>ab<|fim_suffix|>ab<|fim_middle|>")
        self.assertEqual(with_gap["choices"][0]["text"], by_hand["choices"][0]["text"])

    def test_a_mark_inside_a_file_is_text(self):
        marks = self.ask("a<|fim_middle|>b", suffix="c")["usage"]["prompt_tokens"]
        self.assertGreater(marks, self.ask("ab", suffix="c")["usage"]["prompt_tokens"] + 1)

    def test_ollama_s_raw_prompts_are_bare_texts_too(self):
        for more in ({"raw": True}, {"suffix": "ab"}):
            asked = {"model": self.model, "prompt": "hello", "stream": False, "options": {"temperature": 0, "num_predict": 12}, **more}
            status, _, body = self.server.request("POST", "/api/generate", asked)
            self.assertEqual(status, 200, body)
            suffix = {"suffix": more["suffix"]} if "suffix" in more else {}
            self.assertEqual(json.loads(body)["response"], self.ask("hello", **suffix)["choices"][0]["text"])

    def test_what_does_not_fit_is_told_with_numbers(self):
        refused = self.ask("hello " * 4000, status=400)
        self.assertEqual(refused["error"]["code"], "context_length_exceeded")


class NoGaps(Completions):
    controls = ()

    def test_a_model_without_marks_says_so(self):
        refused = self.ask("ab", suffix="ab", status=400)
        self.assertIn("suffix", refused["error"]["message"])
        self.assertEqual(self.ask("ab", suffix="")["object"], "text_completion")


del Completions

if __name__ == "__main__":
    unittest.main()
