"""The program as a child, and an upstream that does what a test tells it. Standard library only."""

import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

PROGRAM = os.environ.get("OFFGRID", "build/offgrid")
PATIENCE = 30  # seconds; only a hang reaches it


class Home:
    """A private place for everything the program keeps."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="offgrid-test-"))
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("OFFGRID_")}
        for place in ("CONFIG", "DATA", "CACHE", "STATE"):
            folder = self.path / place.lower()
            folder.mkdir()
            self.env[f"OFFGRID_{place}_DIR"] = str(folder)

    def write(self, name, content):
        path = self.path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    def run(self, *args):
        return subprocess.run([PROGRAM, *args], env=self.env, capture_output=True, text=True, timeout=PATIENCE)

    def close(self):
        shutil.rmtree(self.path, ignore_errors=True)


class Server:
    """`offgrid serve` on a free port."""

    def __init__(self, home, *args, env=None):
        self.home = home
        self.child = subprocess.Popen(
            [PROGRAM, "serve", "--listen", "127.0.0.1:0", *args],
            env={**home.env, **(env or {})}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.said = self.child.stdout.readline()
        if not self.said:
            raise RuntimeError(self.child.stderr.read())
        self.port = int(self.said.split("/v1")[0].rsplit(":", 1)[1])
        self.url = f"http://127.0.0.1:{self.port}/v1"

    def request(self, method, path, body=None, headers=None):
        """Status, headers and the whole body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request(method, path, body if isinstance(body, (bytes, str, type(None))) else json.dumps(body),
                               {"Content-Type": "application/json", **(headers or {})})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()

    def chat(self, text="hello", model="script", stream=False, **more):
        body = {"model": model, "messages": [{"role": "user", "content": text}], "stream": stream, **more}
        status, headers, content = self.request("POST", "/v1/chat/completions", body)
        return status, headers, (chunks(content) if stream and status == 200 else json.loads(content))

    def metrics(self, name):
        """The values of a metric, by what stands in its braces."""
        lines = [line.rpartition(" ") for line in self.request("GET", "/metrics")[2].decode().splitlines() if line.startswith(f"offgrid_{name}")]
        return {label.removeprefix(f"offgrid_{name}").strip("{}"): float(value) for label, _, value in lines}

    def broken(self):
        """Layers in which answers were not as they must be, and how often."""
        counts = self.metrics("invariants_broken_total")
        return {label.split('"')[1]: int(count) for label, count in counts.items() if count}

    def stop(self):
        self.child.send_signal(signal.SIGTERM)
        code = self.child.wait(PATIENCE)
        errors = self.child.stderr.read()
        self.child.stdout.close()
        self.child.stderr.close()
        return code, errors


def chunks(stream):
    """The data of a stream's events; None stands for [DONE]. Anything but data lines is an error."""
    found = []
    for event in stream.decode().split("\n\n"):
        if not event:
            continue
        if not event.startswith("data: ") or "\n" in event:
            raise ValueError(f"not one data line: {event!r}")
        data = event[len("data: "):]
        found.append(None if data == "[DONE]" else json.loads(data))
    return found


def gathered(stream):
    """What a client makes of a stream: the message and the finish reason, as in a whole answer."""
    message, calls, finish, usage = {"content": "", "reasoning_content": ""}, [], None, None
    for chunk in stream:
        if chunk is None:
            continue
        usage = chunk.get("usage") or usage
        for choice in chunk["choices"]:
            delta = choice["delta"]
            for key in message:
                message[key] += delta.get(key) or ""
            for part in delta.get("tool_calls", []):
                if part["index"] == len(calls):
                    calls.append({"id": part["id"], "name": part["function"]["name"], "arguments": ""})
                calls[part["index"]]["arguments"] += part["function"]["arguments"]
            finish = choice["finish_reason"] or finish
    return message, calls, finish, usage


class Upstream:
    """A raw socket. Each connection is answered by `answer(conversation)`, on a thread of its own."""

    class Conversation:
        def __init__(self, sock):
            self.sock, self.request = sock, b""

        def read_request(self):
            head = b""
            while b"\r\n\r\n" not in head:
                piece = self.sock.recv(65536)
                if not piece:
                    return None
                head += piece
            head, body = head.split(b"\r\n\r\n", 1)
            length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n")
                           if line.lower().startswith(b"content-length:")), 0)
            while len(body) < length:
                body += self.sock.recv(65536)
            self.request = head + b"\r\n\r\n" + body
            return self.request

        def send(self, data):
            self.sock.sendall(data.encode() if isinstance(data, str) else data)

        def stream(self, *events):
            self.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
            self.events(*events)

        def events(self, *events):
            for event in events:
                self.send(f"data: {event if isinstance(event, str) else json.dumps(event)}\n\n")

        def wait_until_left(self):
            """True if the other side hangs up."""
            try:
                return self.sock.recv(1) == b""
            except ConnectionError:
                return True
            except TimeoutError:
                return False

        def reset(self):
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self.sock.close()

    def __init__(self, answer):
        self.answer = answer
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/v1"
        self.requests, self.lock = [], threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.settimeout(PATIENCE)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        conversation = self.Conversation(sock)
        with sock, contextlib.suppress(OSError):
            request = conversation.read_request()
            if request is None:
                return
            if request.startswith(b"GET /v1/models"):
                conversation.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            with self.lock:
                self.requests.append(request)
            self.answer(conversation)

    def close(self):
        self.listener.close()


def delta(text=None, finish=None, **members):
    """One chunk as upstreams send them."""
    said = dict(members)
    if text is not None:
        said["content"] = text
    return {"id": "chatcmpl-up", "choices": [{"index": 0, "delta": said, "finish_reason": finish}]}
