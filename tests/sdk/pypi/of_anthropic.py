"""The official client of Anthropic."""

import anthropic
from pydantic import BaseModel, Field

CHOICES = {"required": {"type": "any"}, "auto": {"type": "auto"}, "none": {"type": "none"}}
LIMIT = 2000


class Answer(BaseModel):
    a: int = Field(description="the only number")


def only_set(**members):
    return {name: value for name, value in members.items() if value is not None}


class Client:
    def __init__(self, job):
        ask, self.model = job["ask"], job["model"]
        self.client = anthropic.AsyncAnthropic(base_url=job["origin"], api_key=job["key"], max_retries=ask.get("retries", 0),
                                               **only_set(timeout=ask.get("timeout_ms") and ask["timeout_ms"] / 1000))

    async def models(self):
        return [model.id async for model in self.client.models.list()]

    async def unserved(self):
        await self.client.messages.batches.create(requests=[])

    async def loop(self, ask, run):
        def made(tool):
            async def do(**arguments):
                return run(tool["name"], arguments)

            return anthropic.beta_async_tool(do, name=tool["name"], description=tool["description"], input_schema=tool["parameters"])

        runner = self.client.beta.messages.tool_runner(model=self.model, max_tokens=LIMIT, tools=[made(tool) for tool in ask["tools"]],
                                                       messages=[{"role": "user", "content": ask["words"]}], stream=ask.get("stream", False))
        async for one in runner:
            last = await one.get_final_message() if ask.get("stream") else one
        return "".join(block.text for block in last.content if block.type == "text")

    async def close(self):
        await self.client.close()

    @staticmethod
    def begin(ask):
        content = [{"type": "text", "text": ask["words"]}]
        if "image" in ask:
            source = {"type": "base64", "media_type": ask["image"]["mime"], "data": ask["image"]["data"]}
            content.insert(0, {"type": "image", "source": source})
        return [{"role": "user", "content": content}]

    async def send(self, history, ask, seen):
        tools = [{"name": tool["name"], "description": tool["description"], "input_schema": tool["parameters"]}
                 for tool in ask.get("tools", [])]
        body = only_set(model=self.model, messages=history, max_tokens=ask.get("limit", LIMIT), system=ask.get("system"),
                        tools=tools or None, tool_choice=CHOICES.get(ask.get("choice")),
                        extra_body=only_set(temperature=ask.get("temperature")) or None,
                        thinking={"type": "adaptive"} if ask.get("think") else None,
                        output_format=Answer if "schema" in ask else None)
        if ask.get("stream"):
            message, reports = await self.stream(body, seen)
        else:
            messages = self.client.messages
            message, reports = await (messages.parse if "schema" in ask else messages.create)(**body), 1
        return self.told(message, reports), message.content

    async def stream(self, body, seen):
        reports = 0
        async with self.client.messages.stream(**body) as events:
            async for event in events:
                reports += event.type == "message_delta" and event.usage is not None
                if event.type == "content_block_delta":
                    seen()
            return await events.get_final_message(), reports

    @staticmethod
    def told(message, reports):
        usage, parsed = message.usage, getattr(message, "parsed_output", None)
        cached = usage.cache_read_input_tokens or 0
        return {
            "text": "".join(block.text for block in message.content if block.type == "text"),
            "thought": "".join(block.thinking for block in message.content if block.type == "thinking"),
            "calls": [{"id": block.id, "name": block.name, "arguments": block.input} for block in message.content
                      if block.type == "tool_use"],
            "finish": message.stop_reason, "json": parsed and parsed.model_dump(), "usage_count": reports,
            "usage": {"prompt": usage.input_tokens + cached + (usage.cache_creation_input_tokens or 0), "cached": cached,
                      "answer": usage.output_tokens}}

    @staticmethod
    def follow(history, said, answer, results):
        told = [{"type": "tool_result", "tool_use_id": call["id"], "content": results[call["name"]]} for call in answer["calls"]]
        return [*history, {"role": "assistant", "content": said}, {"role": "user", "content": told[::-1]}]
