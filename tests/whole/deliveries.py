"""The ways in which one tool call was seen to arrive, or not to: one table for all tests. A row makes its answer from the call
that a program wants, with the program's own names of the tool and its arguments, so that the same table tries our agent, the
bare server and every program that people use.

DELIVERIES are streams that are well formed as such; FAULTS concern the connection, the framing and what is no answer at all;
TEXTS are for programs that call no tools and have edits written as text. Each row says whether the deed must come: the call
can be understood, or a model that is told says it well. `Misbehaving` is the upstream that plays a row.
"""

import dataclasses
import json
import time

from program import Upstream, delta

SILENCE = 4  # seconds of a prompt that is long to read
ROUNDS = 20  # of a model that repeats itself
OTHER_KEYS = {"path": "filepath", "filePath": "path", "file_path": "path", "filepath": "file_path", "command": "cmd", "cmd": "command"}


@dataclasses.dataclass(frozen=True)
class Call:
    name: str
    arguments: dict

    @property
    def json(self):
        return json.dumps(self.arguments)

    @property
    def whole(self):
        return json.dumps({"name": self.name, "arguments": self.arguments})

    @property
    def first(self):
        return next(iter(self.arguments))

    def elements(self, one, between=""):
        """All arguments, each in the form `one`, which has places for {key} and {value}."""
        return between.join(one.replace("{key}", k).replace("{value}", text_of(v)) for k, v in self.arguments.items())

    def renamed(self, rename):
        return json.dumps({rename(k): v for k, v in self.arguments.items()})


@dataclasses.dataclass(frozen=True)
class Row:
    """`make` gives the events of a stream, for a call (of DELIVERIES) or the text of an edit (of TEXTS)."""
    make: object
    must_write: bool = True


@dataclasses.dataclass(frozen=True)
class Fault:
    """`play` answers on the socket, each time until the deed is done; one that never listens, also behind it."""
    play: object
    must_write: bool = True
    listens: bool = True


def text_of(value):
    return value if isinstance(value, str) else json.dumps(value)


# ---- pieces of answers ----

def part(call, index=0, id="abcdefghi", name=None, arguments=None):
    """The call as one piece of a delta; False leaves a member out."""
    whole = {"index": index, "id": id, "type": "function", "function": {
        "name": name or call.name, "arguments": call.json if arguments is None else arguments}}
    return {key: value for key, value in whole.items() if value is not False}


def called(call, finish="tool_calls", **more):
    return [delta(tool_calls=[part(call, **more)]), delta(finish=finish)]


def in_pieces(call, **repeated):
    """The arguments a few letters at a time; `repeated` stands in each piece."""
    name = repeated.pop("name", None)
    function = {} if name is None else {"name": name}
    return [delta(tool_calls=[part(call, arguments="")])] + [
        delta(tool_calls=[{"index": 0, **repeated, "function": {**function, "arguments": call.json[i:i + 3]}}])
        for i in range(0, len(call.json), 3)] + [delta(finish="tool_calls")]


def said(text, finish="stop"):
    """The text in small pieces, as models say it."""
    return [delta(text[i:i + 7]) for i in range(0, len(text), 7)] + [delta(finish=finish)]


def thought(text):
    return [delta(reasoning_content=text[i:i + 7]) for i in range(0, len(text), 7)] + [delta(finish="stop")]


def turn(what, id="jklmnopqr"):
    """A turn of a script (docs/scripts.md), said as it should be."""
    calls = [part(Call(c["name"], c["arguments"]), index=i, id=f"{id[:-1]}{i}") for i, c in enumerate(what.get("calls", ()))]
    events = [delta(what["text"])] if "text" in what else []
    events += [delta(tool_calls=[one]) for one in calls]
    return events + [delta(finish="tool_calls" if calls else "stop")]


def whole_answer(events):
    """The same to one who does not ask for a stream, with all that is odd in it."""
    message, calls, finish = {"role": "assistant", "content": None}, [], None
    for event in events:
        choice = event["choices"][0]
        for key, value in choice["delta"].items():
            if key != "tool_calls":
                message[key] = (message.get(key) or "") + value
                continue
            for piece in value:
                if not calls or "type" in piece:
                    calls.append(json.loads(json.dumps(piece)))
                else:
                    calls[-1]["function"]["arguments"] += piece["function"]["arguments"]
        finish = choice["finish_reason"] or finish
    if calls:
        message["tool_calls"] = calls
    return {"id": "chatcmpl-up", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{"index": 0, "message": message, "finish_reason": finish}]}


