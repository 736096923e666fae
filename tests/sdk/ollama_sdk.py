"""The official Ollama client against offgrid serve: alone, and with another of us in between that speaks the dialect to the first."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "whole"))

import ollama  # noqa: E402
from program import Home, Server  # noqa: E402
from vectors_sdk import Vectors  # noqa: E402

SCRIPT = {"context_tokens": 4096, "turns": [
    {"match": "work", "think": "Hm.", "text": "Two things.",
     "calls": [{"name": "write", "arguments": {"path": "ä"}}, {"name": "read", "arguments": {"path": "b"}}],
     "usage": {"prompt": 20, "cached": 5, "answer": 9, "thinking": 3}},
    {"match": "work", "text": "Both done."},
    {"match": "slow", "delay_ms": 1500, "text": "at last"},
    {"match": "short", "text": "not all of", "stop": "length"},
    {"match": "json", "text": "{\"a\": 1}"},
    {"match": "full", "fail": {"layer": "prompt", "kind": "context_exceeded", "what": "too long", "mend": ""}},
    {"match": "cut", "text": "half an", "cut": True},
    {"text": "Hello.", "repeat": True}]}

TOOLS = [{"type": "function", "function": {"name": name, "description": "does it", "parameters": {
    "type": "object", "properties": {"path": {"type": "string"}}}}} for name in ("write", "read")]


def said(text):
    return [{"role": "user", "content": text}]


class Ollama(unittest.TestCase):
    behind_another = False

    @classmethod
    def setUpClass(cls):
        cls.home = Home()
        first = Server(cls.home, "--script", cls.home.write("script.json", SCRIPT))
        cls.servers = [first]
        if cls.behind_another:
            cls.servers.append(Server(cls.home, "--upstream", f"http://127.0.0.1:{first.port}/api", "--api", "ollama"))
        cls.client = ollama.Client(host=f"http://127.0.0.1:{cls.servers[-1].port}")

    @classmethod
    def tearDownClass(cls):
        for server in reversed(cls.servers):
            server.stop()
        cls.home.close()

    def ask(self, text, **more):
        return self.client.chat(model="script", messages=said(text), **more)

    def test_models(self):
        self.assertEqual([m.model for m in self.client.list().models], ["script"])
        self.assertEqual([m.model for m in self.client.ps().models], ["script"])

    def test_words(self):
        answer = self.ask("hello")
        self.assertEqual((answer.message.content, answer.done, answer.done_reason), ("Hello.", True, "stop"))

    def test_generate(self):
        self.assertEqual(self.client.generate(model="script", prompt="hello", system="Be brief.").response, "Hello.")
        pieces = list(self.client.generate(model="script", prompt="hello", stream=True))
        self.assertEqual("".join(p.response for p in pieces), "Hello.")

    def test_calls_and_their_results(self):
        first = self.ask("work", tools=TOOLS, think=True)
        self.assertEqual(first.message.thinking, "Hm.")
        self.assertEqual([(c.function.name, dict(c.function.arguments)) for c in first.message.tool_calls],
                         [("write", {"path": "ä"}), ("read", {"path": "b"})])
        self.assertEqual((first.prompt_eval_count, first.eval_count), (20, 9))
        history = said("work") + [first.message] + [{"role": "tool", "tool_name": name, "content": "ok"} for name in ("read", "write")]
        self.assertEqual(self.client.chat(model="script", messages=history, tools=TOOLS).message.content, "Both done.")

    def test_a_stream_is_what_the_whole_answer_is(self):
        pieces = list(self.ask("work", tools=TOOLS, stream=True))
        self.assertEqual("".join(p.message.content or "" for p in pieces), "Two things.")
        self.assertEqual([c.function.name for p in pieces for c in p.message.tool_calls or []], ["write", "read"])
        self.assertEqual([p.done for p in pieces].count(True), 1)

    def test_silence_is_broken_by_data(self):
        pieces = list(self.ask("slow", stream=True))
        self.assertGreater(len(pieces), 2)
        self.assertEqual("".join(p.message.content or "" for p in pieces), "at last")

    def test_what_was_cut_is_not_complete(self):
        self.assertEqual(self.ask("short").done_reason, "length")
        with self.assertRaises(ollama.ResponseError):
            list(self.ask("cut", stream=True))

    def test_json_and_options(self):
        answer = self.ask("json", format={"type": "object"}, options={"temperature": 0, "num_predict": 20, "num_ctx": 8192})
        self.assertEqual(answer.message.content, "{\"a\": 1}")

    def test_errors_have_their_status(self):
        with self.assertRaises(ollama.ResponseError) as refused:
            self.ask("full")
        self.assertEqual(refused.exception.status_code, 400)
        self.assertIn("context length", refused.exception.error)
        with self.assertRaises(ollama.ResponseError) as missing:
            self.client.chat(model="other", messages=said("hello"))
        self.assertEqual(missing.exception.status_code, 404)

    def test_images_are_accepted(self):
        messages = [{"role": "user", "content": "hello", "images": [b"\x89PNG"]}]
        self.assertEqual(self.client.chat(model="script", messages=messages).message.content, "Hello.")

    def test_who_asks_which_server_this_is_hears_a_version(self):
        for path in ("/api/version", "/version"):
            status, _, body = self.servers[-1].request("GET", path)
            self.assertEqual(status, 200)
            self.assertIn(b"version", body)
        self.assertIn(b"4096", self.servers[0].request("GET", "/props")[2])
        self.assertEqual(self.servers[-1].request("GET", "/api/v1/models")[0], 404)


class OllamaBehindAnother(Ollama):
    behind_another = True


class OllamaVectors(Vectors, unittest.TestCase):
    @classmethod
    def connect(cls, url):
        return ollama.Client(host=url)

    def embed(self, texts, dimensions=None):
        return self.client.embed(model=self.model, input=texts, dimensions=dimensions).embeddings

    def test_the_older_way(self):
        self.assert_close([self.client.embeddings(model=self.model, prompt="hello").embedding], self.embed(["hello"]))

    def test_what_is_known_of_the_model(self):
        about = self.client.show(self.model)
        self.assertEqual((about.details.family, about.capabilities), ("bert", ["embedding"]))
        self.assertEqual(about.modelinfo["bert.embedding_length"], 64)
        loaded = self.client.ps().models
        self.assertEqual([(m.model, m.size) for m in loaded], [(self.model, pathlib.Path(self.model).stat().st_size)])
        self.assertEqual(self.client.list().models[0].details.family, "bert")

    def test_what_is_not_done_is_said(self):
        for ask, words in ((lambda: self.client.pull("x"), "offgrid pull"), (lambda: self.client.delete("x"), "offgrid rm"),
                           (lambda: self.client.copy("x", "y"), "copy its file"), (lambda: self.client.push("x"), "put its file")):
            with self.assertRaises(ollama.ResponseError) as caught:
                ask()
            self.assertEqual(caught.exception.status_code, 403)
            self.assertIn(words, str(caught.exception))


if __name__ == "__main__":
    unittest.main()
