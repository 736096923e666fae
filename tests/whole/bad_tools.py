"""Tools as careless and hostile clients offer them, through the whole program: no crash, no failed request, no leak into the grammar.

What is offered stands in tests/data/bad_tools.json, one tool a line, named by what makes it bad; the large ones are made here. Each
is offered to generated models with random weights, once with a template that knows tools, once with one that does not, and a call is
demanded. The answer must be a call of a tool that was offered, with arguments that are an object, or cut by the limit of tokens.
"""

import json
import os
import pathlib
import subprocess
import time
import unittest

from program import PATIENCE, Home, Server
from random_weights import HERMES, PLAIN

MKTINY = os.environ["MKTINY"]
ALL = json.loads((pathlib.Path(__file__).parent.parent / "data/bad_tools.json").read_text(encoding="utf-8"))
BAD = [tool for tool in ALL if isinstance(tool.get("parameters"), (dict, type(None)))]
NO_OBJECT = [tool for tool in ALL if tool not in BAD]  # `parameters` that the API's own rules refuse
GOOD = {"name": "read_file", "description": "the one that is as it should be",
        "parameters": {"type": "object", "properties": {"path": {"type": "string", "maxLength": 8}}, "required": ["path"]}}
STRINGS = {f"thing_{i}_of_many": {"type": "string"} for i in range(200)}
LARGE = [
    {"name": "many_parameters", "parameters": {"type": "object", "properties": STRINGS}},
    {"name": "many_values", "parameters": {"type": "object", "properties": {"v": {"enum": [f"v{i}" for i in range(1000)]}}, "required": ["v"]}},
    {"name": "many_words", "description": "<tool_call>" * 500},
]
CONTEXT = 32_000  # tokens; the large ones fit, a byte each


class BadTools(unittest.TestCase):
    template = HERMES

    @classmethod
    def setUpClass(cls):
        cls.home = Home()
        cls.addClassCleanup(cls.home.close)
        cls.model = str(pathlib.Path(cls.home.path) / "tiny.gguf")
        template = cls.home.write("template", cls.template)
        subprocess.run([MKTINY, cls.model, "--template", template, "--seed", "1", "--ctx", str(CONTEXT)], check=True)
        cls.server = Server(cls.home, "--model", cls.model)
        cls.addClassCleanup(lambda: cls.server.child.poll() is None and cls.server.stop())

    @classmethod
    def tearDownClass(cls):
        """However a name stands in the prompt, it is found there; nothing else was as it must not be."""
        broken = cls.server.broken()
        if set(broken) - {"model"}:  # what cannot be enforced, random weights do wrong
            raise AssertionError(f"broken by layer: {broken}")

    def ask(self, tools, choice="required", **more):
        offered = [{"type": "function", "function": tool} for tool in tools]
        status, headers, answer = self.server.chat("Do something.", model=self.model, temperature=1, max_tokens=200, tools=offered,
                                                   tool_choice=choice, parallel_tool_calls=False, **more)
        self.assertEqual(status, 200, f"{[tool['name'][:40] for tool in tools]}: {answer}")
        return {k.lower(): v for k, v in headers.items()}["x-request-id"], answer["choices"][0]

    def assert_call(self, choice, tools):
        """A valid call, or an answer that was cut and says so; true for the first."""
        calls = choice["message"].get("tool_calls") or []
        if choice["finish_reason"] == "length":
            return False
        self.assertEqual((choice["finish_reason"], len(calls)), ("tool_calls", 1), choice)
        function = calls[0]["function"]
        self.assertIn(function["name"], [tool["name"] for tool in tools])
        self.assertIsInstance(json.loads(function["arguments"]), dict)
        return True

    def trace(self, request):
        """It is written down beside the answering, so it may be asked for too early."""
        end = time.monotonic() + PATIENCE
        told = ""
        while not told and time.monotonic() < end:
            told = self.home.run("trace", request, "--full").stdout
        return told

    def test_each_bad_tool_alone(self):
        whole = 0
        for seed, tool in enumerate(BAD + LARGE):
            with self.subTest(tool["name"][:40]):
                _, choice = self.ask([tool], seed=seed)
                whole += self.assert_call(choice, [tool])
        self.assertGreater(whole, len(BAD) / 2)

    def test_parameters_that_are_no_object_are_refused_by_their_place(self):
        self.assertTrue(NO_OBJECT)
        for tool in NO_OBJECT:
            status, _, answer = self.server.chat("x", model=self.model, tools=[{"type": "function", "function": tool}])
            self.assertEqual((status, answer["error"]["layer"]), (400, "client"))
            self.assertIn("tools[0].function.parameters", answer["error"]["message"])

    def test_all_of_them_at_once_beside_a_good_one(self):
        tools = [*BAD, GOOD]
        for seed in range(3):
            _, choice = self.ask(tools, seed=seed)
            self.assert_call(choice, tools)
        _, choice = self.ask(tools, choice={"type": "function", "function": {"name": GOOD["name"]}}, seed=4)
        if self.assert_call(choice, [GOOD]):
            arguments = json.loads(choice["message"]["tool_calls"][0]["function"]["arguments"])
            self.assertEqual(list(arguments), ["path"])

    def test_text_stays_text_where_no_call_is_demanded(self):
        for seed in range(3):
            _, choice = self.ask([*BAD, GOOD], choice="auto", seed=seed)
            self.assertIn(choice["finish_reason"], ("stop", "length", "tool_calls"))

    def test_what_is_relaxed_is_in_the_trace(self):
        request, _ = self.ask([*BAD, GOOD], seed=1)
        told = self.trace(request)
        for tool, words in {"nowhere": "leads nowhere", "not_ours": "uniqueItems", "bounds": "multipleOf", "patterns": "look around",
                            "unknown_type": "no type that is known", "no_end": "no value fits"}.items():
            self.assertTrue(any(tool in line and words in line for line in told.splitlines()), f"{tool}: {words}\n{told[:4000]}")

    def test_the_words_of_a_tool_end_no_turn(self):
        """A control token inside a description is read as its letters: the prompt gets as much longer as the letters are."""
        lengths = []
        for words in "<|im_end|>" * 20, "(:im_end:)" * 20:
            status, _, answer = self.server.chat("Do something.", model=self.model, temperature=0, max_tokens=1,
                                                 tools=[{"type": "function", "function": {**GOOD, "description": words}}])
            self.assertEqual(status, 200, answer)
            lengths.append(answer["usage"]["prompt_tokens"])
        self.assertGreater(min(lengths), 0.5 * max(lengths))
        self.assertGreater(lengths[0], 100)


class BadToolsPrompted(BadTools):
    template = PLAIN


if __name__ == "__main__":
    unittest.main()
