"""The official Google GenAI client against offgrid serve: alone, and with another of us in between that speaks the dialect to the
first."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "whole"))

from google import genai  # noqa: E402
from google.genai import errors, types  # noqa: E402
from program import Home, Server  # noqa: E402
from vectors_sdk import Vectors  # noqa: E402

SCRIPT = {"context_tokens": 4096, "turns": [
    {"match": "work", "think": "Hm.", "text": "Two things.",
     "calls": [{"name": "write", "arguments": {"path": "ä"}, "id": "call00001"},
               {"name": "read", "arguments": {"path": "b"}, "id": "call00002"}],
     "usage": {"prompt": 20, "cached": 5, "answer": 9, "thinking": 3}},
    {"match": "work", "text": "Both done."},
    {"match": "slow", "delay_ms": 1500, "text": "at last"},
    {"match": "short", "text": "not all of", "stop": "length"},
    {"match": "json", "text": "{\"a\": 1}"},
    {"match": "full", "fail": {"layer": "prompt", "kind": "context_exceeded", "what": "too long", "mend": ""}},
    {"match": "cut", "text": "half an", "cut": True},
    {"text": "Hello.", "repeat": True}]}

SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}}
TOOLS = types.Tool(function_declarations=[
    types.FunctionDeclaration(name="write", description="does it", parameters_json_schema=SCHEMA),
    types.FunctionDeclaration(name="read", description="does it", parameters=types.Schema(
        type=types.Type.OBJECT, properties={"path": types.Schema(type=types.Type.STRING)}))])


class Gemini(unittest.TestCase):
    behind_another = False

    @classmethod
    def setUpClass(cls):
        cls.home = Home()
        first = Server(cls.home, "--script", cls.home.write("script.json", SCRIPT))
        cls.servers = [first]
        if cls.behind_another:
            cls.servers.append(Server(cls.home, "--upstream", f"http://127.0.0.1:{first.port}/v1beta", "--api", "gemini"))
        cls.client = genai.Client(api_key="any", http_options=types.HttpOptions(
            base_url=f"http://127.0.0.1:{cls.servers[-1].port}", retry_options=types.HttpRetryOptions(attempts=1)))

    @classmethod
    def tearDownClass(cls):
        for server in reversed(cls.servers):
            server.stop()
        cls.home.close()

    def ask(self, contents, **config):
        return self.client.models.generate_content(model="script", contents=contents, config=types.GenerateContentConfig(
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True), **config))

    def stream(self, contents, **config):
        return list(self.client.models.generate_content_stream(model="script", contents=contents, config=types.GenerateContentConfig(
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True), **config)))

    def test_models(self):
        self.assertEqual([m.name for m in self.client.models.list()], ["models/script"])
        self.assertEqual(self.client.models.get(model="script").input_token_limit, 4096)

    def test_words(self):
        answer = self.ask("hello", system_instruction="Be brief.")
        self.assertEqual(answer.text, "Hello.")
        self.assertEqual(answer.candidates[0].finish_reason, types.FinishReason.STOP)

    def test_calls_and_their_results_in_any_order(self):
        first = self.ask("work", tools=[TOOLS])
        self.assertEqual([(c.id, c.name, c.args) for c in first.function_calls],
                         [("call00001", "write", {"path": "ä"}), ("call00002", "read", {"path": "b"})])
        usage = first.usage_metadata
        self.assertEqual((usage.prompt_token_count, usage.cached_content_token_count, usage.candidates_token_count,
                          usage.thoughts_token_count, usage.total_token_count), (20, 5, 6, 3, 29))
        self.assertNotIn(True, [part.thought for part in first.candidates[0].content.parts])
        responses = [types.Part(function_response=types.FunctionResponse(id=c.id, name=c.name, response={"output": "ok"}))
                     for c in reversed(first.function_calls)]
        history = [types.Content(role="user", parts=[types.Part(text="work")]), first.candidates[0].content,
                   types.Content(role="user", parts=responses)]
        self.assertEqual(self.ask(history, tools=[TOOLS]).text, "Both done.")
        for part in responses:
            part.function_response.id = None
        for part in history[1].parts:
            if part.function_call:
                part.function_call.id = None
        self.assertEqual(self.ask(history, tools=[TOOLS]).text, "Both done.")

    def test_thoughts_are_shown_to_who_asks_for_them(self):
        answer = self.ask("work", tools=[TOOLS], thinking_config=types.ThinkingConfig(include_thoughts=True))
        self.assertEqual([p.text for p in answer.candidates[0].content.parts if p.thought], ["Hm."])

    def test_a_stream_is_what_the_whole_answer_is(self):
        chunks = self.stream("work", tools=[TOOLS])
        parts = [p for c in chunks for k in c.candidates for p in k.content.parts]
        self.assertEqual("".join(p.text or "" for p in parts if not p.thought), "Two things.")
        self.assertEqual([(p.function_call.name, p.function_call.args) for p in parts if p.function_call],
                         [("write", {"path": "ä"}), ("read", {"path": "b"})])
        self.assertEqual([c.candidates[0].finish_reason for c in chunks][-1], types.FinishReason.STOP)
        self.assertEqual(sum(1 for c in chunks if c.usage_metadata), 1)

    def test_silence_is_broken_by_data(self):
        chunks = self.stream("slow")
        self.assertGreater(len(chunks), 2)
        self.assertEqual("".join(c.text or "" for c in chunks), "at last")

    def test_what_was_cut_is_not_complete(self):
        self.assertEqual(self.ask("short").candidates[0].finish_reason, types.FinishReason.MAX_TOKENS)
        with self.assertRaises(errors.APIError):
            self.stream("cut")

    def test_json_and_a_schema(self):
        answer = self.ask("json", response_mime_type="application/json", response_json_schema={"type": "object"})
        self.assertEqual(answer.parsed, {"a": 1})

    def test_tokens_are_counted(self):
        self.assertGreater(self.client.models.count_tokens(model="script", contents="hello there").total_tokens, 0)

    def test_errors_have_their_class(self):
        with self.assertRaises(errors.ClientError) as refused:
            self.ask("full")
        self.assertEqual((refused.exception.code, refused.exception.status), (400, "INVALID_ARGUMENT"))
        self.assertIn("input token count", refused.exception.message)
        with self.assertRaises(errors.ClientError) as missing:
            self.client.models.generate_content(model="other", contents="hello")
        self.assertEqual(missing.exception.status, "NOT_FOUND")

    def test_images_are_accepted(self):
        image = types.Part(inline_data=types.Blob(mime_type="image/png", data=b"\x89PNG"))
        self.assertEqual(self.ask([types.Content(role="user", parts=[types.Part(text="hello"), image])]).text, "Hello.")


class GeminiBehindAnother(Gemini):
    behind_another = True


class GoogleVectors(Vectors, unittest.TestCase):
    @classmethod
    def connect(cls, url):
        return genai.Client(api_key="none", http_options=types.HttpOptions(base_url=url))

    def embed(self, texts, dimensions=None):
        config = types.EmbedContentConfig(output_dimensionality=dimensions)
        return [e.values for e in self.client.models.embed_content(model=self.model, contents=texts, config=config).embeddings]


if __name__ == "__main__":
    unittest.main()
