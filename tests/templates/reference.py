"""The reference: Jinja2 with the settings of transformers' apply_chat_template.

One difference: the sandbox is not the immutable one, because templates in use change their own lists
(llama.cpp's Kimi K2 templates), and ours lets them.
"""
import datetime
import json

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import SandboxedEnvironment


class Generation(Extension):
    """{% generation %}...{% endgeneration %}: marks the assistant's words for training; prints its body."""
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.CallBlock(self.call_method("_body"), [], [], body).set_lineno(line)

    def _body(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def environment(now):
    env = SandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = lambda form: datetime.datetime.fromtimestamp(now, datetime.timezone.utc).strftime(form)
    return env


class Template:
    """Compiled once; a fault in it is given at each render."""

    def __init__(self, text, now):
        self.compiled, self.fault = None, None
        try:
            self.compiled = environment(now).from_string(text)
        except Exception as fault:
            self.fault = fault

    def render(self, variables):
        """The text, or None and the fault."""
        if self.fault:
            return None, self.fault
        try:
            # The template may change what it is given, so it gets a copy.
            text = self.compiled.render(**json.loads(json.dumps(variables)))
            text.encode()
            return text, None
        except Exception as fault:
            return None, fault
