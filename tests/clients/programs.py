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
    binary: str = ""  # where it lies in a package for this system alone, whose command is named after the system
    speaks_chat: bool = True  # OpenAI Chat Completions, as the upstreams that misbehave do
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
    Program(
        name="codex", package="@openai/codex", version="0.169.0", speaks_chat=False,
        command=("codex", "exec", "--skip-git-repo-check", "--sandbox", "workspace-write", "{task}"),
        launch=("exec", "--skip-git-repo-check", "--sandbox", "workspace-write", "{task}"),
        turns=(call("exec_command", cmd="printf '{content}' > {path}"), DONE),
        before={"~/.codex/config.toml": '# mine\nhide_agent_reasoning = true\n'},
    ),
    Program(
        name="opencode", package="opencode-ai", version="1.18.33", after=(("opencode-ai", "postinstall.mjs"),),
        command=("opencode", "run", "--auto", "{task}"),
        launch=("run", "--auto", "{task}"),
        turns=(call("write", filePath="{file}", content="{content}"), DONE),
        before={"~/.config/opencode/opencode.json": '{\n  // mine\n  "share": "disabled",\n}\n'},
    ),
    Program(
        name="claude-code", package="@anthropic-ai/claude-code", version="2.1.330",
        after=(("@anthropic-ai/claude-code", "install.cjs"),), speaks_chat=False,
        command=("claude", "-p", "{task}", "--permission-mode", "acceptEdits"),
        launch=("-p", "{task}", "--permission-mode", "acceptEdits"),
        turns=(call("Write", file_path="{file}", content="{content}"), DONE),
        before={"~/.claude/settings.json": '{"permissions": {"allow": ["Edit"]}}'},
    ),
    Program(
        name="openclaw", package="openclaw", version="2026.9.6", limit=120,
        command=("openclaw", "agent", "exec", "--config", "{home}/.openclaw/openclaw.json", "--cwd", ".", "--model", "offgrid/{model}",
                 "--json", "{task}"),
        launch=("agent", "exec", "--cwd", ".", "--model", "offgrid/{model}", "--json", "{task}"),
        turns=(call("write", path="{path}", content="{content}"), DONE),
        before={"~/.openclaw/openclaw.json": '{\n  // mine\n  tools: { profile: "coding" },\n}\n'},
    ),
    Program(
        name="gemini-cli", package="@google/gemini-cli", version="0.61.0", speaks_chat=False,
        command=("gemini", "-y", "--skip-trust", "-p", "{task}"),
        launch=("-y", "-p", "{task}"),
        turns=(call("write_file", file_path="{file}", content="{content}"), DONE),
        before={"~/.gemini/.env": "# mine\nSOME_VARIABLE=1\n"},
    ),
    Program(
        name="qwen-code", package="@qwen-code/qwen-code", version="0.24.4",
        command=("qwen", "-y", "{task}"), launch=("-y", "{task}"),
        turns=(call("write_file", file_path="{file}", content="{content}"), DONE),
        before={"~/.qwen/settings.json": '{\n  "ui": { "hideTips": true }\n}\n'},
    ),
    Program(
        name="continue", package="@continuedev/cli", version="1.5.47",
        command=("cn", "--auto", "-p", "{task}"), launch=("--auto", "-p", "{task}"),
        turns=(call("Write", filepath="{path}", content="{content}"), DONE),
        before={"~/.continue/config.yaml": "name: Mine\nversion: 0.0.1\nschema: v1\n# another\nmodels:\n  - name: Other\n"
                "    provider: openai\n    model: other\n    apiBase: http://127.0.0.1:9/v1\n"},
    ),
    Program(
        name="cline", package="cline", version="3.0.65", after=(("cline", "postinstall.mjs"),),
        command=("cline", "-P", "openai-compatible", "-m", "{model}", "{task}"), launch=("{task}",),
        turns=(call("editor", path="{file}", new_text="{content}"), DONE),
        stays=("cline",), caution="leaves a daemon after every run",
        before={"~/.cline/data/settings/providers.json": '{"version": 1, "lastUsedProvider": "anthropic", "modes": {}, "providers": {}}'},
    ),
    Program(
        name="aider", package="aider-chat", version="0.86.2", install="venv", limit=90,
        command=("aider", "--yes-always", "--message", "{task}"), launch=("--yes-always", "--message", "{task}"),
        turns=({"match": "ONLY EVER RETURN CODE IN",
                "text": "Here it is:\n\n{path}\n```\n<<<<<<< SEARCH\n=======\n{content}>>>>>>> REPLACE\n```\n"},
               {"text": "feat: add the file", "repeat": True}),
        before={"~/.aider.conf.yml": "# mine\ndark-mode: true\n"},
        caution="calls no tools, and its exit status is always 0",
    ),
    Program(
        name="mini-swe-agent", package="mini-swe-agent", version="2.4.6", install="venv", limit=90,
        command=("mini", "-y", "--exit-immediately", "-t", "{task}"), launch=("-y", "--exit-immediately", "-t", "{task}"),
        turns=(call("bash", command="printf '%s' '{content}' > {path}"),
               call("bash", command="echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT")),
    ),
    Program(
        name="hermes", package="hermes-agent", version="0.19.0", install="venv",
        command=("hermes", "-z", "{task}"), launch=("-z", "{task}"),
        turns=(call("write_file", path="{file}", content="{content}"), DONE),
        before={"~/.hermes/config.yaml": "# mine\nterminal:\n  timeout: 60\n"},
    ),
    Program(
        name="goose", package="@aaif/goose-binary-*", version="1.52.0", binary="bin/goose",
        command=("goose", "run", "-t", "{task}"), launch=("run", "-t", "{task}"),
        turns=(call("write", path="{file}", content="{content}"), DONE),
        before={"~/.config/goose/config.yaml": "# mine\nGOOSE_CLI_THEME: light\n"},
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
