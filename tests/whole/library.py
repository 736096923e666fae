"""What clients ask about models: lists in every dialect's shape, one in all detail, what is loaded, fetching one; and what is never done."""

import hashlib
import http.server
import json
import os
import pathlib
import socket
import subprocess
import threading
import time
import unittest

from program import PATIENCE, Home, Server

MKTINY = os.environ["MKTINY"]
CONTEXT = 4096
THINKER = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{% if enable_thinking is not defined or enable_thinking %}<think>\n{% endif %}"


def tiny(home, name, *args):
    path = str(pathlib.Path(home.path) / name)
    subprocess.run([MKTINY, path, *args], check=True)
    return path


class Asking(unittest.TestCase):
    def setUp(self):
        self.home = Home()
        self.addCleanup(self.home.close)

    def serve(self, *args, env=None):
        server = Server(self.home, *args, env=env)
        self.addCleanup(lambda: server.child.poll() is None and server.stop())
        return server

    def ask(self, server, method, path, body=None, expect=200):
        status, _, answer = server.request(method, path, body)
        self.assertEqual(status, expect, answer[:500])
        return json.loads(answer)


class Known(Asking):
    """A model of this machine, and one that makes vectors."""

    def setUp(self):
        super().setUp()
        template = self.home.write("template", THINKER)
        self.answers = tiny(self.home, "answers.gguf", "--ctx", str(CONTEXT), "--template", template, "--name", "Tiny")
        self.vectors = tiny(self.home, "vectors.gguf", "--arch", "bert", "--pooling", "cls", "--ctx", "512")
        self.server = self.serve("--model", self.answers, "--embeddings", self.vectors)
        self.server.chat(model=self.answers, max_tokens=2)  # waits until it is loaded
        self.ask(self.server, "POST", "/v1/embeddings", {"model": self.vectors, "input": "x"})

    def test_all_detail_of_one(self):
        about = self.ask(self.server, "POST", "/api/show", {"model": self.answers})
        self.assertEqual(about["details"]["family"], "llama")
        self.assertEqual(about["details"]["format"], "gguf")
        self.assertEqual(about["details"]["quantization_level"], "F32")
        self.assertRegex(about["details"]["parameter_size"], r"^\d+(\.\d)?K$")
        self.assertEqual(about["template"], THINKER)
        self.assertEqual(about["parameters"], f"num_ctx {CONTEXT}")
        self.assertEqual(about["capabilities"], ["completion", "tools", "thinking"])
        keys = about["model_info"]
        self.assertEqual((keys["general.architecture"], keys["general.name"]), ("llama", "Tiny"))
        self.assertEqual(keys["llama.context_length"], CONTEXT)
        self.assertIsNone(keys["tokenizer.ggml.tokens"])
        self.assertRegex(about["modified_at"], r"^20\d\d-")
        whole = self.ask(self.server, "POST", "/api/show", {"name": self.answers + ":latest", "verbose": True})["model_info"]
        self.assertGreater(len(whole["tokenizer.ggml.tokens"]), 256)

    def test_one_that_makes_vectors(self):
        about = self.ask(self.server, "POST", "/api/show", {"model": self.vectors})
        self.assertEqual(about["capabilities"], ["embedding"])
        self.assertEqual(about["model_info"]["bert.pooling_type"], 2)
        google = self.ask(self.server, "GET", "/v1beta/models")["models"]
        self.assertEqual([m["supportedGenerationMethods"][0] for m in google], ["generateContent", "embedContent"])

    def test_lists(self):
        size = pathlib.Path(self.answers).stat().st_size
        tags = self.ask(self.server, "GET", "/api/tags")["models"]
        self.assertEqual([m["model"] for m in tags], [self.answers, self.vectors])
        self.assertEqual((tags[0]["size"], tags[0]["details"]["family"], len(tags[0]["digest"])), (size, "llama", 64))
        loaded = self.ask(self.server, "GET", "/api/ps")["models"]
        self.assertEqual([(m["model"], m["size"], m["context_length"]) for m in loaded][0], (self.answers, size, CONTEXT))
        self.assertEqual(loaded[0]["expires_at"], "0001-01-01T00:00:00Z")
        for path in ("/v1/models", "/models"):
            models = self.ask(self.server, "GET", path)["data"]
            self.assertEqual((models[0]["meta"]["n_ctx"], models[0]["meta"]["n_ctx_train"], models[0]["meta"]["size"]), (CONTEXT, CONTEXT, size))
            self.assertEqual(models[1]["meta"]["n_embd"], 64)

    def test_unknown_names(self):
        error = self.ask(self.server, "POST", "/api/show", {"model": "nobody"}, 404)
        self.assertIn("no upstream serves the model 'nobody'", error["error"])
        self.ask(self.server, "POST", "/api/show", {}, 400)
        self.ask(self.server, "POST", "/api/show", "[]", 400)


