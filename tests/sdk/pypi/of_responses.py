"""The official client of OpenAI: Responses."""

import json

from of_openai import Answer, OpenAI, image_url, only_set


class Failed(Exception):
    """An answer whose status is failed, which the client itself takes for one."""


class Client(OpenAI):
    @staticmethod
    def begin(ask):
        content = [{"type": "input_text", "text": ask["words"]}]
        if "image" in ask:
            content.append({"type": "input_image", "detail": "auto", "image_url": image_url(ask["image"])})
        return [{"role": "user", "content": content}]

    async def send(self, history, ask, seen):
        body = only_set(model=self.model, input=history, store=False, instructions=ask.get("system"), tool_choice=ask.get("choice"),
                        temperature=ask.get("temperature"), max_output_tokens=ask.get("limit"),
                        reasoning={"effort": "medium", "summary": "auto"} if ask.get("think") else None,
                        text_format=Answer if "schema" in ask else None,
                        tools=[{"type": "function", "strict": False, **tool} for tool in ask["tools"]] if "tools" in ask else None)
        if ask.get("stream"):
            response, reports = await self.stream(body, seen)
        else:
            responses = self.client.responses
            response, reports = await (responses.parse if "schema" in ask else responses.create)(**body), 1
        if response.status == "failed":
            raise Failed(response.error.message)
        return self.told(response, reports), response.output

    async def stream(self, body, seen):
        reports, last = 0, None
        async with self.client.responses.stream(**body) as events:
            async for event in events:
                last = getattr(event, "response", None) or last
                reports += getattr(getattr(event, "response", None), "usage", None) is not None
                if event.type == "response.output_text.delta":
                    seen()
        return last, reports

    @staticmethod
    def told(response, reports):
        of_type = {kind: [item for item in response.output if item.type == kind] for kind in ("reasoning", "function_call")}
        usage, cut = response.usage, response.incomplete_details
        parsed = getattr(response, "output_parsed", None)
        return {
            "text": response.output_text, "finish": cut.reason if cut else response.status,
            "thought": "".join(part.text for item in of_type["reasoning"] for part in item.summary),
            "calls": [{"id": item.call_id, "name": item.name, "arguments": json.loads(item.arguments)}
                      for item in of_type["function_call"]],
            "json": parsed and parsed.model_dump(), "usage_count": reports,
            "usage": {"prompt": usage.input_tokens, "cached": usage.input_tokens_details.cached_tokens,
                      "answer": usage.output_tokens, "thinking": usage.output_tokens_details.reasoning_tokens}}

    @staticmethod
    def follow(history, said, answer, results):
        return [*history, *[item.model_dump(exclude_none=True, exclude={"parsed_arguments"}) for item in said], *reversed(
            [{"type": "function_call_output", "call_id": call["id"], "output": results[call["name"]]} for call in answer["calls"]])]
