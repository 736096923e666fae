"""The programs people use, one row each: where it comes from, how it is started without a face, and how a model makes it
write a file: the tool's own name and the names of its arguments.

A row's `turns` are what the model says, in the form of docs/scripts.md: the first one does the deed, the last one ends.
`{path}`, `{file}` (the same, absolute) and `{content}` are filled in. A program that calls no tools has its deed as text.
"""

import dataclasses

FILE = "hello.txt"
CONTENT = "Hello from the other side.\nIt has two lines.\n"
TASK = f"Create the file {FILE} that was agreed on."
DONE = {"text": "It is written."}


@dataclasses.dataclass(frozen=True)
class Program:
    name: str  # as `offgrid connect` knows it
    package: str  # as its registry calls it
    version: str
    command: tuple  # {task} is filled in; the first word is looked for in what was installed
    turns: tuple
    install: str = "npm"  # or "venv"
    after: tuple = ()  # (folder below node_modules, script): what its package runs when it is installed
    limit: int = 60  # seconds for one run; only what hangs or retries for ever reaches it
    launch: tuple = ()  # words for `offgrid launch` where the row of the client brings some itself
    before: dict = dataclasses.field(default_factory=dict)  # what its user had: {"~/.tool/config": text}
    context: str = "64k"  # tokens that are told to `offgrid connect` for upstreams that do not say
    stays: tuple = ()  # processes that it is known to leave behind
    caution: str = ""  # what is to be known when its results are read

    @property
    def tool(self):
        """The name of the tool that writes, or None."""
        calls = self.turns[0].get("calls")
        return calls[0]["name"] if calls else None


def call(name, **arguments):
    return {"calls": [{"name": name, "arguments": arguments}]}


PROGRAMS = {p.name: p for p in (
    Program(
        name="pi", package="@earendil-works/pi-coding-agent", version="0.87.1",
        command=("pi", "--offline", "--provider", "offgrid", "--model", "{model}", "--no-session", "-p", "{task}"),
        launch=("--offline", "--no-session", "-p", "{task}"),
        turns=(call("write", path="{path}", content="{content}"), DONE),
        before={"~/.pi/agent/settings.json": '{\n    "theme": "light"\n}'},
    ),
)}


def filled(value, holes):
    """The value with the holes in all its texts filled; other braces stay."""
    if isinstance(value, dict):
        return {k: filled(v, holes) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [filled(v, holes) for v in value]
    if isinstance(value, str):
        for hole, text in holes.items():
            value = value.replace("{" + hole + "}", text)
    return value