# ---- a call as families write it ----

def hermes(call):
    return f"<tool_call>\n{call.whole}\n</tool_call>"


def qwen_xml(call):
    return f"<tool_call>\n<function={call.name}>\n" + call.elements("<parameter={key}>\n{value}\n</parameter>\n") + \
        "</function>\n</tool_call>"


def glm(call):
    return f"<tool_call>{call.name}\n" + call.elements("<arg_key>{key}</arg_key>\n<arg_value>{value}</arg_value>\n") + "</tool_call>"


def dsml(call):
    inner = call.elements("<｜DSML｜parameter name=\"{key}\" string=\"true\">{value}</｜DSML｜parameter>\n")
    return f"<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"{call.name}\">\n{inner}</｜DSML｜invoke>\n</｜DSML｜function_calls>"


def minimax(call):
    inner = call.elements("<parameter name=\"{key}\">{value}</parameter>\n")
    return f"<minimax:tool_call>\n<invoke name=\"{call.name}\">\n{inner}</invoke>\n</minimax:tool_call>"


def gemma(call):
    return f"<|tool_call>call:{call.name}{{" + call.elements("{key}:<|\"|>{value}<|\"|>", ",") + "}<tool_call|>"


def kimi(call):
    return (f"<|tool_calls_section_begin|><|tool_call_begin|>functions.{call.name}:0<|tool_call_argument_begin|>{call.json}"
            "<|tool_call_end|><|tool_calls_section_end|>")


def lfm2(call):
    inner = ", ".join(f"{k}={v!r}" for k, v in call.arguments.items())
    return f"<|tool_call_start|>[{call.name}({inner})]<|tool_call_end|>"


def harmony(call):
    return f"<|channel|>commentary to=functions.{call.name} <|constrain|>json<|message|>{call.json}<|call|>"


