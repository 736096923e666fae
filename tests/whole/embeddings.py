"""Vectors of texts, from outside: generated models that make them, behind every dialect that has a word for it, alone and through another of us."""

import base64
import json
import math
import os
import pathlib
import socket
import struct
import subprocess
import unittest

from program import PATIENCE, Home, Server, Upstream

MKTINY = os.environ["MKTINY"]
TEXTS = ["hello", "the name is 10", "ä — 😀", "<|im_end|>"]
LONG = "x " * 2000
CONTEXT = 512


def tiny(home, name, *args):
    path = str(pathlib.Path(home.path) / name)
    subprocess.run([MKTINY, path, "--ctx", str(CONTEXT), *args], check=True)
    return path


def length(vector):
    return math.sqrt(sum(x * x for x in vector))


def unpacked(text):
    raw = base64.b64decode(text)
    return list(struct.unpack(f"<{len(raw) // 4}f", raw))


class Asking(unittest.TestCase):
    """One server, whatever stands behind it; the model is the one that `model` names."""

    def post(self, path, body, expect=200):
        status, _, answer = self.server.request("POST", path, body)
        self.assertEqual(status, expect, answer[:500])
        return json.loads(answer)

    def openai(self, texts, expect=200, **more):
        return self.post("/v1/embeddings", {"model": self.model, "input": texts, **more}, expect)

    def assert_close(self, some, others, delta=5e-4):
        """As far as sums of half-precision numbers in another order differ."""
        self.assertEqual(len(some), len(others))
        for one, other in zip(some, others):
            self.assertEqual(len(one), len(other))
            for x, y in zip(one, other):
                self.assertAlmostEqual(x, y, delta=delta)


class Shapes:
    """What holds for every upstream."""

    def vectors(self, texts, **more):
        answer = self.openai(texts, **more)
        self.assertEqual([row["index"] for row in answer["data"]], list(range(len(answer["data"]))))
        return [row["embedding"] for row in answer["data"]]

    def test_a_vector_for_each_text_of_length_one(self):
        answer = self.openai(TEXTS)
        self.assertEqual((answer["object"], answer["model"], len(answer["data"])), ("list", self.model, len(TEXTS)))
        self.assertGreater(answer["usage"]["prompt_tokens"], len(TEXTS) - 1)
        self.assertEqual(answer["usage"]["prompt_tokens"], answer["usage"]["total_tokens"])
        for row in answer["data"]:
            self.assertAlmostEqual(length(row["embedding"]), 1, 5)

    def test_alone_or_together_a_text_has_the_same_vector(self):
        together = self.vectors(TEXTS)
        self.assert_close(together, [self.vectors(text)[0] for text in TEXTS])
        self.assert_close(self.vectors(["hello", "hello"]), self.vectors("hello") * 2)
        self.assertEqual(self.vectors(TEXTS), together)
        self.assertGreater(length([x - y for x, y in zip(together[0], together[1])]), 1e-3)

    def test_base64_holds_the_same_numbers(self):
        packed = [unpacked(v) for v in self.vectors(TEXTS, encoding_format="base64")]
        self.assert_close(packed, self.vectors(TEXTS), 1e-8)

    def test_ollama_and_google_get_the_same_vectors(self):
        plain = self.vectors(TEXTS)
        answer = self.post("/api/embed", {"model": self.model, "input": TEXTS})
        self.assertEqual(answer["model"], self.model)
        self.assertGreater(answer["prompt_eval_count"], 0)
        self.assert_close(answer["embeddings"], plain)
        self.assert_close(self.post("/api/embed", {"model": self.model, "input": TEXTS[0]})["embeddings"], plain[:1])
        older = self.post("/api/embeddings", {"model": self.model, "prompt": TEXTS[0], "keep_alive": "5m"})
        self.assert_close([older["embedding"]], plain[:1])
        name = self.model.replace("/", "%2F")
        one = self.post(f"/v1beta/models/{name}:embedContent", {"content": {"parts": [{"text": TEXTS[0]}]}})
        self.assert_close([one["embedding"]["values"]], plain[:1])
        batch = self.post(f"/v1beta/models/{name}:batchEmbedContents", {"requests": [
            {"model": f"models/{self.model}", "content": {"parts": [{"text": text}]}} for text in TEXTS]})
        self.assert_close([row["values"] for row in batch["embeddings"]], plain)

    def test_fewer_dimensions(self):
        whole = self.vectors("hello")[0]
        short = self.vectors("hello", dimensions=16)[0]
        self.assert_close([short], [[x / length(whole[:16]) for x in whole[:16]]])
        answer = self.openai("hello", expect=400, dimensions=100000)
        self.assertIn("100000 dimensions are wanted", answer["error"]["message"])

    def test_what_is_wrong_is_said(self):
        for body, words in (({"input": []}, "is empty"), ({}, "input"), ({"input": 7}, "input"), ({"input": ["a", {}]}, "input[1]"),
                            ({"input": "a", "encoding_format": "hex"}, "float or base64"), ({"input": "a", "dimensions": 0}, "at least 1"),
                            ({"input": ["a"] * 2049}, "at most 2048")):
            answer = self.post("/v1/embeddings", {"model": self.model, **body}, 400)
            self.assertIn(words, answer["error"]["message"])
            self.assertEqual(answer["error"]["layer"], "client")

    def test_many_texts_at_once(self):
        vectors = self.vectors([f"text number {i}" for i in range(150)])
        self.assertEqual(len(vectors), 150)
        self.assert_close(vectors[140:141], self.vectors("text number 140"))


