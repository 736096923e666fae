"""What programs send that is nearly right, in every dialect: halves of characters, numbers and null where they should not be, and what upstreams send
so. A conversation that cannot be sent again is lost, so these are read as they were meant, and passed on mended."""

import copy
import json
import unittest

from program import Home, Server, Upstream, delta

HUGE = 18446744073709551615  # the greatest of a type of 64 bits without sign, as JavaScript prints it: 18446744073709552000
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer", "maximum": HUGE}}}
TEXT = {"models": ["m"], "turns": [{"text": "Hello.", "repeat": True}]}

# Path, a request with a tool, a call of it and its result.
DIALECTS = {
    "openai": ("/v1/chat/completions", {"model": "m", "tools": [{"type": "function", "function": {"name": "w", "parameters": SCHEMA}}], "messages": [
        {"role": "user", "content": "cut HALF"},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "w", "arguments": "{\"s\":\"HALF\"}"}}]},
        {"role": "tool", "tool_call_id": "c1", "content": "read HALF"}]}),
    "responses": ("/v1/responses", {"model": "m", "store": False, "tools": [{"type": "function", "name": "w", "parameters": SCHEMA}], "input": [
        {"role": "user", "content": "cut HALF"},
        {"type": "function_call", "call_id": "c1", "name": "w", "arguments": "{\"s\":\"HALF\"}"},
        {"type": "function_call_output", "call_id": "c1", "output": "read HALF"}]}),
    "anthropic": ("/v1/messages", {"model": "m", "max_tokens": 9, "tools": [{"name": "w", "input_schema": SCHEMA}], "messages": [
        {"role": "user", "content": "cut HALF"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "w", "input": {"s": "HALF"}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "read HALF"}]}]}),
    "gemini": ("/v1beta/models/m:generateContent", {"tools": [{"functionDeclarations": [{"name": "w", "parametersJsonSchema": SCHEMA}]}], "contents": [
        {"role": "user", "parts": [{"text": "cut HALF"}]},
        {"role": "model", "parts": [{"functionCall": {"name": "w", "args": {"s": "HALF"}}}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "w", "response": {"output": "read HALF"}}}]}]}),
    "ollama": ("/api/chat", {"model": "m", "stream": False, "tools": [{"type": "function", "function": {"name": "w", "parameters": SCHEMA}}], "messages": [
        {"role": "user", "content": "cut HALF"},
        {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "w", "arguments": {"s": "HALF"}}}]},
        {"role": "tool", "tool_name": "w", "content": "read HALF"}]}),
}