DELIVERIES = {
    # As it should be, and what every program takes.
    "correct": Row(called),
    "correct, in pieces": Row(in_pieces),
    "id in every piece": Row(lambda c: in_pieces(c, id="abcdefghi")),
    "empty name in every piece": Row(lambda c: in_pieces(c, name="")),
    "empty list of calls in other deltas": Row(lambda c: [delta("", tool_calls=[])] + called(c)),
    "reasoning before the call": Row(lambda c: [delta(reasoning_content="I write it.")] + called(c)),
    "<think> before the call": Row(lambda c: [delta("<think>\nI write it.\n</think>\n\n")] + called(c)),
    # The wire.
    "finish reason stop with a call": Row(lambda c: called(c, "stop")),
    "two calls with the same index": Row(lambda c: [delta(tool_calls=[part(c), part(c, id="bcdefghij")]), delta(finish="tool_calls")]),
    "call without index": Row(lambda c: called(c, index=False)),
    "call without id": Row(lambda c: called(c, id=False)),
    "arguments an object": Row(lambda c: called(c, arguments=c.arguments)),
    "arguments encoded twice": Row(lambda c: called(c, arguments=json.dumps(c.json))),
    # Names and arguments.
    "name in another case": Row(lambda c: called(c, name=c.name[0].swapcase() + c.name[1:])),
    "name behind functions.": Row(lambda c: called(c, name=f"functions.{c.name}")),
    "name with an index": Row(lambda c: called(c, name=f"functions.{c.name}:0")),
    "wrong tool name": Row(lambda c: called(c, name=f"{c.name}_the_file")),
    "wrong argument name": Row(lambda c: called(c, arguments=c.renamed(lambda k: OTHER_KEYS.get(k, k)))),
    "argument name in another case": Row(lambda c: called(c, arguments=c.renamed(lambda k: k[0].upper() + k[1:]))),
    "an argument missing": Row(lambda c: called(c, arguments=json.dumps(dict(list(c.arguments.items())[:-1])))),
    "null for what is not there": Row(lambda c: called(c, arguments=json.dumps({**c.arguments, c.first: None}))),
    "arguments with single quotes": Row(lambda c: called(c, arguments=str(c.arguments))),
    "arguments with a trailing comma": Row(lambda c: called(c, arguments=c.json[:-1] + ",}")),
    "arguments with a raw line end": Row(lambda c: called(c, arguments=c.json.replace("\\n", "\n"))),
    "arguments cut": Row(lambda c: called(c, arguments=c.json[:-6])),
    "arguments cut by the limit": Row(lambda c: called(c, "length", arguments=c.json[:-6]), must_write=False),
    # Calls as text.
    "Hermes as text": Row(lambda c: said(hermes(c))),
    "Hermes behind prose": Row(lambda c: said(f"I'll do it.\n\n{hermes(c)}")),
    "Hermes without closer": Row(lambda c: said(hermes(c).removesuffix("\n</tool_call>"))),
    "Qwen XML as text": Row(lambda c: said(qwen_xml(c))),
    "Qwen XML without opener": Row(lambda c: said(qwen_xml(c).replace("<tool_call>\n", ""))),
    "bare JSON": Row(lambda c: said(c.whole)),
    "bare JSON with parameters": Row(lambda c: said(c.whole.replace("\"arguments\"", "\"parameters\""))),
    "fenced JSON": Row(lambda c: said(f"```json\n{c.whole}\n```")),
    "fenced JSON behind prose": Row(lambda c: said(f"Sure, I will create it:\n\n```json\n{c.whole}\n```")),
    "Mistral list as text": Row(lambda c: said(f"[TOOL_CALLS][{c.whole}]")),
    "Mistral args as text": Row(lambda c: said(f"[TOOL_CALLS]{c.name}[ARGS]{c.json}")),
    "Llama's python tag": Row(lambda c: said(f"<|python_tag|>{c.whole}")),
    "name in brackets as text": Row(lambda c: said(f"[{c.name}] {c.json} [END_TOOL_REQUEST]")),
    "Gemma 4 as text": Row(lambda c: said(gemma(c))),
    "Harmony as text": Row(lambda c: said(harmony(c))),
    "GLM as text": Row(lambda c: said(glm(c))),
    "DSML as text": Row(lambda c: said(dsml(c))),
    "MiniMax as text": Row(lambda c: said(minimax(c))),
    "Kimi K2 as text": Row(lambda c: said(kimi(c))),
    "LFM2 as text": Row(lambda c: said(lfm2(c))),
    "call in the reasoning": Row(lambda c: thought(f"I write the file.\n{hermes(c)}")),
    # No call at all.
    "narration": Row(lambda c: said("I will now create the file hello.txt.")),
    "a claim": Row(lambda c: said("Done! I have created hello.txt."), must_write=False),
    "only reasoning": Row(lambda c: thought("The user wants a file.")),
    "nothing at all": Row(lambda c: [delta(finish="stop")]),
    "finish reason tool_calls without a call": Row(lambda c: said("I will write it now.", "tool_calls")),
}


# ---- no healthy stream ----

def refused(status, reason, error, headers=""):
    body = json.dumps({"error": error})
    return (f"HTTP/1.1 {status} {reason}\r\nContent-Type: application/json\r\n{headers}"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}")


OVERFLOW = {"code": 400, "message": "request (70000 tokens) exceeds the available context size (65536 tokens), try increasing it",
            "type": "exceed_context_size_error", "n_prompt_tokens": 70000, "n_ctx": 65536}
NO_TOOLS = {"message": "registry.local/m does not support tools", "type": "invalid_request_error"}
UNPARSED = {"code": 500, "message": "Failed to parse input at pos 0: <tool_call>", "type": "server_error"}
LOADING = {"code": 503, "message": "Loading model", "type": "unavailable_error"}
BUSY = {"message": "Rate limit reached", "type": "rate_limit_error"}
BAD_KEY = {"message": "Incorrect API key provided", "type": "invalid_request_error", "code": "invalid_api_key"}
NO_MODEL = {"message": "The model `m` does not exist", "type": "invalid_request_error", "code": "model_not_found"}


def always(answer):
    return lambda conversation, source: conversation.send(answer)