class Remote(Asking):
    def test_what_is_known_of_models_elsewhere(self):
        server = self.serve("--script", self.home.write("s.json", {"models": ["far"], "context_tokens": 9000, "turns": []}))
        about = self.ask(server, "POST", "/api/show", {"model": "far"})
        self.assertEqual(about["model_info"], {"general.context_length": 9000})
        self.assertEqual((about["template"], about["capabilities"]), ("", ["completion", "tools"]))
        self.assertEqual(len(self.ask(server, "GET", "/api/ps")["models"]), 1)

    def test_what_is_never_done_says_what_to_do_instead(self):
        server = self.serve("--script", self.home.write("s.json", {"turns": []}))
        for method, path, words in (("DELETE", "/api/delete", "offgrid rm"), ("POST", "/api/copy", "by its path"), ("POST", "/api/create", "--model FILE"),
                                    ("POST", "/api/push", "others can fetch"), ("POST", "/api/blobs/sha256:0", "--model FILE"),
                                    ("POST", "/api/pull", "--allow-pull")):
            error = self.ask(server, method, path, {"model": "x"}, 403)
            self.assertIn(words, error["error"])
            self.assertEqual(error["layer"], "client")
        self.assertEqual(server.request("HEAD", "/api/blobs/sha256:0")[0], 403)


class Loading(Asking):
    def test_without_anything_to_answer_the_model_is_loaded(self):
        model = tiny(self.home, "answers.gguf")
        first = self.serve("--model", model)
        for server, name in ((first, model), (self.serve("--upstream", f"http://127.0.0.1:{first.port}/api", "--api", "ollama"), model),
                             (self.serve("--upstream", f"http://127.0.0.1:{first.port}/v1"), model),
                             (self.serve("--script", self.home.write("s.json", {"turns": []})), "script")):
            for path, body in (("/api/generate", {}), ("/api/generate", {"prompt": "", "keep_alive": "10m"}), ("/api/generate", {"prompt": "", "system": "s"}),
                               ("/api/chat", {"messages": []}), ("/api/chat", {"keep_alive": 0})):
                said = self.ask(server, "POST", path, {"model": name, "stream": False, **body})
                self.assertEqual((said["done"], said["done_reason"]), (True, "load"))
                said = self.ask(server, "POST", path, {"model": name, **body})
                self.assertEqual((said["done"], said["done_reason"]), (True, "load"))
        self.ask(first, "POST", "/api/generate", {"model": "nobody"}, 404)

    def test_raw_prompts_go_without_a_template(self):
        """Bare texts are the same by both dialects, here and through another of us that speaks either."""
        model = tiny(self.home, "answers.gguf", "--control", "<fim_prefix>", "--control", "<fim_suffix>", "--control", "<fim_middle>")
        first = self.serve("--model", model)
        body = {"model": model, "prompt": "the name ", "stream": False}
        openai = self.ask(first, "POST", "/v1/completions", {**body, "max_tokens": 12, "temperature": 0})
        for server in (first, self.serve("--upstream", f"http://127.0.0.1:{first.port}/api", "--api", "ollama"),
                       self.serve("--upstream", f"http://127.0.0.1:{first.port}/v1")):
            raw = self.ask(server, "POST", "/api/generate", {**body, "raw": True, "options": {"num_predict": 12, "temperature": 0}})
            self.assertEqual(raw["response"], openai["choices"][0]["text"])
            self.assertEqual(raw["prompt_eval_count"], openai["usage"]["prompt_tokens"])
            through = self.ask(server, "POST", "/v1/completions", {**body, "max_tokens": 12, "temperature": 0})
            self.assertEqual(through["choices"][0]["text"], openai["choices"][0]["text"])
        with_template = self.ask(first, "POST", "/api/generate", {**body, "options": {"num_predict": 1}})
        self.assertGreater(with_template["prompt_eval_count"], openai["usage"]["prompt_tokens"])

    def test_what_generate_cannot_do_is_said(self):
        server = self.serve("--script", self.home.write("s.json", {"turns": [{"text": "Hi.", "repeat": True}]}))
        for more, words in (({"context": [1, 2]}, "/api/chat"), ({"template": "{{ .Prompt }}"}, "own template")):
            self.assertIn(words, self.ask(server, "POST", "/api/generate", {"prompt": "x", "stream": False, **more}, 400)["error"])
        said = self.ask(server, "POST", "/api/generate", {"prompt": "x", "stream": False, "context": [], "template": "", "keep_alive": -1})
        self.assertEqual(said["response"], "Hi.")


