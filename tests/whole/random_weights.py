"""Random weights, valid calls: generated models behind the real server must give a valid call every time it is demanded.

usage: random_weights.py OFFGRID MKTINY [--models N] [--asks N]

Each model is written by MKTINY with its own seed, once with a template that shows tools as Hermes and Qwen do, once with one
that knows none. It is served by `offgrid serve` and asked with tool_choice "required", at temperature 1 with a seed of its
own. What comes back must be one call of a tool that was offered, with arguments that fit its schema; answers that the limit of
tokens cut are counted apart and must say so. Prints the table, fails on the first call that is not valid.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

from demanded import ask, judge, serve

HERMES = ("{%- if tools %}<|im_start|>system\n<tools>{% for tool in tools %}\n{{ tool | tojson }}{% endfor %}\n</tools><|im_end|>\n{% endif %}"
          "{%- for m in messages %}{% if m.role == 'tool' %}<|im_start|>user\n<tool_response>\n{{ m.content }}\n</tool_response><|im_end|>\n"
          "{% elif m.tool_calls %}<|im_start|>assistant\n{% for c in m.tool_calls %}<tool_call>\n{\"name\": \"{{ c.function.name }}\", "
          "\"arguments\": {{ c.function.arguments | tojson }}}\n</tool_call>{% endfor %}<|im_end|>\n"
          "{% else %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endif %}{% endfor %}"
          "{%- if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")
PLAIN = ("{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
         "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")
TEMPLATES = {"hermes": HERMES, "prompted": PLAIN}

ANSWER_TOKENS = 400


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
                server, port = serve(options.offgrid, model, folder, "--no-store")
                try:
                    for k in range(options.asks):
                        said = judge(ask(port, 1000 * seed + k, ANSWER_TOKENS))
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
