"""What every official client is asked, and what must hold, whichever upstream answers.

A case is one row. `ask` is told to a client's runner in words that all runners share:

  words, system       what the user says and what stands before it
  image               {"mime", "data"} in base64
  tools, choice       offered functions, and "required", "auto" or "none"
  results             text by a tool's name: the calls of the first answer are answered, in reverse order, and a second answer comes
  schema              the answer is to be JSON that fits it
  think               thoughts are to be shown
  stream, temperature, limit, retries, timeout_ms
  leave               "waiting": goes when the last upstream has got the request; "begun": goes after the first piece of text

The runner says what its client made of it: `answers` (text, thought, calls, finish, json, usage, usage_count), or an `error`, and all
`requests` the client made, each with its status and the id of its trace.
"""

import dataclasses
import json

from fleet import CONTEXT, UPSTREAMS

PIXEL = ("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer", "description": "the only number", "minimum": 0, "maximum": 9}},
          "required": ["a"], "additionalProperties": False}
TOOLS = [{"name": name, "description": "does it", "parameters": {
    "type": "object", "properties": {"path": {"type": "string", "maxLength": 40}}, "required": ["path"]}} for name in ("write", "read")]
RESULTS = {"write": "result of writing", "read": "result of reading"}

USAGE = {"prompt": 20, "cached": 5, "answer": 9, "thinking": 3}
WRITE = {"name": "write", "arguments": {"path": "ä \"quoted\" \\ and\nmore"}}
READ = {"name": "read", "arguments": {"path": "b"}}


def fault(kind, layer="wire"):
    return {"kind": kind, "layer": layer, "what": "the script says so", "mend": ""}


SCRIPT = {"context_tokens": CONTEXT, "turns": [
    {"match": "one call", "calls": [WRITE], "usage": USAGE},
    {"match": "one call", "text": "Done."},
    {"match": "two calls", "think": "Hm.", "text": "Two things.", "calls": [WRITE, READ], "usage": USAGE},
    {"match": "two calls", "text": "Both done."},
    {"match": "as json", "text": "{\"a\": 1}"},
    {"match": "too short", "text": "not all of", "stop": "length"},
    {"match": "never say", "text": "I will not", "stop": "filter"},
    {"match": "take long", "delay_ms": 2600, "text": "at last", "repeat": True},
    {"match": "overfull", "fail": fault("context_exceeded", "prompt")},
    {"match": "be busy", "fail": fault("busy")},
    {"match": "be denied", "fail": fault("denied", "route")},
    {"match": "be broken", "fail": fault("broken")},
    {"match": "break off", "text": "half an", "cut": True},
    {"match": "fail late", "text": "half an", "fail": fault("broken")},
    {"text": "Hello.", "repeat": True}]}


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    ask: dict
    answers: tuple = ()  # what is said, for each answer, by all upstreams but the engine
    status: int = 0      # of the error that must come; 0: none
    error: str = ""      # its kind, where it is not known by its status: "left", "late", "broken off"
    says: str = ""       # what its message is about: "context"
    requests: int = 0    # how many the client makes; 0: one an answer
    may_be_fewer: bool = False  # the server asks again by itself, or some clients never do
    carries: tuple = ()  # what must reach the upstream, in this order
    needs: tuple = ()    # what the client must be able to do (see clients.py)
    model: str = ""      # another than the upstream's own
    key: str = ""        # another than the good one
    deed: str = ""       # another than a conversation: "models", "loop", "unserved"
    upstreams: tuple = UPSTREAMS

    @property
    def does(self):
        return self.deed or "chat"


def said(text, finish="end", **more):
    return {"text": text, "finish": finish, "calls": [], **more}


def both(name, ask, *args, streams_need=(), **more):
    """The same asked whole and as a stream."""
    whole = Case(name, ask, *args, **more)
    return whole, dataclasses.replace(whole, name=f"{name}, streamed", ask={**ask, "stream": True}, needs=whole.needs + streams_need)


AGAIN = ("script", "anthropic")  # what takes time is not asked everywhere
SCRIPTED = tuple(name for name in UPSTREAMS if name != "engine")
ONE = (said("", "calls", calls=[WRITE], usage=USAGE), said("Done."))
TWO = (said("Two things.", "calls", calls=[WRITE, READ], usage=USAGE), said("Both done."))
THOUGHT = ({**TWO[0], "thought": "Hm."}, TWO[1])
CALM = {"temperature": 0, "limit": 24}