class Hub:
    """A model hub on a socket: one repository with one file, which may stop in the middle."""

    def __init__(self, data):
        self.data, self.asked, self.stops_at, self.slow = data, [], None, threading.Event()
        hub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                hub.answer(self)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def send(self, handler, status, body, headers=()):
        handler.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            handler.send_header(name, value)
        handler.end_headers()
        return body

    def answer(self, handler):
        self.asked.append((handler.path, handler.headers.get("Range")))
        if "/api/models/some/one" in handler.path:
            files = [{"type": "file", "path": "tiny.gguf", "size": len(self.data),
                      "lfs": {"oid": hashlib.sha256(self.data).hexdigest(), "size": len(self.data)}}]
            handler.wfile.write(self.send(handler, 200, json.dumps(files).encode(), [("Content-Type", "application/json")]))
        elif "/some/one/resolve/" in handler.path:
            self.send_file(handler)
        else:
            handler.wfile.write(self.send(handler, 404, b'{"error":"Repository not found"}'))

    def send_file(self, handler):
        start = int((handler.headers.get("Range") or "bytes=0-").split("=")[1].split("-")[0])
        part = self.data[start:]
        headers = [("ETag", '"v1"'), ("Accept-Ranges", "bytes")]
        if start:
            headers.append(("Content-Range", f"bytes {start}-{len(self.data) - 1}/{len(self.data)}"))
        self.send(handler, 206 if start else 200, part, headers)
        if self.stops_at is not None and start < self.stops_at:
            handler.wfile.write(part[:self.stops_at - start])
            handler.wfile.flush()
            self.slow.wait(PATIENCE)
            return
        handler.wfile.write(part)

    def close(self):
        self.slow.set()
        self.server.shutdown()
        self.server.server_close()


