"""The servers that clients are tried against: the same `offgrid serve` before each kind of upstream, and behind all of them one
script and one gate."""

import collections
import http.server
import json
import os
import pathlib
import socket
import sqlite3
import struct
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "whole"))

from program import PATIENCE, Home, Server  # noqa: E402
from random_weights import HERMES  # noqa: E402

MKTINY = os.environ.get("MKTINY", "build/tests/programs/mktiny")
KEY = "a-good-secret"
CONTEXT = 4096

# What a second server is asked, by the dialect it is asked in.
BASES = {"openai": "/v1", "responses": "/v1", "anthropic": "/v1", "gemini": "/v1beta", "ollama": "/api"}
UPSTREAMS = ("script", "engine", *BASES)


def own_model(client, upstream):
    """A model of the script for one client alone: prompts that do not fit are counted by model (serve/again.h), and the server
    behind all others would take them for one client's."""
    return f"script-{client}-{upstream}".replace(":", "-")

# Statuses that come with a word of when to ask again.
PATIENT = ("429", "503")


def reset(handler):
    """The connection is gone, with nothing said."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.rfile = handler.wfile = open(os.devnull, "r+b")
    handler.close_connection = True


class Gate:
    """An upstream that knows who asked it and who left. What it does stands in the words it is asked: "wait NAME" never
    answers, "begin NAME" says one word and no more, "refuse STATUS NAME" refuses the first time, "always STATUS NAME" each time, "reset NAME"
    ends the connection the first time. GET /arrived/NAME answers when somebody has asked with that name."""

    def __init__(self):
        self.asked, self.left, self.change = collections.Counter(), collections.Counter(), threading.Condition()
        gate = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *words):
                pass

            def do_GET(self):
                if self.path.startswith("/arrived/"):
                    gate.wait_for(lambda: self.path.removeprefix("/arrived/") in gate.asked)
                    return self.reply(200, {})
                return self.reply(200, {"object": "list", "data": [{"id": "gate", "object": "model"}]})

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                content = body["messages"][-1]["content"]
                words = content if isinstance(content, str) else content[-1]["text"]
                if body["model"] != "gate":
                    return self.reply(404, {"error": {"message": "there is no such model", "code": "model_not_found"}})
                return gate.serve(self, words.split(), body.get("stream"))

            def reply(self, status, value, **headers):
                content = json.dumps(value).encode()
                self.send_response(status)
                for name, text in {"content-type": "application/json", "content-length": len(content), **headers}.items():
                    self.send_header(name.replace("_", "-"), str(text))
                self.end_headers()
                self.wfile.write(content)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def serve(self, client, words, is_stream):
        name = words[-1]
        with self.change:
            self.asked[name] += 1
            is_first = self.asked[name] == 1
            self.change.notify_all()
        if words[0] == "always" or words[0] == "refuse" and is_first:
            later = {"retry_after": 1} if words[1] in PATIENT else {}
            return client.reply(int(words[1]), {"error": {"message": "not now", "type": "server_error"}}, **later)
        if words[0] == "reset" and is_first:
            return reset(client)
        if words[0] in ("refuse", "reset"):
            return self.say(client, is_stream, "Hello.", "stop")
        if words[0] == "begin":
            self.say(client, True, "one")
        client.connection.settimeout(PATIENCE)
        if client.rfile.read(1) == b"":
            with self.change:
                self.left[name] += 1
                self.change.notify_all()
        client.close_connection = True

    @staticmethod
    def say(client, is_stream, text, finish=None):
        usage = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}
        about = {"id": "chatcmpl-gate", "created": 1, "model": "gate"}
        if not is_stream:
            message = {"role": "assistant", "content": text}
            return client.reply(200, {**about, "object": "chat.completion", "usage": usage, "choices": [
                {"index": 0, "message": message, "finish_reason": finish}]})
        client.send_response(200)
        client.send_header("content-type", "text/event-stream")
        client.send_header("connection", "close")
        client.end_headers()
        chunks = [{"choices": [{"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": None}]}]
        if finish:
            chunks += [{"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}, {"choices": [], "usage": usage}]
        lines = [json.dumps({**about, "object": "chat.completion.chunk", **chunk}) for chunk in chunks] + ["[DONE]"] * bool(finish)
        client.wfile.write("".join(f"data: {line}\n\n" for line in lines).encode())

    def wait_for(self, condition):
        with self.change:
            return self.change.wait_for(condition, PATIENCE)

    def has_left(self, name, times):
        return self.wait_for(lambda: self.left[name] == times)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Front:
    """A server that clients ask, with a place of its own for what it writes down."""

    def __init__(self, *args, models=()):
        self.home = Home()
        for model in models:
            place = self.home.path / "data" / "models"
            place.mkdir(exist_ok=True)
            os.link(model, place / model.name)
        keys = self.home.path / "keys"
        keys.touch(0o600)
        keys.write_text(KEY + "\n")
        self.server = Server(self.home, "--client-keys", str(keys), *args)
        self.origin = f"http://127.0.0.1:{self.server.port}"

    def stop(self):
        """What it wrote down is whole then: traces by id, and all rows of the ledger by the id of their trace."""
        self.server.stop()
        database = sqlite3.connect(self.home.path / "state" / "offgrid.db")
        self.traces = {name: json.loads(text)["records"] for name, text in database.execute("SELECT id, json FROM trace")}
        self.ledger = {}
        for name, *row in database.execute("SELECT trace, outcome, prompt_tokens, cached_tokens, answer_tokens FROM ledger"):
            self.ledger.setdefault(name, []).append(tuple(row))
        database.close()

    def broken(self):
        """The rules of answers that were broken (chat/invariants.h), by its own word."""
        return [f"{name}: {record['layer']}: {record['text']}" for name, records in self.traces.items()
                for record in records if record["what"] == "invariant"]

    def sent(self, request):
        """What the upstream was sent for a request."""
        records = self.traces.get(request, [])
        passed = any(r["layer"] == "wire" and r["what"] == "passed" for r in records)
        sent = "".join(r["text"] for r in records if r["layer"] == "wire" and r["what"] == "sent")
        asked = "".join(r["text"] for r in records if r["layer"] == "client" and r["what"] == "request")
        return sent or (asked if passed else "")

    def close(self):
        if self.server.child.poll() is None:
            self.server.stop()
        self.home.close()


class Fleet:
    """One front for each name of UPSTREAMS, and what stands behind them."""

    def __init__(self, script, upstreams):
        self.gate, self.far, self.fronts = Gate(), None, {}
        self.home = Home()
        gate = ("--upstream", f"gate={self.gate.origin}/v1")
        answers = ("--script", self.home.write("script.json", script), *gate)
        self.far = Server(self.home, *answers, "--no-store")
        self.model = {name: "script" for name in upstreams}
        for name in upstreams:
            if name == "script":
                self.fronts[name] = Front(*answers)
            elif name == "engine":
                model = self.make_model()
                self.model[name] = model.stem
                self.fronts[name] = Front("--model", model.stem, models=[model])
            else:
                url = f"http://127.0.0.1:{self.far.port}{BASES[name]}"
                self.fronts[name] = Front("--upstream", f"far={url}", "--api", name)

    def make_model(self):
        """Random weights, with a template that shows tools."""
        path = self.home.path / "tiny.gguf"
        template = self.home.write("template", HERMES)
        subprocess.run([MKTINY, path, "--template", template, "--seed", "1", "--ctx", str(CONTEXT)], check=True)
        return path

    def close(self):
        for front in self.fronts.values():
            front.close()
        self.far.stop()
        self.gate.close()
        self.home.close()
