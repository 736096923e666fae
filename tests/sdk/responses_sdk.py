"""The official OpenAI client's Responses against offgrid serve: alone, and with another of us in between that speaks the dialect
to the first."""

import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "whole"))

import openai  # noqa: E402
from program import PATIENCE, Home, Server  # noqa: E402

SCRIPT = {"context_tokens": 4096, "turns": [
    {"match": "work", "think": "Hm.", "text": "Two things.",
     "calls": [{"name": "write", "arguments": {"path": "ä"}, "id": "call00001"},
               {"name": "read", "arguments": {"path": "b"}, "id": "call00002"}],
     "usage": {"prompt": 20, "cached": 5, "answer": 9, "thinking": 3}},
    {"match": "work", "text": "Both done."},
    {"match": "patch", "calls": [{"name": "apply", "arguments": {"input": "*** a\n+\"b\""}, "id": "call00003"}]},
    {"match": "patch", "text": "Applied."},
    {"match": "run", "calls": [{"name": "local_shell", "arguments": {"command": ["ls"]}, "id": "call00004"},
                               {"name": "shell", "arguments": {"commands": ["ls", "pwd"]}, "id": "call00005"},
                               {"name": "apply_patch", "arguments": {"type": "create_file", "path": "a", "diff": "+b"},
                                "id": "call00006"}]},
    {"match": "run", "text": "All done."},
    {"match": "slow", "delay_ms": 1500, "text": "at last"},
    {"match": "short", "text": "not all of", "stop": "length"},
    {"match": "full", "fail": {"layer": "prompt", "kind": "context_exceeded", "what": "too long", "mend": ""}},
    {"match": "cut", "text": "half an", "cut": True},
    {"text": "Hello.", "repeat": True}]}

TOOLS = [{"type": "function", "name": name, "description": "does it", "strict": False,
          "parameters": {"type": "object", "properties": {"path": {"type": "string"}}}} for name in ("write", "read")]
CUSTOM = [{"type": "custom", "name": "apply", "description": "applies a patch",
           "format": {"type": "grammar", "syntax": "lark", "definition": "start: /.+/"}}]


