#!/usr/bin/env python3
"""Renders every chat template of the llama.cpp source, for every conversation, with ours and with Jinja2: equal bytes
or both refuse, and where ours refuses with raise_exception or an undefined value, in the same words. Each is rendered a
second time with other words in the conversation: no byte may differ that is not marked as the conversation's.

usage: compare.py RENDER TOOLS_LLAMA [NAME...]    (NAME: only templates whose name holds it; shows every difference)
"""
import codecs
import collections
import json
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import conversations  # noqa: E402
import jinja2  # noqa: E402
import reference  # noqa: E402

NOW = 1795305600 + 13 * 3600 + 5 * 60 + 9  # 2026-11-22 13:05:09 UTC


# What other_words changes: capitals and digits, as the conversations write what only a person or a tool would say.
PLAIN_WORDS = re.compile(r"[A-Z][A-Z0-9. ]+")
TEXTS = ("content", "text", "reasoning_content", "thinking", "reasoning")


class Ours:
    """The program under test, one process for all cells."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")

    def render(self, template, settings, conversation):
        request = {"template": template, "settings": settings, "conversation": conversation, "now": NOW}
        self.process.stdin.write(json.dumps(request, ensure_ascii=False) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("ours ended: exit status %s" % self.process.wait())
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        if self.process.wait() != 0:
            raise SystemExit("ours ended with status %s" % self.process.returncode)


def words_matter(fault):
    """Whether a template or a person may depend on the words of this refusal. For syntax ours tells more: the column."""
    return isinstance(fault, jinja2.exceptions.TemplateError) and not isinstance(fault, jinja2.exceptions.TemplateSyntaxError)


def difference(ours, text, fault):
    """None if equal, else what differs."""
    if fault is None:
        if "refused" in ours:
            return "ours refuses: " + ours["refused"]
        if ours["text"] == text:
            return None
        at = next((i for i, (a, b) in enumerate(zip(ours["text"], text)) if a != b), min(len(ours["text"]), len(text)))
        return f"text differs at {at}: ours {ours['text'][max(at - 20, 0):at + 60]!r}, reference {text[max(at - 20, 0):at + 60]!r}"
    if "refused" not in ours:
        return f"reference refuses ({type(fault).__name__}: {fault}), ours gives {ours['text'][:200]!r}"
    if words_matter(fault) and str(fault)[:400] not in ours["refused"]:
        return f"refusals differ: ours {ours['refused']!r}, reference {type(fault).__name__}: {fault}"
    return None


def other_words(value):
    """The same conversation with other letters in every text that is plain words: no template decides by those."""
    if isinstance(value, str):
        return codecs.encode(value, "rot13") if PLAIN_WORDS.fullmatch(value) else value
    if isinstance(value, list):
        return [other_words(item) for item in value]
    if isinstance(value, dict):
        return {key: other_words(item) if key in TEXTS or isinstance(item, (list, dict)) else item for key, item in value.items()}
    return value


def outside(answer):
    """What is not marked as the conversation's, with a hole where it is."""
    data, parts, at = answer["text"].encode(), [], 0
    for start, end in answer["spans"]:
        parts += [data[at:start], end - start]
        at = end
    return parts + [data[at:]]


def leak(got, changed):
    """If the conversation's words show in what is not marked as the conversation's: what."""
    if "spans" not in got or "spans" not in changed:
        return None if got.keys() == changed.keys() else "other words, other end"
    if outside(got) != outside(changed):
        return f"not marked as input: {outside(got)} with other words {outside(changed)}"[:600]
    return None


def main():
    program, tools_llama, only = sys.argv[1], sys.argv[2], sys.argv[3:]
    source = subprocess.run([tools_llama, "--source"], check=True, capture_output=True, text=True).stdout.strip()
    folder = pathlib.Path(source) / "models" / "templates"
    files = [f for f in sorted(folder.glob("*.jinja")) if not only or any(name in f.name for name in only)]
    if not files:
        raise SystemExit(f"no templates in {folder}")
    cells = list(conversations.cells())
    ours, totals, wrong = Ours(program), collections.Counter(), collections.defaultdict(list)
    for file in files:
        text = file.read_bytes().decode()
        template = reference.Template(text, NOW)
        for name, settings, conversation in cells:
            expected, fault = template.render({**conversation, **settings})
            got = ours.render(text, settings, conversation)
            changed = ours.render(text, settings, other_words(conversation))
            bad = difference(got, expected, fault) or leak(got, changed)
            totals["text" if fault is None else "refusal"] += 1
            if bad:
                wrong[file.name].append(f"{name}: {bad}")
    ours.close()
    for file, faults in wrong.items():
        print(f"{file}: {len(faults)} differ")
        for fault in faults if only else faults[:3]:
            print("   ", fault)
    count, bad = sum(totals.values()), sum(map(len, wrong.values()))
    print(f"{len(files)} templates x {len(cells)} conversations = {count} cells "
          f"({totals['text']} texts, {totals['refusal']} refusals): {count - bad} equal, {bad} differ")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
