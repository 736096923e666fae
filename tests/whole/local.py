"""A model of this machine behind offgrid serve, from outside: a generated one with random weights, which is loaded in an instant."""

import json
import os
import pathlib
import re
import subprocess
import unittest

from program import Home, Server, gathered
from random_weights import HERMES, TOOLS

MKTINY = os.environ["MKTINY"]
ASKED = [{"type": "function", "function": {"name": n, "description": "", "parameters": s}} for n, s in TOOLS.items()]


def logprobs_of(stream):
    """What a client gathers of them, and the text of the chunks that had some or came before."""
    return [token for chunk in stream if chunk for choice in chunk["choices"] for token in (choice.get("logprobs") or {}).get("content", [])]


def without_repeats(text):
    """Decoders differ in how many signs of replacement they put for bytes that are no characters."""
    return re.sub("\ufffd+", "\ufffd", text)


class Local(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = Home()
        cls.addClassCleanup(cls.home.close)
        template = cls.home.write("template", HERMES)
        cls.model = str(pathlib.Path(cls.home.path) / "tiny.gguf")
        subprocess.run([MKTINY, cls.model, "--template", template, "--seed", "1", "--ctx", "4096"], check=True)
        cls.server = Server(cls.home, "--model", cls.model)
        cls.addClassCleanup(lambda: cls.server.child.poll() is None and cls.server.stop())

    def ask(self, **more):
        """The first request may come before the model is there: it waits."""
        status, _, answer = self.server.chat("Say something.", model=self.model, temperature=0, max_tokens=24, **more)
        self.assertEqual(status, 200, answer)
        return answer

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

    def test_only_those_who_ask_get_them(self):
        self.assertNotIn("logprobs", self.ask()["choices"][0])
        bare = self.ask(logprobs=True)["choices"][0]["logprobs"]["content"]
        self.assertTrue(bare)
        self.assertTrue(all(t["top_logprobs"] == [] for t in bare))
        status, _, answer = self.server.chat("x", model=self.model, logprobs=True, top_logprobs=21)
        self.assertEqual((status, answer["error"]["layer"]), (400, "client"))

    def test_what_was_forced_has_no_probability(self):
        status, headers, stream = self.server.chat("Do it.", model=self.model, seed=3, temperature=1, max_tokens=400, stream=True, logprobs=True,
                                                   tools=ASKED, tool_choice="required", parallel_tool_calls=False,
                                                   stream_options={"include_usage": True})
        self.assertEqual(status, 200)
        _, calls, _, usage = gathered(stream)
        self.assertEqual(len(calls), 1)
        told = len(logprobs_of(stream))
        self.assertGreater(told, 0)
        self.assertLess(told, usage["completion_tokens"])

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
