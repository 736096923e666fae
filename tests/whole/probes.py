"""What programs ask to find out which server this is and what it can, and the paths that misconfigured ones call: Hermes, Crush, llama.cpp's,
Ollama's and LM Studio's clients. The same while a model is still being loaded."""

import json
import os
import pathlib
import subprocess
import time
import unittest

from program import Home, Server

MKTINY = os.environ["MKTINY"]
CONTEXT = 4096
CRUSH_S = 3  # after that it gives a provider up

CHAT = {"messages": [{"role": "user", "content": "x"}], "max_tokens": 2}
GOOGLE = {"contents": [{"role": "user", "parts": [{"text": "x"}]}], "generationConfig": {"maxOutputTokens": 2}}
CLAUDE = {"messages": [{"role": "user", "content": "x"}], "max_tokens": 2}


class Probes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = Home()
        cls.addClassCleanup(cls.home.close)
        cls.model = str(pathlib.Path(cls.home.path) / "tiny.gguf")
        subprocess.run([MKTINY, cls.model, "--ctx", str(CONTEXT)], check=True)
        cls.server = Server(cls.home, "--model", cls.model)
        cls.addClassCleanup(cls.server.stop)
        cls.server.chat(model=cls.model, max_tokens=2)

    def get(self, path, expect=200):
        status, _, body = self.server.request("GET", path)
        self.assertEqual(status, expect, (path, body[:300]))
        return json.loads(body)

    def test_hermes_asks_in_this_order(self):
        for path in ("/api/v1/models", "/v1/api/v1/models"):  # any 200 there means LM Studio
            self.get(path, 404)
        self.assertEqual(self.get("/api/tags")["models"][0]["model"], self.model)
        for path in ("/v1/props", "/props"):
            self.assertEqual(self.get(path)["default_generation_settings"]["n_ctx"], CONTEXT)
        self.assertTrue(self.get("/version")["version"])
        self.assertEqual(self.get("/v1/models")["data"][0]["context_length"], CONTEXT)
        status, _, body = self.server.request("POST", "/api/show", {"name": self.model})
        self.assertEqual(status, 200)
        self.assertEqual(json.loads(body)["model_info"]["llama.context_length"], CONTEXT)
        self.assertEqual(self.server.chat(model=self.model, max_tokens=2, options={"num_ctx": 65536})[0], 200)

    def test_crush_asks_for_models_and_their_size(self):
        for path in ("/models", "/v1/models", "/v1/v1/models", "/v1/v1/v1/models"):
            began = time.monotonic()
            meta = self.get(path)["data"][0]["meta"]
            self.assertLess(time.monotonic() - began, CRUSH_S)
            self.assertEqual((meta["n_ctx"], meta["n_ctx_train"]), (CONTEXT, CONTEXT))

    def test_one_model_by_its_name(self):
        name = self.model.replace("/", "%2F")
        self.assertEqual(self.get(f"/v1/models/{name}")["id"], self.model)
        self.assertEqual(self.get(f"/v1beta/models/{name}")["baseModelId"], self.model)
        self.get("/v1/models/nobody", 404)

    def test_whether_anybody_is_there(self):
        for method in ("GET", "HEAD"):
            for path in ("/", "/health", "/version", "/api/version"):
                status, _, body = self.server.request(method, path)
                self.assertEqual((status, bool(body)), (200, method == "GET"), path)

    def test_paths_that_misconfigured_clients_call(self):
        name = self.model.replace("/", "%2F")
        for path, body in (("/chat/completions", CHAT), ("/v1/chat/completions", CHAT), ("/v1/v1/chat/completions", CHAT),
                           ("/messages", CLAUDE), ("/v1/messages", CLAUDE), ("/v1/v1/messages", CLAUDE), ("/v1/v1/messages/count_tokens", CLAUDE),
                           (f"/v1beta/models/{name}:generateContent", GOOGLE), (f"/v1beta/v1beta/models/{name}:generateContent", GOOGLE),
                           (f"/v1/models/{name}:countTokens", GOOGLE), (f"/models/{name}:generateContent", GOOGLE),
                           ("/api/chat", CHAT), ("/api/api/chat", CHAT), ("/v1/responses", {"input": "x"}), ("/responses", {"input": "x"})):
            status, _, answer = self.server.request("POST", path, {"model": self.model, **body})
            self.assertEqual(status, 200, (path, answer[:300]))

    def test_what_is_not_there_says_what_is(self):
        error = self.get("/v1/nothing", 404)["error"]
        self.assertIn("/v1/chat/completions", error["message"])


class WhileLoading(unittest.TestCase):
    """A file that takes a while to be read: its vocabulary is long."""

    def test_probes_are_answered_at_once(self):
        home = Home()
        self.addCleanup(home.close)
        model = str(pathlib.Path(home.path) / "slow.gguf")
        subprocess.run([MKTINY, model, "--ctx", str(CONTEXT)] + [a for i in range(60) for a in ("--mark", f"<mark {i}>")], check=True)
        seen = []
        for _ in range(20):
            server = Server(home, "--model", model)
            seen += self.ask_all(server)
            server.stop()
            if True in seen:
                break
        self.assertIn(True, seen, "none of the servers was caught while it was loading")

    def ask_all(self, server):
        """Whether each of the probes was answered before the model was there."""
        before = []
        for path in ("/v1/models", "/models", "/props", "/api/tags", "/api/ps", "/version"):
            began = time.monotonic()
            status, _, body = server.request("GET", path)
            self.assertLess(time.monotonic() - began, CRUSH_S)
            self.assertEqual(status, 200)
            answer = json.loads(body)
            if path in ("/v1/models", "/models"):
                meta = answer["data"][0]["meta"]
                self.assertEqual(meta["n_ctx_train"], CONTEXT)
                self.assertIn(meta.get("n_ctx"), (None, CONTEXT))
                before.append("n_ctx" not in meta)
            if path == "/props":
                self.assertIn(answer["default_generation_settings"].get("n_ctx"), (None, CONTEXT))
        return before


if __name__ == "__main__":
    unittest.main()