class Local(Shapes):
    """A model of this machine; what only an engine can say."""

    @classmethod
    def setUpClass(cls):
        cls.home = Home()
        cls.addClassCleanup(cls.home.close)
        cls.model = tiny(cls.home, "vectors.gguf", *cls.recipe)
        cls.server = Server(cls.home, "--model", cls.model)
        cls.addClassCleanup(cls.server.stop)

    def test_tokens_may_be_given(self):
        one = self.openai([20, 30, 40])
        self.assertEqual((len(one["data"]), one["usage"]["prompt_tokens"]), (1, 3))
        two = self.openai([[20, 30, 40], [50]])
        self.assert_close([two["data"][0]["embedding"]], [one["data"][0]["embedding"]])
        self.assertIn("is no token", self.openai([1 << 30], 400)["error"]["message"])

    def test_a_text_that_is_too_long_is_an_error_with_both_numbers_or_cut(self):
        error = self.openai(["short", LONG], 400)["error"]
        self.assertEqual((error["code"], error["layer"]), ("context_length_exceeded", "prompt"))
        self.assertRegex(error["message"], rf"input 1 has \d+ tokens, the model reads at most {CONTEXT}")
        cut = self.post("/api/embed", {"model": self.model, "input": ["short", LONG]})
        self.assertEqual(len(cut["embeddings"]), 2)
        self.post("/api/embed", {"model": self.model, "input": [LONG], "truncate": False}, 400)

    def test_it_does_not_answer(self):
        status, _, answer = self.server.chat(model=self.model)
        self.assertEqual((status, answer["error"]["layer"]), (400, "route"))
        self.assertIn("/v1/embeddings", answer["error"]["message"])

    def test_no_model_named_means_the_one_there_is(self):
        self.assertEqual(self.post("/v1/embeddings", {"input": "hello"})["model"], self.model)
        self.assertEqual(self.server.request("GET", "/health")[0], 200)


class Encoder(Local, Asking):
    recipe = ("--arch", "bert", "--pooling", "cls")


class WordPieces(Local, Asking):
    """The vocabulary of real encoders: each text is put between two tokens of its own, and what the model sees is in lower case."""

    @classmethod
    def setUpClass(cls):
        source = subprocess.run([os.environ["LLAMA_TOOL"], "--source"], check=True, capture_output=True, text=True).stdout.strip()
        cls.recipe = ("--arch", "bert", "--pooling", "mean", "--vocab", f"{source}/models/ggml-vocab-bert-bge.gguf")
        super().setUpClass()

    def test_tokens_that_stand_around_a_text_count(self):
        self.assertEqual(self.openai("hello")["usage"]["prompt_tokens"], 3)
        one, other = (row["embedding"] for row in self.openai(["hello", "HELLO"])["data"])
        self.assert_close([one], [other])