def at_first(times, answer):
    """So for the first requests; then well."""
    return lambda conversation, source: (
        conversation.send(answer) if source.count() <= times else source.say(conversation, source.good()))


def broken_off(events_of, end=None):
    """A stream that ends after these events, without the mark of its end."""
    return lambda conversation, source: conversation.stream(*events_of(source.call))


def in_single_lines(conversation, source):
    conversation.stream()
    for event in source.good():
        conversation.send(f"data: {json.dumps(event)}\n")
    conversation.send("data: [DONE]\n")


def after_silence(conversation, source):
    time.sleep(SILENCE)
    source.say(conversation, source.good())


def after_comments(conversation, source):
    conversation.stream()
    for _ in range(SILENCE * 2):
        conversation.send(": still reading\n\n")
        time.sleep(0.5)
    conversation.events(*source.good(), "[DONE]")


def error_inside(conversation, source):
    conversation.stream(delta("I"), {"error": {"message": "slot was lost", "type": "server_error", "code": 500}})


def reset(conversation, source):
    conversation.reset()


def reset_once(conversation, source):
    if source.count() == 1:
        conversation.reset()
    else:
        source.say(conversation, source.good())


def same_again(conversation, source):
    rounds = sum(m["role"] == "assistant" for m in source.request["messages"])
    source.say(conversation, called(source.call, id=f"repeat{rounds:03}") if rounds < ROUNDS else turn(source.last))


FAULTS = {
    "no mark at the end": Fault(broken_off(called)),
    "no reason and no mark at the end": Fault(broken_off(lambda c: called(c)[:1])),
    "cut before the call": Fault(broken_off(lambda c: [delta("I will")]), must_write=False),
    "cut inside the call": Fault(broken_off(lambda c: [delta(tool_calls=[part(c, arguments=c.json[:-6])])]), must_write=False),
    "events ended by one line end": Fault(in_single_lines),
    "silence while the prompt is read": Fault(after_silence),
    "comments while the prompt is read": Fault(after_comments),
    "error inside the stream": Fault(error_inside, must_write=False),
    "400, the context is too small": Fault(always(refused(400, "Bad Request", OVERFLOW)), must_write=False),
    "400, does not support tools": Fault(always(refused(400, "Bad Request", NO_TOOLS)), must_write=False),
    "401, wrong key": Fault(always(refused(401, "Unauthorized", BAD_KEY)), must_write=False),
    "404, no such model": Fault(always(refused(404, "Not Found", NO_MODEL)), must_write=False),
    "429 twice, then well": Fault(at_first(2, refused(429, "Too Many Requests", BUSY, "Retry-After: 1\r\n"))),
    "429 for ever": Fault(always(refused(429, "Too Many Requests", BUSY, "Retry-After: 1\r\n")), must_write=False),
    "500, failed to parse once, then well": Fault(at_first(1, refused(500, "Internal Server Error", UNPARSED))),
    "500, failed to parse": Fault(always(refused(500, "Internal Server Error", UNPARSED)), must_write=False),
    "503 twice while loading, then well": Fault(at_first(2, refused(503, "Service Unavailable", LOADING, "Retry-After: 1\r\n"))),
    "connection reset once, then well": Fault(reset_once),
    "connection reset for ever": Fault(reset, must_write=False),
    "the same call for ever": Fault(same_again, listens=False),
}


# ---- edits as text: what programs without tools are given ----

def other_block(text):
    """The same in the format of whole files."""
    return text.replace("<<<<<<< SEARCH\n=======\n", "").replace(">>>>>>> REPLACE\n", "")


def block_of(text):
    """The edit alone, without the words before it."""
    return text.partition("\n\n")[2]


def named(text, form):
    """The name of the file in another form: it stands on the block's first line."""
    name, _, rest = block_of(text).partition("\n")
    return "Here it is:\n\n" + (form.format(name) + "\n" if form else "") + rest


