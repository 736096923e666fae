"""Upstreams that misbehave, each in one of the ways that were measured in the field, and what comes of it: through
`offgrid serve` to a client that streams and to one that does not, with the guard rails and without, and through
`offgrid agent` onto the disk. The table of all is printed."""

import json
import pathlib
import subprocess
import sys
import unittest

from program import PATIENCE, PROGRAM, Home, Server, Upstream, delta, gathered

CONTENT = "hello\n"
ARGS = {"path": "hello.txt", "content": CONTENT}
JSON = json.dumps(ARGS)
CALL = json.dumps({"name": "write", "arguments": ARGS})
TOOLS = [{"type": "function", "function": {"name": "write", "description": "create or replace a file", "parameters": {
    "type": "object", "properties": {"path": {"type": "string"}, "content": {"type": "string"}},
    "required": ["path", "content"], "additionalProperties": False}}}]


def part(index=0, id="abcdefghi", name="write", arguments=JSON):
    """One tool call of a delta; None leaves a member out."""
    call = {"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": arguments}}
    return {key: value for key, value in call.items() if value is not None}


def called(finish="tool_calls", **more):
    return [delta(tool_calls=[part(**more)]), delta(finish=finish)]


def said(text, finish="stop"):
    """The text in small pieces, as models say it."""
    return [delta(text[i:i + 7]) for i in range(0, len(text), 7)] + [delta(finish=finish)]


def thought(text):
    return [delta(reasoning_content=text[i:i + 7]) for i in range(0, len(text), 7)] + [delta(finish="stop")]


GOOD = called()
GEMMA = "<|tool_call>call:write{content:<|\"|>" + CONTENT + "<|\"|>,path:<|\"|>hello.txt<|\"|>}<tool_call|>"
QWEN_XML = ("<tool_call>\n<function=write>\n<parameter=path>\nhello.txt\n</parameter>\n<parameter=content>\nhello\n\n"
            "</parameter>\n</function>\n</tool_call>")
GLM = ("<tool_call>write\n<arg_key>path</arg_key>\n<arg_value>hello.txt</arg_value>\n<arg_key>content</arg_key>\n"
       "<arg_value>hello\n</arg_value>\n</tool_call>")
DSML = ("<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"write\">\n<｜DSML｜parameter name=\"path\" string=\"true\">hello.txt"
        "</｜DSML｜parameter>\n<｜DSML｜parameter name=\"content\" string=\"true\">hello\n</｜DSML｜parameter>\n"
        "</｜DSML｜invoke>\n</｜DSML｜function_calls>")
MINIMAX = ("<minimax:tool_call>\n<invoke name=\"write\">\n<parameter name=\"path\">hello.txt</parameter>\n"
           "<parameter name=\"content\">hello\n</parameter>\n</invoke>\n</minimax:tool_call>")

