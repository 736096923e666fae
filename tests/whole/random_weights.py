"""Random weights, valid calls: generated models behind the real server must give a valid call every time it is demanded.

usage: random_weights.py OFFGRID MKTINY [--models N] [--asks N]

Each model is written by MKTINY with its own seed, once with a template that shows tools as Hermes and Qwen do, once with one
that knows none. It is served by `offgrid serve` and asked with tool_choice "required", at temperature 1 with a seed of its
own. What comes back must be one call of a tool that was offered, with arguments that fit its schema; answers that the limit of
tokens cut are counted apart and must say so. Prints the table, fails on the first call that is not valid.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

HERMES = ("{%- if tools %}<|im_start|>system\n<tools>{% for tool in tools %}\n{{ tool | tojson }}{% endfor %}\n</tools><|im_end|>\n{% endif %}"
          "{%- for m in messages %}{% if m.role == 'tool' %}<|im_start|>user\n<tool_response>\n{{ m.content }}\n</tool_response><|im_end|>\n"
          "{% elif m.tool_calls %}<|im_start|>assistant\n{% for c in m.tool_calls %}<tool_call>\n{\"name\": \"{{ c.function.name }}\", "
          "\"arguments\": {{ c.function.arguments | tojson }}}\n</tool_call>{% endfor %}<|im_end|>\n"
          "{% else %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endif %}{% endfor %}"
          "{%- if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")
PLAIN = ("{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
         "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")
TEMPLATES = {"hermes": HERMES, "prompted": PLAIN}

TOOLS = {
    "write_file": {"type": "object", "properties": {"path": {"type": "string", "maxLength": 12}, "mode": {"enum": ["text", "binary"]}},
                   "required": ["path", "mode"]},
    "set-limit": {"type": "object", "properties": {"n": {"type": "integer", "minimum": 0, "maximum": 99}, "on": {"type": "boolean"}},
                  "required": ["n"]},
    "place.order": {"type": "object", "properties": {"items": {"type": "array", "minItems": 1, "maxItems": 3, "items": {
        "type": "object", "properties": {"sku": {"type": "string", "pattern": "^[A-Z]{2}[0-9]{2}$"}}, "required": ["sku"]}}}, "required": ["items"]},
    "ping": {"type": "object", "properties": {}},
}
ANSWER_TOKENS = 400
SECONDS_MAX = 120  # a fail-safe, not a measure


def is_known(value, schema, allowed):
    return isinstance(value, dict) and set(value) <= set(allowed) and all(k in value for k in schema.get("required", []))


def fits(name, value):
    """Whether the arguments fit the schema of that tool: said in Python, apart from the decoder's reading of it."""
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


def ask(port, seed):
    body = {"messages": [{"role": "user", "content": "Do something."}], "seed": seed, "temperature": 1, "max_tokens": ANSWER_TOKENS,
            "tool_choice": "required", "parallel_tool_calls": False,
            "tools": [{"type": "function", "function": {"name": n, "description": "", "parameters": s}} for n, s in TOOLS.items()]}
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


def serve(offgrid, model, folder):
    server = subprocess.Popen([offgrid, "serve", "--listen", "127.0.0.1:0", "--model", str(model), "--no-store"], stdout=subprocess.PIPE,
                              text=True, env=dict(os.environ, OFFGRID_STATE_DIR=folder))
    said = server.stdout.readline()
    found = re.search(r"127\.0\.0\.1:(\d+)", said)
    if not found:
        server.kill()
        raise SystemExit(f"the server did not say where it listens: {said!r}")
    return server, int(found.group(1))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("offgrid")
    parser.add_argument("mktiny")
    parser.add_argument("--models", type=int, default=3)
    parser.add_argument("--asks", type=int, default=12)
    options = parser.parse_args()
    wrong = 0
    print(f"{'format':9} {'models':>6} {'asked':>6} {'valid':>6} {'cut':>4}")
    with tempfile.TemporaryDirectory(prefix="offgrid-whole-") as folder:
        for name, template in TEMPLATES.items():
            (pathlib.Path(folder) / name).write_text(template)
            counts = {"valid": 0, "cut": 0}
            for seed in range(1, options.models + 1):
                model = pathlib.Path(folder) / f"{name}-{seed}.gguf"
                subprocess.run([options.mktiny, model, "--template", pathlib.Path(folder) / name, "--seed", str(seed), "--ctx", "4096"], check=True)
                server, port = serve(options.offgrid, model, folder)
                try:
                    for k in range(options.asks):
                        said = judge(ask(port, 1000 * seed + k))
                        counts[said] = counts.get(said, 0) + 1
                        if said not in ("valid", "cut"):
                            wrong += 1
                            print(f"{name}, model {seed}, ask {k}: {said}")
                finally:
                    server.terminate()
                    server.wait()
            print(f"{name:9} {options.models:6} {options.models * options.asks:6} {counts['valid']:6} {counts['cut']:4}")
            if counts["valid"] == 0:
                wrong += 1
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
