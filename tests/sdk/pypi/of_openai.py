"""The official client of OpenAI: Chat Completions."""

import json

import openai
from pydantic import BaseModel, Field


class Answer(BaseModel):
    a: int = Field(description="the only number")


def only_set(**members):
    return {name: value for name, value in members.items() if value is not None}


def image_url(image):
    return f"data:{image['mime']};base64,{image['data']}"


class OpenAI:
    """What both dialects of this client share."""

    def __init__(self, job):
        ask, self.model = job["ask"], job["model"]
        self.client = openai.AsyncOpenAI(base_url=job["origin"] + "/v1", api_key=job["key"], max_retries=ask.get("retries", 0),
                                         **only_set(timeout=ask.get("timeout_ms") and ask["timeout_ms"] / 1000))

    async def models(self):
        return [model.id async for model in self.client.models.list()]

    async def unserved(self):
        await self.client.beta.threads.create()

    async def close(self):
        await self.client.close()


class Client(OpenAI):
    @staticmethod
    def begin(ask):
        content = ask["words"]
        if "image" in ask:
            content = [{"type": "text", "text": content}, {"type": "image_url", "image_url": {"url": image_url(ask["image"])}}]
        system = [{"role": "system", "content": ask["system"]}] if "system" in ask else []
        return [*system, {"role": "user", "content": content}]

    async def send(self, history, ask, seen):
        body = only_set(model=self.model, messages=history, tool_choice=ask.get("choice"), temperature=ask.get("temperature"),
                        max_completion_tokens=ask.get("limit"), reasoning_effort="medium" if ask.get("think") else None,
                        response_format=Answer if "schema" in ask else None,
                        tools=[{"type": "function", "function": tool} for tool in ask["tools"]] if "tools" in ask else None)
        if ask.get("stream"):
            try:
                completion, reports = await self.stream(body, seen)
            except openai.LengthFinishReasonError as cut:  # so its helper says that a limit was reached
                completion, reports = cut.completion, 1
        else:
            completions = self.client.chat.completions
            completion, reports = await (completions.parse if "schema" in ask else completions.create)(**body), 1
        return self.told(completion, reports), completion.choices[0].message

    async def stream(self, body, seen):
        reports = 0
        async with self.client.chat.completions.stream(**body, stream_options={"include_usage": True}) as events:
            async for event in events:
                if event.type == "chunk":
                    reports += event.chunk.usage is not None
                elif event.type == "content.delta":
                    seen()
            return await events.get_final_completion(), reports

    @staticmethod
    def told(completion, reports):
        [choice] = completion.choices
        message, usage = choice.message, completion.usage
        parsed = getattr(message, "parsed", None)
        read, said = usage.prompt_tokens_details, usage.completion_tokens_details  # what passes through may lack them
        return {
            "text": message.content or "", "thought": getattr(message, "reasoning_content", None) or "", "finish": choice.finish_reason,
            "calls": [{"id": call.id, "name": call.function.name, "arguments": json.loads(call.function.arguments)}
                      for call in message.tool_calls or []],
            "json": parsed and parsed.model_dump(), "usage_count": reports,
            "usage": {"prompt": usage.prompt_tokens, "cached": read and read.cached_tokens or 0,
                      "answer": usage.completion_tokens, "thinking": said and said.reasoning_tokens or 0}}

    @staticmethod
    def follow(history, said, answer, results):
        return [*history, said.model_dump(exclude_none=True), *reversed(
            [{"role": "tool", "tool_call_id": call["id"], "content": results[call["name"]]} for call in answer["calls"]])]