DELIVERIES = {
    # As it should be.
    "correct": GOOD,
    "correct, in pieces": [delta(tool_calls=[part(arguments="")])] + [
        delta(tool_calls=[{"index": 0, "function": {"arguments": JSON[i:i + 3]}}]) for i in range(0, len(JSON), 3)] + [
        delta(finish="tool_calls")],
    # The wire.
    "finish reason stop with a call": called("stop"),
    "call without index": called(index=None),
    "call without id": called(id=None),
    "arguments an object": called(arguments=ARGS),
    "arguments encoded twice": called(arguments=json.dumps(JSON)),
    # Names and arguments.
    "name with a capital": called(name="Write"),
    "name behind functions.": called(name="functions.write"),
    "name with an index": called(name="functions.write:0"),
    "wrong tool name": called(name="write_the_file"),
    "wrong argument name": called(arguments=json.dumps({"filepath": "hello.txt", "content": CONTENT})),
    "argument name in another case": called(arguments=json.dumps({"Path": "hello.txt", "Content": CONTENT})),
    "an argument missing": called(arguments=json.dumps({"path": "hello.txt"})),
    "null for what is not there": called(arguments=json.dumps({"path": None, "content": CONTENT})),
    "arguments with single quotes": called(arguments=str(ARGS)),
    "arguments with a trailing comma": called(arguments=JSON[:-1] + ",}"),
    "arguments with a raw line end": called(arguments="{\"path\": \"hello.txt\", \"content\": \"hello\n\"}"),
    "arguments cut": called(arguments=JSON[:-6]),
    # Calls as text.
    "Hermes as text": said(f"<tool_call>\n{CALL}\n</tool_call>"),
    "Hermes behind prose": said(f"I'll do it.\n\n<tool_call>\n{CALL}\n</tool_call>"),
    "Hermes without closer": said(f"<tool_call>\n{CALL}"),
    "Qwen XML as text": said(QWEN_XML),
    "Qwen XML without opener": said(QWEN_XML.replace("<tool_call>\n", "")),
    "bare JSON": said(CALL),
    "bare JSON with parameters": said(CALL.replace("arguments", "parameters")),
    "fenced JSON": said(f"```json\n{CALL}\n```"),
    "fenced JSON behind prose": said(f"Sure, I will create it:\n\n```json\n{CALL}\n```"),
    "Mistral list as text": said(f"[TOOL_CALLS][{CALL}]"),
    "Mistral args as text": said(f"[TOOL_CALLS]write[ARGS]{JSON}"),
    "Llama's python tag": said(f"<|python_tag|>{CALL}"),
    "Gemma 4 as text": said(GEMMA),
    "Harmony as text": said(f"<|channel|>commentary to=functions.write <|constrain|>json<|message|>{JSON}<|call|>"),
    "GLM as text": said(GLM),
    "DSML as text": said(DSML),
    "MiniMax as text": said(MINIMAX),
    "Kimi K2 as text": said("<|tool_calls_section_begin|><|tool_call_begin|>functions.write:0"
                            f"<|tool_call_argument_begin|>{JSON}<|tool_call_end|><|tool_calls_section_end|>"),
    "LFM2 as text": said("<|tool_call_start|>[write(path='hello.txt', content='hello\\n')]<|tool_call_end|>"),
    "call in the reasoning": thought(f"I write the file.\n<tool_call>\n{CALL}\n</tool_call>"),
    # No call at all.
    "narration": said("I will now create the file hello.txt."),
    "only reasoning": thought("The user wants a file."),
    "nothing at all": [delta(finish="stop")],
    "finish reason tool_calls without a call": said("I will write it now.", "tool_calls"),
}

# What no guard rail of the server can see: it must pass as it is.
UNTOUCHED = {
    "an answer in words": said("The capital of France is Paris.\n\n1. a < b\n2. `<tool_call>` is a mark\n"),
    "code in fences": said("```python\nx = {\"name\": 1}\n```\nand\n```json\n{\"name\": \"my-app\"}\n```\nDone."),
    "a claim": said("Done! I have created hello.txt."),
}


def read_body(conversation):
    return conversation.request.split(b"\r\n\r\n", 1)[1]


class Misbehaving:
    """Answers the first request with the delivery, one that asks again well, and one after the deed with an end."""

    def __init__(self, delivery):
        self.delivery, self.asked = delivery, 0
        self.upstream = Upstream(self.answer)

    def answer(self, conversation):
        request = json.loads(read_body(conversation))
        messages = [m for m in request["messages"] if m["role"] != "system"]
        self.asked += 1
        is_done = messages[-1]["role"] == "tool" and str(messages[-1]["content"]).startswith("ok")
        if is_done:
            events = said("hello.txt is written.")
        elif len(messages) > 1:
            events = GOOD
        else:
            events = self.delivery
        conversation.stream(*events, "[DONE]")


