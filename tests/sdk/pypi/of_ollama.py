"""The official client of Ollama."""

import base64

import ollama
from pydantic import BaseModel, Field


class Answer(BaseModel):
    a: int = Field(description="the only number")


class Client:
    def __init__(self, job):
        self.model = job["model"]
        self.client = ollama.AsyncClient(host=job["origin"], headers={"Authorization": f"Bearer {job['key']}"},
                                         timeout=job["ask"].get("timeout_ms") and job["ask"]["timeout_ms"] / 1000)

    async def models(self):
        return [model.model for model in (await self.client.list()).models]

    async def close(self):
        await self.client.close()

    @staticmethod
    def begin(ask):
        images = {"images": [base64.b64decode(ask["image"]["data"])]} if "image" in ask else {}
        system = [{"role": "system", "content": ask["system"]}] if "system" in ask else []
        return [*system, {"role": "user", "content": ask["words"], **images}]

    async def send(self, history, ask, seen):
        options = {"temperature": ask.get("temperature"), "num_predict": ask.get("limit")}
        request = {"model": self.model, "messages": history, "think": ask.get("think"),
                   "tools": [{"type": "function", "function": tool} for tool in ask.get("tools", [])],
                   "format": Answer.model_json_schema() if "schema" in ask else None,
                   "options": {name: value for name, value in options.items() if value is not None}}
        if not ask.get("stream"):
            return self.told([await self.client.chat(**request)], ask)
        pieces = []
        async for piece in await self.client.chat(**request, stream=True):
            pieces.append(piece)
            seen()
        return self.told(pieces, ask)

    @staticmethod
    def told(pieces, ask):
        """One answer of the pieces of a stream, or of the only one."""
        last, calls = pieces[-1], [call for piece in pieces for call in piece.message.tool_calls or []]
        text = "".join(piece.message.content or "" for piece in pieces)
        thought = "".join(piece.message.thinking or "" for piece in pieces)
        answer = {
            "text": text, "thought": thought, "finish": last.done_reason,
            "calls": [{"name": call.function.name, "arguments": dict(call.function.arguments)} for call in calls],
            "json": Answer.model_validate_json(text).model_dump() if "schema" in ask else None,
            "usage_count": sum(piece.eval_count is not None for piece in pieces),
            "usage": {"prompt": last.prompt_eval_count, "answer": last.eval_count}}
        return answer, ollama.Message(role="assistant", content=text, thinking=thought or None, tool_calls=calls or None)

    @staticmethod
    def follow(history, said, answer, results):
        told = [{"role": "tool", "tool_name": call["name"], "content": results[call["name"]]} for call in answer["calls"]]
        return [*history, said, *told[::-1]]