class Responses(unittest.TestCase):
    behind_another = False

    @classmethod
    def setUpClass(cls):
        cls.home = Home()
        cls.servers = [Server(cls.home, "--script", cls.home.write("script.json", SCRIPT))]
        if cls.behind_another:
            cls.servers.append(Server(cls.home, "--upstream", cls.servers[0].url, "--api", "responses"))
        cls.client = openai.OpenAI(base_url=cls.servers[-1].url, api_key="any", max_retries=0, timeout=PATIENCE)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        for server in reversed(cls.servers):
            server.stop()
        cls.home.close()

    def ask(self, words, **more):
        return self.client.responses.create(model="script", input=words, **more)

    def test_words(self):
        answer = self.ask("hello", instructions="Be brief.")
        self.assertEqual(answer.output_text, "Hello.")
        self.assertEqual(answer.status, "completed")
        self.assertEqual([item.type for item in answer.output], ["message"])

    def test_calls_and_their_results_in_any_order(self):
        first = self.ask("work", tools=TOOLS)
        kinds = [item.type for item in first.output]
        self.assertEqual(kinds, ["reasoning", "message", "function_call", "function_call"])
        self.assertEqual(first.output[0].summary[0].text, "Hm.")
        calls = [item for item in first.output if item.type == "function_call"]
        self.assertEqual([(c.call_id, c.name, json.loads(c.arguments)) for c in calls],
                         [("call00001", "write", {"path": "ä"}), ("call00002", "read", {"path": "b"})])
        usage = first.usage
        self.assertEqual((usage.input_tokens, usage.input_tokens_details.cached_tokens, usage.output_tokens,
                          usage.output_tokens_details.reasoning_tokens), (20, 5, 9, 3))
        results = [{"type": "function_call_output", "call_id": c.call_id, "output": "ok"} for c in reversed(calls)]
        history = [{"role": "user", "content": "work"}, *[item.model_dump(exclude_none=True) for item in first.output], *results]
        self.assertEqual(self.ask(history, tools=TOOLS).output_text, "Both done.")

    def test_a_stream_is_what_the_whole_answer_is(self):
        with self.client.responses.stream(model="script", input="work", tools=TOOLS) as stream:
            events = list(stream)
            whole = stream.get_final_response()
        self.assertEqual([e.sequence_number for e in events], list(range(len(events))))
        text = "".join(e.delta for e in events if e.type == "response.output_text.delta")
        self.assertEqual(text, "Two things.")
        args = [e.arguments for e in events if e.type == "response.function_call_arguments.done"]
        self.assertEqual([json.loads(a) for a in args], [{"path": "ä"}, {"path": "b"}])
        self.assertEqual([item.type for item in whole.output], ["reasoning", "message", "function_call", "function_call"])
        self.assertEqual(whole.usage.total_tokens, 29)

    def test_a_custom_tool_takes_text(self):
        first = self.ask("patch", tools=CUSTOM)
        call = first.output[0]
        self.assertEqual((call.type, call.name, call.input), ("custom_tool_call", "apply", "*** a\n+\"b\""))
        history = [{"role": "user", "content": "patch"}, call.model_dump(exclude_none=True),
                   {"type": "custom_tool_call_output", "call_id": call.call_id, "output": "ok"}]
        self.assertEqual(self.ask(history, tools=CUSTOM).output_text, "Applied.")
        stream = self.ask("patch", tools=CUSTOM, stream=True)
        done = [e for e in stream if e.type == "response.custom_tool_call_input.done"]
        self.assertEqual([e.input for e in done], ["*** a\n+\"b\""])

    def test_tools_that_the_client_runs_are_called_in_their_own_shape(self):
        tools = [{"type": "local_shell"}, {"type": "shell"}, {"type": "apply_patch"}]
        for stream in (False, True):
            with self.subTest(stream=stream):
                first = self.final("run", tools=tools, stream=stream, store=False)
                self.assertEqual([i.type for i in first.output], ["local_shell_call", "shell_call", "apply_patch_call"])
                local, shell, patch = first.output
                self.assertEqual((local.action.type, local.action.command, shell.action.commands), ("exec", ["ls"], ["ls", "pwd"]))
                self.assertEqual((patch.operation.type, patch.operation.path, patch.operation.diff), ("create_file", "a", "+b"))
                results = [{"type": "local_shell_call_output", "id": local.call_id, "output": "a b"},
                           {"type": "shell_call_output", "call_id": shell.call_id, "output": [
                               {"stdout": "a", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}]},
                           {"type": "apply_patch_call_output", "call_id": patch.call_id, "status": "failed", "output": "no"}]
                history = [{"role": "user", "content": "run"}, *[i.model_dump(exclude_none=True) for i in first.output], *results]
                self.assertEqual(self.final(history, tools=tools, stream=stream).output_text, "All done.")
        events = [e.type for e in self.ask("run", tools=tools, stream=True)]
        self.assertEqual(events.count("response.output_item.added"), 3)
        self.assertEqual(events.count("response.output_item.done"), 3)

    def test_only_some_tools_are_allowed(self):
        allowed = {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "read"}]}
        self.assertEqual(self.ask("hello", tools=TOOLS, tool_choice=allowed).tool_choice.type, "allowed_tools")
        with self.assertRaises(openai.BadRequestError):
            self.ask("hello", tools=TOOLS, tool_choice={**allowed, "mode": "required", "tools": []})
        with self.assertRaises(openai.BadRequestError) as refused:
            self.ask("hello", tools=TOOLS, tool_choice={"type": "web_search_preview"})
        self.assertIn("tool_choice", str(refused.exception))

    def test_what_only_the_provider_knows_is_no_fault(self):
        items = [{"role": "user", "content": "hello"},
                 {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "x"}},
                 {"role": "user", "content": "hello"}]
        answer = self.ask(items, tools=[{"type": "web_search"}, *TOOLS])
        self.assertEqual(answer.output_text, "Hello.")

    def test_silence_is_broken_by_events(self):
        kinds = [e.type for e in self.ask("slow", stream=True)]
        self.assertGreater(kinds.count("response.in_progress"), 1)
        self.assertEqual(kinds[-1], "response.completed")

    def test_what_was_cut_is_not_completed(self):
        answer = self.ask("short")
        self.assertEqual((answer.status, answer.incomplete_details.reason), ("incomplete", "max_output_tokens"))
        self.assertEqual([e.type for e in self.ask("short", stream=True)][-1], "response.incomplete")
        last = list(self.ask("cut", stream=True))[-1]
        self.assertEqual(last.type, "response.failed")

    def test_errors_have_their_class(self):
        with self.assertRaises(openai.BadRequestError) as refused:
            self.ask("full")
        self.assertEqual(refused.exception.code, "context_length_exceeded")
        with self.assertRaises(openai.NotFoundError):
            self.client.responses.create(model="other", input="hello")
        with self.assertRaises(openai.BadRequestError) as previous:
            self.ask("hello", previous_response_id="resp_1")
        self.assertEqual((previous.exception.code, previous.exception.param),
                         ("previous_response_not_found", "previous_response_id"))

    def test_an_answer_is_gone_on_from(self):
        for stream in (False, True):
            with self.subTest(stream=stream):
                first = self.final("work", tools=TOOLS, stream=stream)
                self.assertTrue(first.store)
                results = [{"type": "function_call_output", "call_id": c.call_id, "output": "ok"}
                           for c in first.output if c.type == "function_call"]
                second = self.final(results, tools=TOOLS, stream=stream, previous_response_id=first.id)
                self.assertEqual(second.output_text, "Both done.")
                self.assertEqual(second.previous_response_id, first.id)
                third = self.final("hello", stream=stream, previous_response_id=second.id)
                self.assertEqual(third.output_text, "Hello.")
                again = self.client.responses.retrieve(second.id)
                self.assertEqual(again.output_text, "Both done.")
                self.assertEqual(again.usage.model_dump(), second.usage.model_dump())
                items = list(self.client.responses.input_items.list(third.id, order="asc", limit=2))
                self.assertEqual([i.type for i in items],
                                 ["message", "reasoning", "message", "function_call", "function_call", "function_call_output",
                                  "function_call_output", "message", "message"])
                self.assertEqual(items[-1].content[0].text, "hello")
                self.client.responses.delete(second.id)
                with self.assertRaises(openai.NotFoundError):
                    self.client.responses.retrieve(second.id)
                with self.assertRaises(openai.BadRequestError):
                    self.final("hello", stream=stream, previous_response_id=third.id)

    def final(self, words, stream, **more):
        answer = self.ask(words, stream=stream, **more)
        return [e.response for e in answer if e.type == "response.completed"][0] if stream else answer

    def test_items_are_referred_to(self):
        first = self.ask("work", tools=TOOLS)
        history = [{"role": "user", "content": "work"}, *[{"type": "item_reference", "id": i.id} for i in first.output],
                   *[{"type": "function_call_output", "call_id": c.call_id, "output": "ok"}
                     for c in first.output if c.type == "function_call"]]
        self.assertEqual(self.ask(history, tools=TOOLS).output_text, "Both done.")
        with self.assertRaises(openai.BadRequestError) as unknown:
            self.ask([{"role": "user", "content": "work"}, {"type": "item_reference", "id": "msg_nobody_0"}])
        self.assertEqual(unknown.exception.code, "item_not_found")

    def test_what_is_not_to_be_kept_is_not(self):
        answer = self.ask("hello", store=False)
        self.assertFalse(answer.store)
        with self.assertRaises(openai.NotFoundError):
            self.client.responses.retrieve(answer.id)
        with self.assertRaises(openai.NotFoundError):
            self.client.responses.input_items.list(answer.id)
        with self.assertRaises(openai.NotFoundError):
            self.client.responses.delete(answer.id)

    def test_what_only_the_provider_can_do_is_refused(self):
        for more, word in (({"background": True}, "background"), ({"conversation": "conv_1"}, "conversation"),
                           ({"prompt": {"id": "pmpt_1"}}, "prompt")):
            with self.subTest(word), self.assertRaises(openai.BadRequestError) as refused:
                self.ask("hello", **more)
            self.assertIn(word, str(refused.exception))
        answer = self.ask("hello")
        with self.assertRaises(openai.BadRequestError) as complete:
            self.client.responses.cancel(answer.id)
        self.assertIn("background", str(complete.exception))
        with self.assertRaises(openai.NotFoundError):
            self.client.responses.cancel("resp_nobody")

    def test_what_was_asked_stands_in_the_answer(self):
        answer = self.ask("hello", instructions="Be brief.", temperature=0.5, metadata={"a": "b"}, tools=TOOLS,
                          tool_choice="none", max_output_tokens=100)
        self.assertEqual((answer.instructions, answer.temperature, answer.metadata, answer.tool_choice, answer.max_output_tokens),
                         ("Be brief.", 0.5, {"a": "b"}, "none", 100))
        self.assertEqual([t.name for t in answer.tools], ["write", "read"])

    def test_tokens_are_counted(self):
        count = self.client.responses.input_tokens.count(model="script", input="hello")
        self.assertEqual(count.object, "response.input_tokens")
        self.assertGreater(count.input_tokens, 0)

    def test_images_and_files_are_accepted(self):
        content = [{"type": "input_text", "text": "hello"},
                   {"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "auto"},
                   {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}]
        self.assertEqual(self.ask([{"role": "user", "content": content}]).output_text, "Hello.")


class ResponsesBehindAnother(Responses):
    behind_another = True


if __name__ == "__main__":
    unittest.main()