TEXTS = {
    "correct": Row(said),
    "behind <think>": Row(lambda t: said(f"<think>\nI write it.\n</think>\n\n{t}")),
    "only reasoning": Row(thought, must_write=False),
    "name in bold": Row(lambda t: said(named(t, "**{}**"))),
    "a blank line behind the name": Row(lambda t: said(t.replace("\n```\n", "\n\n```\n", 1)), must_write=False),
    "no name": Row(lambda t: said(named(t, "")), must_write=False),
    "no fence": Row(lambda t: said(t.replace("```\n", ""))),
    "cut": Row(lambda t: said(t[:len(t) * 3 // 4]), must_write=False),
    "cut by the limit": Row(lambda t: said(t[:len(t) * 3 // 4], "length"), must_write=False),
    "the block of another format": Row(lambda t: said(other_block(t)), must_write=False),
    "a search for what is not there": Row(lambda t: said(t.replace("=======\n", "not there\n=======\n", 1)), must_write=False),
    "the same block twice": Row(lambda t: said(t + "\n" + block_of(t)), must_write=False),
    "fenced JSON": Row(lambda t: said("Sure, I will create it:\n\n```json\n{\"name\": \"write\", \"arguments\": {}}\n```"), must_write=False),
    "Hermes as text": Row(lambda t: said("<tool_call>\n{\"name\": \"write\", \"arguments\": {}}\n</tool_call>"), must_write=False),
    "narration": Row(lambda t: said("I will now create the file hello.txt."), must_write=False),
    "a claim": Row(lambda t: said("Done! I have created hello.txt."), must_write=False),
    "nothing at all": Row(lambda t: [delta(finish="stop")], must_write=False),
}


class Misbehaving:
    """An upstream that answers what asks for the deed as `row` says. A request that tells it what was wrong it answers well, as a
    model does that listens, and one that comes after the deed with an end; `is_done` looks whether that is so, at the
    messages or at the disk. What asks for something else (a title, the words of a commit) gets a few words.

    `first` and `last` are turns of a script (docs/scripts.md); the first one's `match` tells the deed from the rest where no
    tools do."""

    def __init__(self, row, first, last=None, is_done=None):
        self.row, self.first, self.last = row, first, last or {"text": "It is written."}
        self.call = Call(**first["calls"][0]) if first.get("calls") else None
        self.is_done, self.asked, self.request = is_done or result_is_ok, 0, None
        self.examples = None  # answers of the model that some programs invent and put first
        self.upstream = Upstream(self.answer)
        self.url, self.requests, self.close = self.upstream.url, self.upstream.requests, self.upstream.close

    def count(self):
        """How often the deed was asked for, this time included."""
        return self.asked

    def good(self):
        return turn(self.first)

    def say(self, conversation, events):
        if json.loads(body_of(conversation)).get("stream"):
            conversation.stream(*events, "[DONE]")
            return
        text = json.dumps(whole_answer(events))
        conversation.send(f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n"
                          f"Connection: close\r\n\r\n{text}")

    def answer(self, conversation):
        if not conversation.request.startswith(b"POST"):
            conversation.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        self.request = json.loads(body_of(conversation))
        messages = [m for m in self.request["messages"] if m["role"] not in ("system", "developer")]
        if self.is_aside():
            self.say(conversation, turn({"text": "add the file"}))
            return
        self.asked += 1
        answers = sum(m["role"] == "assistant" for m in messages)
        self.examples = answers if self.examples is None else self.examples
        if isinstance(self.row, Fault) and not (self.row.listens and self.is_done(messages)):
            self.row.play(conversation, self)
        elif self.is_done(messages):
            self.say(conversation, turn(self.last))
        elif answers > self.examples:
            self.say(conversation, self.good())
        else:
            self.say(conversation, self.row.make(self.call or self.first["text"]))

    def is_aside(self):
        if self.call:
            return not self.request.get("tools")
        return self.first.get("match", "") not in json.dumps(self.request["messages"])


def body_of(conversation):
    return conversation.request.split(b"\r\n\r\n", 1)[1]


def result_is_ok(messages):
    return messages[-1]["role"] == "tool" and str(messages[-1]["content"]).startswith("ok")


def rows_for(first):
    """The rows that mean something to a program with this first turn, by name."""
    if first.get("calls"):
        return {**DELIVERIES, **FAULTS}
    calling = ("cut inside the call", "no mark at the end", "no reason and no mark at the end", "the same call for ever")
    return {**TEXTS, **{name: fault for name, fault in FAULTS.items() if name not in calling}}
