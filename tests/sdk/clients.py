"""The official clients: where each comes from, which dialect it speaks, its words for what all cases say, and what it cannot do."""

import dataclasses

# How each dialect says why an answer ended, and a prompt that is too long; what AI SDK makes of all of them.
FINISH = {
    "openai": {"end": "stop", "calls": "tool_calls", "length": "length", "filter": "content_filter"},
    "responses": {"end": "completed", "calls": "completed", "length": "max_output_tokens", "filter": "content_filter"},
    "anthropic": {"end": "end_turn", "calls": "tool_use", "length": "max_tokens", "filter": "refusal"},
    "gemini": {"end": "STOP", "calls": "STOP", "length": "MAX_TOKENS", "filter": "SAFETY"},
    "ollama": {"end": "stop", "calls": "stop", "length": "length", "filter": "filter"},
}
AI_FINISH = {"end": "stop", "calls": "tool-calls", "length": "length", "filter": "content-filter"}
AI_OLLAMA_FINISH = {**AI_FINISH, "filter": "other"}  # Ollama itself never refuses
OVERFLOW = {"openai": "maximum context length", "responses": "maximum context length", "anthropic": "prompt is too long",
            "gemini": "input token count", "ollama": "context length"}

STAINLESS = {400: "BadRequestError", 401: "AuthenticationError", 403: "PermissionDeniedError", 404: "NotFoundError", 429: "RateLimitError",
             500: "InternalServerError", 503: "InternalServerError"}


def every(name):
    return dict.fromkeys(STAINLESS, name)


@dataclasses.dataclass(frozen=True)
class Client:
    name: str
    dialect: str
    errors: dict          # class by status
    finish: dict = None   # where its words are not the dialect's
    cannot: dict = dataclasses.field(default_factory=dict)  # what, and why
    package: str = "sdk"  # as clients/install.py knows it: one folder for all of npm, an environment for each of PyPI
    times_out: str = ""   # class of a time-out
    loop_asks: int = 2    # requests of its own loop for one call: Anthropic's try to go on from a thread first

    def word_for(self, finish):
        return (self.finish or FINISH[self.dialect])[finish]


NO_TIMES = {"retries": "it never asks again"}
NO_LIMIT = {"timeouts": "it has no limit of time", "silences": "it has no limit of time"}
NO_LOOP = {"loops": "it has no loop of its own"}
NO_MORE = {"more": "it asks for nothing else"}
NO_CHOICE = {"choice": "the dialect has no choice of a tool"}
NO_MODELS = {"models": "it has no question for models"}
NO_THINKING = {"thinking": "the dialect does not count thoughts apart"}
NO_COUNTS = {**NO_THINKING, "cached": "the dialect does not count what was cached"}
AI_CANNOT = {**NO_MODELS, **NO_MORE, "thinking": "not asked of it"}

NPM = (
    Client("openai", "openai", STAINLESS, times_out="APIConnectionTimeoutError"),
    Client("responses", "responses", STAINLESS, cannot=NO_LOOP, times_out="APIConnectionTimeoutError"),
    Client("anthropic", "anthropic", {**STAINLESS, 503: "ServiceUnavailableError"}, cannot=NO_THINKING,
           times_out="APIConnectionTimeoutError", loop_asks=3),
    Client("genai", "gemini", every("ApiError"), cannot={"silences": "its limit is for a whole stream"}, times_out="AbortError"),
    Client("ollama", "ollama", every("ResponseError"), cannot={**NO_TIMES, **NO_LOOP, **NO_MORE, **NO_LIMIT, **NO_CHOICE, **NO_COUNTS}),
    Client("ai:openai", "openai", every("AI_APICallError"), AI_FINISH, {**AI_CANNOT, "thoughts": "it does not read them"},
           times_out="TimeoutError"),
    Client("ai:responses", "responses", every("AI_APICallError"), AI_FINISH, AI_CANNOT, times_out="TimeoutError"),
    Client("ai:compatible", "openai", every("AI_APICallError"), AI_FINISH, AI_CANNOT, times_out="TimeoutError"),
    Client("ai:anthropic", "anthropic", every("AI_APICallError"), AI_FINISH, {**AI_CANNOT, "wrong": "it mends a wrong temperature itself"},
           times_out="TimeoutError"),
    Client("ai:google", "gemini", every("AI_APICallError"), AI_FINISH, AI_CANNOT, times_out="TimeoutError"),
    Client("ai:ollama", "ollama", every("OllamaError"), AI_OLLAMA_FINISH,
           {**AI_CANNOT, **NO_TIMES, **NO_CHOICE, **NO_COUNTS}, times_out="OllamaError"),
)

PYPI = (
    Client("py:openai", "openai", STAINLESS, cannot={**NO_LOOP, "refusals": "its helper makes an error of them"},
           package="sdk-openai", times_out="APITimeoutError"),
    Client("py:responses", "responses", STAINLESS, cannot=NO_LOOP, package="sdk-openai", times_out="APITimeoutError"),
    Client("py:anthropic", "anthropic", {**STAINLESS, 503: "ServiceUnavailableError"}, cannot=NO_THINKING, package="sdk-anthropic",
           times_out="APITimeoutError", loop_asks=3),
    Client("py:genai", "gemini", {**every("ClientError"), 500: "ServerError", 503: "ServerError"}, package="sdk-genai",
           times_out="ReadTimeout"),
    Client("py:ollama", "ollama", every("ResponseError"), cannot={**NO_TIMES, **NO_LOOP, **NO_MORE, **NO_CHOICE, **NO_COUNTS},
           package="sdk-ollama",
           times_out="ReadTimeout"),
)

BY_NAME = {client.name: client for client in NPM + PYPI}
