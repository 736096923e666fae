"""The official client of Google: Gemini."""

import base64

from google import genai
from google.genai import types
from pydantic import BaseModel, Field

CHOICES = {"required": "ANY", "auto": "AUTO", "none": "NONE"}


class Answer(BaseModel):
    a: int = Field(description="the only number")


class Client:
    def __init__(self, job):
        ask, self.model = job["ask"], job["model"]
        self.client = genai.Client(api_key=job["key"], http_options=types.HttpOptions(
            base_url=job["origin"], timeout=ask.get("timeout_ms"),
            retry_options=types.HttpRetryOptions(attempts=1 + ask.get("retries", 0)))).aio

    async def models(self):
        return [model.name.removeprefix("models/") async for model in await self.client.models.list()]

    async def unserved(self):
        return [file async for file in await self.client.files.list()]

    async def loop(self, ask, run):
        def write(path: str) -> str:
            """does it"""
            return run("write", {"path": path})

        def read(path: str) -> str:
            """does it"""
            return run("read", {"path": path})

        chat = self.client.chats.create(model=self.model, config=types.GenerateContentConfig(tools=[write, read]))
        if not ask.get("stream"):
            return (await chat.send_message(ask["words"])).text
        return "".join([piece.text or "" async for piece in await chat.send_message_stream(ask["words"])])

    async def close(self):
        await self.client.aclose()

    @staticmethod
    def begin(ask):
        parts = [types.Part(text=ask["words"])]
        if "image" in ask:
            parts.append(types.Part.from_bytes(data=base64.b64decode(ask["image"]["data"]), mime_type=ask["image"]["mime"]))
        return [types.Content(role="user", parts=parts)]

    @staticmethod
    def config(ask):
        more = {}
        if "tools" in ask:
            more["tools"] = [types.Tool(function_declarations=[types.FunctionDeclaration(
                name=tool["name"], description=tool["description"], parameters_json_schema=tool["parameters"]) for tool in ask["tools"]])]
        if "choice" in ask:
            more["tool_config"] = types.ToolConfig(function_calling_config=types.FunctionCallingConfig(mode=CHOICES[ask["choice"]]))
        if ask.get("think"):
            more["thinking_config"] = types.ThinkingConfig(include_thoughts=True, thinking_budget=4096)
        if "schema" in ask:
            more.update(response_mime_type="application/json", response_schema=Answer)
        return types.GenerateContentConfig(
            system_instruction=ask.get("system"), temperature=ask.get("temperature"), max_output_tokens=ask.get("limit"),
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True), **more)

    async def send(self, history, ask, seen):
        request = {"model": self.model, "contents": history, "config": self.config(ask)}
        if not ask.get("stream"):
            answer = await self.client.models.generate_content(**request)
            return self.told([answer], answer.parsed)
        pieces = []
        async for piece in await self.client.models.generate_content_stream(**request):
            pieces.append(piece)
            seen()
        answer, said = self.told(pieces, None)
        if "schema" in ask:
            answer["json"] = Answer.model_validate_json(answer["text"]).model_dump()
        return answer, said

    @staticmethod
    def told(pieces, parsed):
        """One answer of the pieces of a stream, or of the only one."""
        candidates = [piece.candidates[0] for piece in pieces if piece.candidates]
        parts = [part for one in candidates if one.content for part in one.content.parts or []]
        reports = [piece.usage_metadata for piece in pieces if piece.usage_metadata]
        usage = reports[-1]
        thinking = usage.thoughts_token_count or 0
        answer = {
            "text": "".join(part.text or "" for part in parts if not part.thought),
            "thought": "".join(part.text for part in parts if part.thought),
            "calls": [{"id": part.function_call.id, "name": part.function_call.name, "arguments": part.function_call.args}
                      for part in parts if part.function_call],
            "finish": " ".join(one.finish_reason.name for one in candidates if one.finish_reason), "json": parsed and parsed.model_dump(),
            "usage_count": len(reports),
            "usage": {"prompt": usage.prompt_token_count, "cached": usage.cached_content_token_count or 0,
                      "answer": (usage.candidates_token_count or 0) + thinking, "thinking": thinking}}
        return answer, types.Content(role="model", parts=parts)

    @staticmethod
    def follow(history, said, answer, results):
        told = [types.Part(function_response=types.FunctionResponse(id=call["id"], name=call["name"], response={
            "output": results[call["name"]]})) for call in answer["calls"]]
        return [*history, said, types.Content(role="user", parts=told[::-1])]