# Members that programs send as null where they have nothing to say, for the whole request.
UNSAID = {
    "openai": "tools tool_choice temperature top_p stop max_tokens max_completion_tokens n stream stream_options response_format seed user metadata"
              " logit_bias logprobs top_logprobs presence_penalty frequency_penalty parallel_tool_calls reasoning_effort functions function_call"
              " service_tier store modalities audio prediction top_k min_p repetition_penalty chat_template_kwargs verbosity prompt_cache_key options",
    "responses": "tools tool_choice temperature top_p max_output_tokens stream text reasoning instructions previous_response_id store metadata include"
                 " parallel_tool_calls truncation user background conversation prompt max_tool_calls service_tier stream_options top_logprobs"
                 " prompt_cache_key safety_identifier client_metadata context_management",
    "anthropic": "tools tool_choice temperature top_p top_k stop_sequences stream system metadata thinking service_tier container context_management"
                 " mcp_servers output_config speed cache_control",
    "gemini": "tools toolConfig systemInstruction generationConfig safetySettings cachedContent labels",
    "ollama": "tools format options keep_alive think logprobs top_logprobs truncate",
}
# And inside of messages and tools.
UNSAID_INSIDE = {
    "openai": {"tools": [{"type": "function", "function": {"name": "w", "description": None, "parameters": None, "strict": None}}], "messages": [
        {"role": "user", "content": [{"type": "text", "text": "x", "annotations": None}], "name": None, "tool_calls": None, "tool_call_id": None},
        {"role": "assistant", "content": None, "refusal": None, "audio": None, "annotations": None, "function_call": None, "reasoning_content": None,
         "tool_calls": [{"id": "c1", "index": None, "type": "function", "function": {"name": "w", "arguments": None}}]},
        {"role": "tool", "tool_call_id": "c1", "content": None, "name": None}]},
    "responses": {"tools": [{"type": "function", "name": "w", "description": None, "parameters": None, "strict": None}], "input": [
        {"type": "message", "role": "user", "id": None, "status": None, "content": [{"type": "input_text", "text": "x"}]},
        {"type": "reasoning", "id": "r", "summary": [], "content": None, "encrypted_content": None, "status": None},
        {"type": "function_call", "call_id": "c", "id": None, "name": "w", "namespace": None, "arguments": "{}", "status": None},
        {"type": "function_call_output", "call_id": "c", "id": None, "output": "r", "status": None}]},
    "anthropic": {"tools": [{"name": "w", "description": None, "input_schema": {}, "cache_control": None, "type": None}], "messages": [
        {"role": "user", "content": [{"type": "text", "text": "x", "cache_control": None, "citations": None}]},
        {"role": "assistant", "content": [{"type": "text", "text": ""}, {"type": "tool_use", "id": "c1", "name": "w", "input": None, "caller": None}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": None, "is_error": None, "cache_control": None}]}]},
    "gemini": {"tools": [{"functionDeclarations": None}, {"functionDeclarations": [{"name": "w", "description": None, "parameters": None}]}], "contents": [
        {"role": None, "parts": [{"text": "x", "thought": None, "thoughtSignature": None}]},
        {"role": "model", "parts": [{"functionCall": {"name": "w", "args": None, "id": None}}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "w", "id": None, "response": None}}]}]},
    "ollama": {"tools": [{"type": "function", "function": {"name": "w", "description": None, "parameters": None}}], "messages": [
        {"role": "user", "content": "x", "images": None, "tool_calls": None, "thinking": None},
        {"role": "assistant", "content": None, "thinking": None, "tool_calls": [{"function": {"name": "w", "arguments": None}}]},
        {"role": "tool", "content": "r", "tool_name": None, "tool_call_id": None}]},
}


def slipped(request):
    """As a program writes it that cuts UTF-16 between the halves of a character, with a mark at the front."""
    text = json.dumps(request).replace("HALF", "\\ud83d").replace(str(HUGE), "18446744073709552000")
    return b"\xef\xbb\xbf" + text.encode()


class Requests(unittest.TestCase):
    def setUp(self):
        self.home = Home()
        self.addCleanup(self.home.close)

    def serve(self, *args):
        server = Server(self.home, *args)
        self.addCleanup(lambda: server.child.poll() is None and server.stop())
        return server

    def test_a_history_with_half_a_character_is_answered(self):
        server = self.serve("--script", self.home.write("script.json", TEXT))
        for name, (path, request) in DIALECTS.items():
            with self.subTest(name):
                status, _, body = server.request("POST", path, slipped(request))
                self.assertEqual(status, 200, body)
                self.assertIn(b"Hello.", body)
        server.stop()
        self.assertIn("mended", self.home.run("trace", "last", "--full").stdout)

    def test_an_upstream_of_the_same_dialect_gets_it_mended(self):
        upstream = Upstream(lambda c: c.stream(delta("Hi"), delta(finish="stop"), "[DONE]"))
        self.addCleanup(upstream.close)
        server = self.serve("--upstream", f"desk={upstream.url}")
        path, request = DIALECTS["openai"]
        self.assertEqual(server.request("POST", path, slipped(request))[0], 200)
        sent = json.loads(upstream.requests[0].split(b"\r\n\r\n", 1)[1])
        self.assertEqual(sent["messages"][0]["content"], "cut \ufffd")
        self.assertEqual(sent["messages"][2]["content"], "read \ufffd")
        self.assertEqual(sent["tools"][0]["function"]["parameters"]["properties"]["n"]["maximum"], float(HUGE))

    def test_texts_with_half_a_character_become_vectors(self):
        script = {"models": ["m"], "vectors": 4, "turns": []}
        second = self.serve("--script", self.home.write("script.json", script))
        for server in (second, self.serve("--upstream", f"desk=http://127.0.0.1:{second.port}/v1")):
            status, _, body = server.request("POST", "/v1/embeddings", slipped({"model": "m", "input": ["cut HALF", "whole"]}))
            self.assertEqual(status, 200, body)
            self.assertEqual(len(json.loads(body)["data"]), 2)

    def test_null_means_nothing_anywhere(self):
        server = self.serve("--script", self.home.write("script.json", TEXT))
        for name, (path, request) in DIALECTS.items():
            for member in UNSAID[name].split():
                with self.subTest(name, member=member):
                    status, _, body = server.request("POST", path, {**request, member: None})
                    self.assertEqual(status, 200, body)
            with self.subTest(name, member="inside"):
                status, _, body = server.request("POST", path, {**request, **UNSAID_INSIDE[name]})
                self.assertEqual(status, 200, body)

    def test_another_text_than_utf8_says_so(self):
        server = self.serve("--script", self.home.write("script.json", TEXT))
        for name, (path, request) in DIALECTS.items():
            for coding in ("utf-16", "utf-16-le", "utf-16-be"):
                with self.subTest(name, coding=coding):
                    status, _, body = server.request("POST", path, json.dumps(request).encode(coding))
                    self.assertEqual(status, 400)
                    self.assertIn(b"UTF-16", body)


class Answers(unittest.TestCase):
    """An upstream whose tokens end within a character, and which says so byte by byte."""

    def test_bytes_that_are_no_text_do_not_end_the_answer(self):
        pieces = [b'"caf\xc3"', b'"\\ud83d"', b'"\xed\xa0\x80 end"']

        def answer(conversation):
            conversation.stream(delta(""))
            for piece in pieces:
                conversation.send(b'data: {"id":"c","choices":[{"index":0,"delta":{"content":' + piece + b'},"finish_reason":null}]}\n\n')
            conversation.events(delta(finish="stop"), "[DONE]")

        home = Home()
        self.addCleanup(home.close)
        upstream = Upstream(answer)
        self.addCleanup(upstream.close)
        server = Server(home, "--upstream", f"desk={upstream.url}", "--no-store")
        self.addCleanup(server.stop)
        for name, (path, request) in DIALECTS.items():
            request = copy.deepcopy(request)
            request.pop("tools")
            for stream in (False, True):
                with self.subTest(name, stream=stream):
                    asked = path.replace(":generateContent", ":streamGenerateContent?alt=sse") if stream else path
                    status, _, body = server.request("POST", asked, {**request, **({} if name == "gemini" else {"stream": stream})})
                    self.assertEqual(status, 200, body)
                    said = body.decode()  # all of it is UTF-8
                    self.assertIn("caf", said)
                    self.assertIn(" end", said)
                    self.assertNotIn("\\ud83d", said)


if __name__ == "__main__":
    unittest.main()
