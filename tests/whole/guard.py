"""Upstreams that misbehave, each in one of the ways that were measured in the field, and what comes of it: through
`offgrid serve` to a client that streams and to one that does not, with the guard rails and without, and through
`offgrid agent` onto the disk. The table of all is printed."""

import json
import pathlib
import subprocess
import sys
import unittest

from deliveries import DELIVERIES, FAULTS, Call, Misbehaving, Row, said
from program import PATIENCE, PROGRAM, Home, Server, gathered

CONTENT = "hello\n"
ARGS = {"path": "hello.txt", "content": CONTENT}
JSON = json.dumps(ARGS)
CALL = Call("write", ARGS)
DEED = {"calls": [{"name": "write", "arguments": ARGS}]}
TOOLS = [{"type": "function", "function": {"name": "write", "description": "create or replace a file", "parameters": {
    "type": "object", "properties": {"path": {"type": "string"}, "content": {"type": "string"}},
    "required": ["path", "content"], "additionalProperties": False}}}]
SEEN = [name for name, row in DELIVERIES.items() if row.must_write]
HEALTHY = ("correct", "correct, in pieces", "id in every piece", "a claim")

# What no guard rail of the server can see: it must pass as it is.
UNTOUCHED = {
    "an answer in words": said("The capital of France is Paris.\n\n1. a < b\n2. `<tool_call>` is a mark\n"),
    "code in fences": said("```python\nx = {\"name\": 1}\n```\nand\n```json\n{\"name\": \"my-app\"}\n```\nDone."),
}


def outcome_of(calls, content, finish):
    """right, or what is wrong with it."""
    if not calls:
        return "no call"
    if any((c["name"], c["arguments"]) != (calls[0]["name"], calls[0]["arguments"]) for c in calls):
        return "calls that differ"
    if calls[0]["name"] != "write":
        return "wrong name"
    try:
        arguments = json.loads(calls[0]["arguments"])
    except ValueError:
        return "broken arguments"
    if arguments != ARGS:
        return "wrong arguments"
    if finish != "tool_calls":
        return "wrong finish"
    return "markup" if any(mark in content for mark in ("<", "[TOOL", "```", "{")) else "right"


