"""Calls that are demanded of a model behind the real server, and whether what came back is valid. Standard library only.

A valid answer is one call of a tool that was offered, with arguments that fit its schema: this is said here in Python, apart
from the decoder's own reading of schemas. Strings are bounded, so that a model of random weights ends its call.
"""
import json
import os
import re
import subprocess
import urllib.error
import urllib.request

TOOLS = {
    "write_file": {"type": "object", "properties": {"path": {"type": "string", "maxLength": 12}, "mode": {"enum": ["text", "binary"]}},
                   "required": ["path", "mode"]},
    "set-limit": {"type": "object", "properties": {"n": {"type": "integer", "minimum": 0, "maximum": 99}, "on": {"type": "boolean"}},
                  "required": ["n"]},
    "place.order": {"type": "object", "properties": {"items": {"type": "array", "minItems": 1, "maxItems": 3, "items": {
        "type": "object", "properties": {"sku": {"type": "string", "pattern": "^[A-Z]{2}[0-9]{2}$"}}, "required": ["sku"]}}}, "required": ["items"]},
    "ping": {"type": "object", "properties": {}},
}
OFFERED = [{"type": "function", "function": {"name": n, "description": "", "parameters": s}} for n, s in TOOLS.items()]
SECONDS_MAX = 120  # a fail-safe, not a measure


def is_known(value, schema, allowed):
    return isinstance(value, dict) and set(value) <= set(allowed) and all(k in value for k in schema.get("required", []))


def fits(name, value):
    """Whether the arguments fit the schema of that tool."""
    schema = TOOLS[name]
    if not is_known(value, schema, schema["properties"]):
        return False
    if name == "write_file":
        return isinstance(value["path"], str) and len(value["path"]) <= 12 and value["mode"] in ("text", "binary")
    if name == "set-limit":
        return type(value["n"]) is int and 0 <= value["n"] <= 99 and type(value.get("on", True)) is bool
    if name == "place.order":
        items = value["items"]
        return isinstance(items, list) and 1 <= len(items) <= 3 and all(
            isinstance(i, dict) and set(i) == {"sku"} and isinstance(i["sku"], str) and re.fullmatch("[A-Z]{2}[0-9]{2}", i["sku"]) for i in items)
    return True


def ask(port, seed, answer_tokens, **more):
    """The server's answer, or its error, as JSON."""
    body = {"messages": [{"role": "user", "content": "Do something."}], "seed": seed, "temperature": 1, "max_tokens": answer_tokens,
            "tool_choice": "required", "parallel_tool_calls": False, "tools": OFFERED, **more}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        return json.load(urllib.request.urlopen(request, timeout=SECONDS_MAX))
    except urllib.error.HTTPError as refused:
        return json.load(refused)


def judge(answer):
    """"valid", "cut", or what is wrong."""
    if "error" in answer:
        return answer["error"]["message"]
    choice = answer["choices"][0]
    if choice["finish_reason"] == "length":
        return "cut"
    calls = choice["message"].get("tool_calls") or []
    if choice["finish_reason"] != "tool_calls" or len(calls) != 1:
        return f"{len(calls)} calls, finish_reason {choice['finish_reason']}"
    function = calls[0]["function"]
    if function["name"] not in TOOLS:
        return f"a tool that was not offered: {function['name']}"
    return "valid" if fits(function["name"], json.loads(function["arguments"])) else f"arguments do not fit: {function}"


def serve(offgrid, model, folder, *options):
    """`offgrid serve` on a free port: the process and the port."""
    server = subprocess.Popen([offgrid, "serve", "--listen", "127.0.0.1:0", "--model", str(model), *options], stdout=subprocess.PIPE,
                              text=True, env=dict(os.environ, OFFGRID_STATE_DIR=str(folder)))
    said = server.stdout.readline()
    found = re.search(r"127\.0\.0\.1:(\d+)", said)
    if not found:
        server.kill()
        raise SystemExit(f"the server did not say where it listens: {said!r}")
    return server, int(found.group(1))