def outcome_of(calls, content, finish):
    """right, or what is wrong with it."""
    if not calls:
        return "no call"
    if len(calls) > 1:
        return "too many calls"
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

    def served(self, delivery, is_stream, *args):
        source = Misbehaving(delivery)
        self.addCleanup(source.upstream.close)
        return self.ask(self.serve(source.upstream.url, *args), is_stream)

    def worked(self, delivery):
        """The agent's run: what is on disk."""
        source = Misbehaving(delivery)
        self.addCleanup(source.upstream.close)
        work = self.home.path / f"work-{len(list(self.home.path.iterdir()))}"
        work.mkdir()
        run = subprocess.run(
            [PROGRAM, "agent", "--upstream", f"up={source.upstream.url}", "--model", "m", "--cwd", str(work), "make hello.txt"],
            env=self.home.env, capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
        written = work / "hello.txt"
        if not written.exists():
            return f"no file, exit {run.returncode}"
        return "right" if written.read_text() == CONTENT and run.returncode == 0 else f"wrong file, exit {run.returncode}"

    def test_every_delivery_arrives(self):
        rows, wrong = [], []
        for name, delivery in DELIVERIES.items():
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
        for name, delivery in {**UNTOUCHED, "correct": GOOD, "in pieces": DELIVERIES["correct, in pieces"]}.items():
            with self.subTest(name):
                seen = []
                for args in (("--no-guard",), ()):
                    source = Misbehaving(delivery)
                    server = self.serve(source.upstream.url, *args)
                    _, _, answer = server.chat("make hello.txt", model="m", stream=True, tools=TOOLS)
                    for chunk in answer:
                        if chunk:
                            chunk.pop("id"), chunk.pop("created")
                    seen.append(answer)
                    self.assertEqual(1, source.asked)
                    source.upstream.close()
                self.assertEqual(seen[0], seen[1])

    def test_an_upstream_can_be_left_alone(self):
        source = Misbehaving(DELIVERIES["bare JSON"])
        self.addCleanup(source.upstream.close)
        config = pathlib.Path(self.home.env["OFFGRID_CONFIG_DIR"]) / "config"
        config.write_text(f'[upstream "up"]\n\turl = {source.upstream.url}\n\tguard = off\n')
        self.assertEqual("no call", self.ask(self.started(), True))

    def test_a_circle_is_told_and_then_ended(self):
        source = Misbehaving(GOOD)
        self.addCleanup(source.upstream.close)
        server = self.serve(source.upstream.url)
        seen = []
        for rounds in (2, 3, 8):
            messages = [{"role": "user", "content": "make hello.txt"}]
            for i in range(rounds):
                messages += [{"role": "assistant", "content": None, "tool_calls": [
                    {"id": f"call{i}", "type": "function", "function": {"name": "write", "arguments": JSON}}]},
                    {"role": "tool", "tool_call_id": f"call{i}", "content": "nothing happened"}]
            before = len(source.upstream.requests)
            _, _, answer = server.request("POST", "/v1/chat/completions", {"model": "m", "messages": messages, "tools": TOOLS})
            choice = json.loads(answer)["choices"][0]
            asked = source.upstream.requests[before:]
            seen.append((len(asked), any(b"You made the same call" in r for r in asked), choice["finish_reason"]))
            if rounds == 8:
                self.assertIn("8 times in a row", choice["message"]["content"])
        self.assertEqual([(1, False, "tool_calls"), (1, True, "tool_calls"), (0, False, "stop")], seen)

    def test_a_broken_invariant_is_counted_and_drawn(self):
        source = Misbehaving(DELIVERIES["Hermes as text"])
        self.addCleanup(source.upstream.close)
        server = self.serve(source.upstream.url, "--no-guard")
        self.assertEqual("no call", self.ask(server, True))
        _, _, metrics = server.request("GET", "/metrics")
        self.assertIn('offgrid_invariants_broken_total{layer="parse"} 1', metrics.decode())
        server.stop()
        drawn = self.home.run("trace", "last").stdout
        self.assertIn("✗ invariant", drawn)
        self.assertIn("1 thing was not as it must be", drawn)


if __name__ == "__main__":
    unittest.main()