class Guard(unittest.TestCase):
    def setUp(self):
        self.home = Home()
        self.addCleanup(self.home.close)

    def serve(self, url, *args):
        return self.started("--upstream", f"up={url}", *args)

    def started(self, *args):
        server = Server(self.home, *args)
        self.addCleanup(lambda: server.child.poll() is None and server.stop())
        return server

    def ask(self, server, is_stream):
        status, _, answer = server.chat("make hello.txt", model="m", stream=is_stream, tools=TOOLS)
        if status != 200:
            return f"status {status}"
        if not is_stream:
            choice = answer["choices"][0]
            message = choice["message"]
            calls = [{"name": c["function"]["name"], "arguments": c["function"]["arguments"]}
                     for c in message.get("tool_calls") or []]
            return outcome_of(calls, message.get("content") or "", choice["finish_reason"])
        if any(chunk and "error" in chunk for chunk in answer):
            return "error in the stream"
        message, calls, finish, _ = gathered(answer)
        return outcome_of(calls, message["content"], finish)

    def upstream(self, row):
        source = Misbehaving(row, DEED, {"text": "hello.txt is written."})
        self.addCleanup(source.close)
        return source

    def served(self, row, is_stream, *args):
        source = self.upstream(row)
        return self.ask(self.serve(source.url, *args), is_stream)

    def worked(self, delivery):
        """The agent's run: what is on disk."""
        source = self.upstream(delivery)
        work = self.home.path / f"work-{len(list(self.home.path.iterdir()))}"
        work.mkdir()
        run = subprocess.run(
            [PROGRAM, "agent", "--upstream", f"up={source.url}", "--model", "m", "--cwd", str(work), "make hello.txt"],
            env=self.home.env, capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
        written = work / "hello.txt"
        if not written.exists():
            return f"no file, exit {run.returncode}"
        return "right" if written.read_text() == CONTENT and run.returncode == 0 else f"wrong file, exit {run.returncode}"

    def test_every_delivery_arrives(self):
        rows, wrong = [], []
        for name in SEEN:
            delivery = DELIVERIES[name]
            row = [self.served(delivery, True, "--no-guard"), self.served(delivery, True), self.served(delivery, False),
                   self.worked(delivery)]
            rows.append((name, row))
            wrong += [f"{name}: {where}: {got}" for where, got in zip(("stream", "whole", "agent"), row[1:]) if got != "right"]
        width = max(len(name) for name, _ in rows)
        head = ("stream, unguarded", "stream", "whole", "agent, on disk")
        print("\n" + " " * width + "  " + "  ".join(f"{h:20}" for h in head))
        for name, row in rows:
            print(f"{name:{width}}  " + "  ".join(f"{got:20}" for got in row))
        count = [sum(row[i] == "right" for _, row in rows) for i in range(len(head))]
        print(f"{'right, of ' + str(len(rows)):{width}}  " + "  ".join(f"{n:<20}" for n in count))
        sys.stdout.flush()
        self.assertEqual([], wrong)

    def test_what_is_healthy_is_not_changed_by_a_byte(self):
        for name, delivery in {**UNTOUCHED, **{name: DELIVERIES[name].make(CALL) for name in HEALTHY}}.items():
            with self.subTest(name):
                seen = []
                for args in (("--no-guard",), ()):
                    source = self.upstream(Row(lambda call, events=delivery: events))
                    server = self.serve(source.url, *args)
                    _, _, answer = server.chat("make hello.txt", model="m", stream=True, tools=TOOLS)
                    for chunk in answer:
                        if chunk:
                            chunk.pop("id"), chunk.pop("created", None)
                    seen.append(answer)
                    self.assertEqual(1, source.asked)
                    source.close()
                self.assertEqual(seen[0], seen[1])

    def test_an_upstream_that_cannot_read_its_model_is_asked_once_again(self):
        source = self.upstream(FAULTS["500, failed to parse once, then well"])
        self.assertEqual("right", self.ask(self.serve(source.url), True))

    def test_an_upstream_can_be_left_alone(self):
        source = self.upstream(DELIVERIES["bare JSON"])
        config = pathlib.Path(self.home.env["OFFGRID_CONFIG_DIR"]) / "config"
        config.write_text(f'[upstream "up"]\n\turl = {source.url}\n\tguard = off\n')
        self.assertEqual("no call", self.ask(self.started(), True))

    def test_a_circle_is_told_and_then_ended(self):
        source = self.upstream(DELIVERIES["correct"])
        server = self.serve(source.url)
        seen = []
        for rounds in (2, 3, 8):
            messages = [{"role": "user", "content": "make hello.txt"}]
            for i in range(rounds):
                messages += [{"role": "assistant", "content": None, "tool_calls": [
                    {"id": f"call{i}", "type": "function", "function": {"name": "write", "arguments": JSON}}]},
                    {"role": "tool", "tool_call_id": f"call{i}", "content": "nothing happened"}]
            before = len(source.requests)
            _, _, answer = server.request("POST", "/v1/chat/completions", {"model": "m", "messages": messages, "tools": TOOLS})
            choice = json.loads(answer)["choices"][0]
            asked = source.requests[before:]
            seen.append((len(asked), any(b"You made the same call" in r for r in asked), choice["finish_reason"]))
            if rounds == 8:
                self.assertIn("8 times in a row", choice["message"]["content"])
        self.assertEqual([(1, False, "tool_calls"), (1, True, "tool_calls"), (0, False, "stop")], seen)

    def test_a_broken_invariant_is_counted_and_drawn(self):
        source = self.upstream(DELIVERIES["Hermes as text"])
        server = self.serve(source.url, "--no-guard")
        self.assertEqual("no call", self.ask(server, True))
        _, _, metrics = server.request("GET", "/metrics")
        self.assertIn('offgrid_invariants_broken_total{layer="parse"} 1', metrics.decode())
        server.stop()
        drawn = self.home.run("trace", "last").stdout
        self.assertIn("✗ invariant", drawn)
        self.assertIn("1 thing was not as it must be", drawn)


if __name__ == "__main__":
    unittest.main()