class Fetching(Asking):
    def setUp(self):
        super().setUp()
        self.data = pathlib.Path(tiny(self.home, "source.gguf", "--seed", "9")).read_bytes()
        self.hub = Hub(self.data)
        self.addCleanup(self.hub.close)
        self.server = self.serve("--allow-pull", "--script", self.home.write("s.json", {"turns": []}), env={"HF_ENDPOINT": self.hub.url})

    def pull(self, name, expect=200, **more):
        status, _, answer = self.server.request("POST", "/api/pull", {"model": name, **more})
        self.assertEqual(status, expect, answer[:500])
        return [json.loads(line) for line in answer.splitlines()]

    def there(self):
        return [p.read_bytes() for p in pathlib.Path(self.home.path, "data", "models").rglob("*.gguf")]

    def test_a_model_comes_and_is_there_the_next_time(self):
        said = self.pull("hf:some/one/tiny.gguf")
        self.assertEqual((said[0]["status"], said[-1]["status"]), ("pulling manifest", "success"))
        self.assertIn("it is served as tiny", said[-2]["status"])
        for line in said:
            if "digest" in line:
                self.assertEqual((line["total"], line["digest"]), (len(self.data), "sha256:" + hashlib.sha256(self.data).hexdigest()))
        self.assertEqual(self.there(), [self.data])
        asked = len(self.hub.asked)
        self.assertEqual(self.pull("tiny:latest")[-1]["status"], "success")
        self.assertEqual(len(self.hub.asked), asked)

    def models(self):
        return [row["model"] for row in self.ask(self.server, "GET", "/api/tags")["models"]]

    def test_what_was_fetched_is_served_from_then_on(self):
        self.assertNotIn("tiny", self.models())
        self.pull("hf:some/one/tiny.gguf")
        self.assertIn("tiny", self.models())
        self.assertNotIn("tiny", [row["model"] for row in self.ask(self.server, "GET", "/api/ps")["models"]])  # nobody asked it yet
        question = {"messages": [{"role": "user", "content": "hello"}], "stream": False, "options": {"num_predict": 3}}
        for name in ("tiny", "tiny:latest"):
            said = self.ask(self.server, "POST", "/api/chat", {"model": name, **question})
            self.assertTrue(said["done"])
            self.assertGreater(said["prompt_eval_count"], 0)
        self.assertIn("tiny", [row["model"] for row in self.ask(self.server, "GET", "/api/ps")["models"]])
        self.pull("tiny")
        self.assertEqual(self.models().count("tiny"), 1)
        path = next(pathlib.Path(self.home.path, "data", "models").rglob("*.gguf"))
        path.unlink()
        self.assertTrue(self.ask(self.server, "POST", "/api/chat", {"model": "tiny", **question})["done"])  # it is loaded

    def test_what_was_fetched_and_is_gone_before_it_is_asked(self):
        self.pull("hf:some/one/tiny.gguf")
        path = next(pathlib.Path(self.home.path, "data", "models").rglob("*.gguf"))
        kept = path.read_bytes()
        path.unlink()
        question = {"model": "tiny", "messages": [{"role": "user", "content": "hello"}], "stream": False, "options": {"num_predict": 3}}
        status, _, answer = self.server.request("POST", "/api/chat", question)
        self.assertGreaterEqual(status, 400, answer)
        self.assertIn(str(path).encode(), answer)
        path.write_bytes(kept)
        self.assertTrue(self.ask(self.server, "POST", "/api/chat", question)["done"])  # a failure is not for ever

    def test_whole_answers(self):
        self.assertEqual(self.pull("hf:some/one/tiny.gguf", stream=False), [{"status": "success"}])

    def test_names_that_mean_nothing(self):
        for name, expect in (("no-such-model", 404), ("hf:some/other", 404), ("", 400), ("/etc/hostname", 404)):
            status, _, answer = self.server.request("POST", "/api/pull", {"model": name})
            self.assertIn(status, (400, 404), answer)
            self.assertEqual(status, expect, answer)
            self.assertTrue(json.loads(answer)["error"])

    def test_who_leaves_stops_it_and_the_next_one_goes_on(self):
        self.hub.stops_at = len(self.data) // 2
        body = json.dumps({"model": "hf:some/one/tiny.gguf"})
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE) as sock:
            sock.sendall(f"POST /api/pull HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
            seen = b""
            while b"pulling manifest" not in seen:
                seen += sock.recv(65536)
            self.pull("hf:some/one/tiny.gguf", 503)  # one at a time
            self.wait_for(lambda: any(p.stat().st_size == self.hub.stops_at for p in pathlib.Path(self.home.path, "data").rglob("*.part")))
        self.hub.stops_at = None
        self.wait_for(lambda: self.server.request("POST", "/api/pull", {"model": "hf:some/one/tiny.gguf"})[0] == 200)
        self.assertEqual(self.there(), [self.data])
        self.assertEqual(self.hub.asked[-1][1].split("-")[0], f"bytes={len(self.data) // 2}")

    def wait_for(self, condition):
        end = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)


if __name__ == "__main__":
    unittest.main()