CASES = (
    Case("models", {}, needs=("models",), deed="models"),
    *both("a loop of the client's own", {"words": "one call", "tools": TOOLS, "results": RESULTS}, carries=("result of writing",),
          needs=("loops",), deed="loop", upstreams=SCRIPTED),
    Case("what only the vendor serves", {}, status=404, needs=("more",), deed="unserved", upstreams=("script",)),
    *both("words", {"words": "hello", "system": "Be brief.", **CALM}, (said("Hello."),)),
    *both("one call", {"words": "one call", "tools": TOOLS, "choice": "required", "results": RESULTS, "limit": 400, "temperature": 0}, ONE,
          carries=("result of writing",), needs=("choice",)),
    *both("two calls, results out of order", {"words": "two calls", "tools": TOOLS, "results": RESULTS}, TWO,
          carries=("result of writing", "result of reading"), upstreams=SCRIPTED),
    *both("thoughts", {"words": "two calls", "tools": TOOLS, "results": RESULTS, "think": True}, THOUGHT, needs=("thoughts",),
          upstreams=SCRIPTED),
    *both("an image", {"words": "hello", "image": {"mime": "image/png", "data": PIXEL}}, (said("Hello."),), carries=(PIXEL,),
          upstreams=SCRIPTED),
    *both("structured output", {"words": "as json", "schema": SCHEMA}, (said("{\"a\": 1}", json={"a": 1}),), carries=("the only number",)),
    *both("a limit", {"words": "too short", "limit": 5, "temperature": 0}, (said("not all of", "length"),)),
    *both("a refusal of the model", {"words": "never say"}, (said("I will not", "filter"),), streams_need=("refusals",),
          upstreams=SCRIPTED),
    *both("a wrong key", {"words": "hello"}, key="a-wrong-secret", status=401),
    *both("no such model", {"words": "hello"}, model="nobody", status=404),
    *both("a wrong request", {"words": "hello", "temperature": -1}, status=400, needs=("wrong",)),
    *both("a prompt that does not fit", {"words": "overfull " * CONTEXT, "retries": 2}, status=400, says="context", requests=1),
    *both("a busy upstream", {"words": "be busy"}, status=503, upstreams=SCRIPTED),
    *both("an upstream that refuses", {"words": "be denied"}, status=403, upstreams=SCRIPTED),
    *both("an upstream that is broken", {"words": "be broken"}, status=500, upstreams=SCRIPTED),
    *both("an answer that breaks off", {"words": "break off"}, error="broken off", upstreams=SCRIPTED),
    *both("an answer that fails", {"words": "fail late"}, error="broken off", upstreams=SCRIPTED),
    *both("a rate limit", {"words": "refuse 429 NAME"}, model="gate", status=429, upstreams=SCRIPTED),
    Case("asked again after a rate limit", {"words": "refuse 429 NAME", "retries": 1}, (said("Hello."),), model="gate", requests=2,
         needs=("retries",), upstreams=SCRIPTED),
    Case("asked again when it was busy", {"words": "refuse 503 NAME", "stream": True, "retries": 1}, (said("Hello."),), model="gate",
         requests=2, needs=("retries",), upstreams=("script", "openai")),
    *[Case(f"asked again after {status}", {"words": f"refuse {status} NAME", "retries": 1}, (said("Hello."),), model="gate", requests=2,
           needs=("retries",), upstreams=("script",)) for status in (408, 409, 500, 503)],
    Case("asked again after a reset", {"words": "reset NAME", "retries": 1}, (said("Hello."),), model="gate", requests=2,
         may_be_fewer=True, needs=("retries",), upstreams=AGAIN),
    Case("asked no more than was told", {"words": "always 429 NAME", "retries": 1}, model="gate", status=429, requests=2,
         needs=("retries",), upstreams=AGAIN),
    Case("what asking again cannot mend", {"words": "always 400 NAME", "retries": 2}, model="gate", status=400, upstreams=AGAIN),
    Case("a silent upstream", {"words": "wait NAME", "retries": 1, "timeout_ms": 700}, model="gate", error="timed out",
         requests=2, may_be_fewer=True, needs=("timeouts",), upstreams=AGAIN),
    Case("silence that is shorter than it seems", {"words": "take long", "stream": True, "timeout_ms": 2000}, (said("at last"),),
         needs=("silences",), upstreams=AGAIN),
    *both("an image that nobody here can see", {"words": "hello", "image": {"mime": "image/png", "data": PIXEL}}, status=400, says="image",
          upstreams=("engine",)),
    Case("leaving the engine", {"words": "go on", "leave": "begun", "stream": True, "temperature": 0}, error="left", upstreams=("engine",)),
    Case("leaving before an answer", {"words": "wait NAME", "leave": "waiting"}, model="gate", error="left", upstreams=SCRIPTED),
    Case("leaving a silent stream", {"words": "wait NAME", "leave": "waiting", "stream": True}, model="gate", error="left",
         upstreams=SCRIPTED),
    Case("leaving a stream that has begun", {"words": "begin NAME", "leave": "begun", "stream": True}, model="gate", error="left",
         upstreams=SCRIPTED),
)

assert len({case.name for case in CASES}) == len(CASES)


def asked(case, name):
    """The case's ask, with a name of its own where the gate is to know it again."""
    return json.loads(json.dumps(case.ask).replace("NAME", name))