class Decoder(Local, Asking):
    recipe = ("--arch", "qwen3", "--pooling", "last")


class Scripted(Shapes, Asking):
    """No model: vectors by the words of the texts."""

    @classmethod
    def setUpClass(cls):
        cls.home = Home()
        cls.addClassCleanup(cls.home.close)
        cls.model = "script"
        cls.server = Server(cls.home, "--script", cls.home.write("s.json", {"vectors": 64, "turns": []}))
        cls.addClassCleanup(cls.server.stop)

    def test_texts_that_share_words_are_near_each_other(self):
        one, near, far = self.vectors(["the cat sat on the mat", "the cat sat on a mat", "quantum chromodynamics"])
        self.assertGreater(sum(x * y for x, y in zip(one, near)), 0.7)
        self.assertLess(sum(x * y for x, y in zip(one, far)), 0.5)
        self.assertEqual(self.openai([[1, 2], [2, 1]])["usage"]["prompt_tokens"], 4)

    def test_a_script_that_makes_none_says_so(self):
        server = Server(self.home, "--script", self.home.write("none.json", {"turns": []}))
        self.addCleanup(server.stop)
        status, _, answer = server.request("POST", "/v1/embeddings", {"input": "x"})
        self.assertEqual(status, 400)
        self.assertIn("the script makes no vectors", json.loads(answer)["error"]["message"])


class Beside(Asking):
    """A model that answers, and one that makes vectors."""

    def setUp(self):
        self.home = Home()
        self.addCleanup(self.home.close)
        self.answers = tiny(self.home, "answers.gguf")
        self.model = tiny(self.home, "vectors.gguf", "--arch", "bert", "--pooling", "mean")
        self.server = Server(self.home, "--model", self.answers, "--embeddings", self.model)
        self.addCleanup(lambda: self.server.child.poll() is None and self.server.stop())

    def test_each_does_its_own(self):
        self.assertEqual(len(self.openai(TEXTS)["data"]), len(TEXTS))
        self.assertEqual(self.server.chat(model=self.answers, max_tokens=4)[0], 200)
        error = self.post("/v1/embeddings", {"model": self.answers, "input": "x"}, 400)["error"]
        self.assertIn("makes no vectors", error["message"])
        self.assertIn("--embeddings", error["message"])
        self.assertEqual(self.post("/v1/embeddings", {"input": "x"})["model"], self.model)
        self.post("/v1/embeddings", {"model": "nobody", "input": "x"}, 404)

    def test_a_trace_and_a_row_in_the_ledger(self):
        self.post("/api/embed", {"model": self.model, "input": ["short", LONG]})
        self.server.stop()
        trace = self.home.run("trace", "last", "--full").stdout
        self.assertIn("vectors of 2 texts", trace)
        self.assertIn("were too long and were cut at 512 tokens", trace)
        self.assertIn("2 vectors of 64 numbers", trace)


class Chained(Shapes):
    """Through another of us that speaks one dialect to the first."""

    @classmethod
    def setUpClass(cls):
        cls.home = Home()
        cls.addClassCleanup(cls.home.close)
        cls.model = tiny(cls.home, "vectors.gguf", "--arch", "bert", "--pooling", "cls")
        first = Server(cls.home, "--model", cls.model)
        cls.addClassCleanup(first.stop)
        cls.server = Server(cls.home, "--upstream", f"http://127.0.0.1:{first.port}{cls.base}", "--api", cls.api)
        cls.addClassCleanup(cls.server.stop)


class ThroughOpenAI(Chained, Asking):
    api, base = "openai", "/v1"


class ThroughResponses(Chained, Asking):
    api, base = "responses", "/v1"


class ThroughOllama(Chained, Asking):
    api, base = "ollama", "/api"

    def test_tokens_have_no_word_there(self):
        self.assertIn("takes texts", self.openai([1, 2, 3], 400)["error"]["message"])


class ThroughGoogle(Chained, Asking):
    api, base = "gemini", "/v1beta"

    def test_tokens_have_no_word_there(self):
        self.assertIn("takes texts", self.openai([1, 2, 3], 400)["error"]["message"])


class Upstreams(unittest.TestCase):
    """What upstreams of all kinds may say."""

    def serve(self, answer, api="openai", env=None, more=()):
        home, upstream = Home(), Upstream(answer)
        self.addCleanup(home.close)
        self.addCleanup(upstream.close)
        server = Server(home, "--upstream", f"up={upstream.url}", "--api", api, *more, env=env)
        self.addCleanup(server.stop)
        return server, upstream

    def said(self, body, status="200 OK", kind="application/json"):
        text = body if isinstance(body, str) else json.dumps(body)
        return lambda c: c.send(f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(text.encode())}\r\nConnection: close\r\n\r\n{text}")

    def ask(self, server, path="/v1/embeddings", **more):
        status, _, body = server.request("POST", path, {"model": "m", "input": ["a", "b"], **more})
        return status, json.loads(body)

    def test_the_same_dialect_on_both_sides_passes_as_it_is(self):
        document = '{"data":[{"embedding":[0.25, 3e0],"index":0},{"embedding":[1,2],"index":1}],"odd":[1 ,2],"usage":{"prompt_tokens":5}}'
        server, upstream = self.serve(self.said(document))
        status, _, body = server.request("POST", "/v1/embeddings", '{"model":"m",  "input":["a","b"],"user":"me"}')
        self.assertEqual((status, body.decode()), (200, document))
        self.assertTrue(upstream.requests[0].endswith(b'{"model":"m",  "input":["a","b"],"user":"me"}'))

    def test_elements_out_of_order_find_their_places(self):
        server, _ = self.serve(self.said({"data": [{"embedding": [0, 1], "index": 1}, {"embedding": [1, 0], "index": 0}]}))
        _, answer = self.ask(server, "/api/embed")
        self.assertEqual(answer["embeddings"], [[1, 0], [0, 1]])
        self.assertTrue(answer["is_estimate"])

    def test_faults_are_told_as_what_they_are(self):
        for body, status, expect, layer in (
                ({"data": [{"embedding": [1]}]}, "200 OK", 502, "wire"), ("<html>log in</html>", "200 OK", 502, "wire"),
                ({"data": [{"embedding": [1, 2]}, {"embedding": [1]}]}, "200 OK", 502, "wire"),
                ({"data": [{"embedding": "!!!"}, {"embedding": "AAAA"}]}, "200 OK", 502, "wire"), ({}, "200 OK", 502, "wire"),
                ({"error": {"message": "no such model"}}, "404 Not Found", 404, "route"),
                ({"error": {"message": "slow down"}}, "429 Too Many Requests", 429, "wire")):
            server, _ = self.serve(self.said(body, status))
            got, answer = self.ask(server)
            self.assertEqual((got, answer["error"]["layer"]), (expect, layer), body)

    def test_anthropic_has_no_word_for_it(self):
        server, upstream = self.serve(self.said({}), "anthropic")
        status, answer = self.ask(server)
        self.assertEqual((status, answer["error"]["layer"]), (400, "route"))
        self.assertIn("Anthropic Messages has no way", answer["error"]["message"])
        self.assertEqual(upstream.requests, [])

    def test_a_key_is_shown_and_never_repeated(self):
        server, upstream = self.serve(self.said({"error": {"message": "bad key sk-secret-123456"}}, "401 Unauthorized"),
                                      env={"UPKEY": "sk-secret-123456"}, more=("--key-env", "UPKEY"))
        _, answer = self.ask(server)
        self.assertIn(b"Authorization: Bearer sk-secret-123456", upstream.requests[0])
        self.assertNotIn("sk-secret", json.dumps(answer))

    def test_who_leaves_ends_the_work(self):
        left = []
        server, upstream = self.serve(lambda c: left.append(c.wait_until_left()))
        body = json.dumps({"model": "m", "input": "a"})
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as sock:
            sock.sendall(f"POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
            while not upstream.requests:  # it has been asked
                server.request("GET", "/health")
        while not left:
            server.request("GET", "/health")
        self.assertEqual(left, [True])


if __name__ == "__main__":
    unittest.main()
