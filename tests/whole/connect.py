"""`offgrid connect`, `disconnect` and `launch` as a person tries them: with a right set-up and every wrong one, with nobody to ask, several
at once, interrupted, killed. The programs themselves are shell scripts here; tests/clients has the real ones."""

import json
import os
import pathlib
import pty
import shutil
import signal
import subprocess
import time
import unittest

from program import PATIENCE, PROGRAM, Home, Server

TARGET = ("--url", "http://127.0.0.1:8093", "--model", "m1", "--context", "64k")
CLIENTS = ("opencode", "openclaw", "codex", "claude-code", "pi", "gemini-cli", "qwen-code", "continue", "cline", "aider", "mini-swe-agent",
           "hermes", "goose", "crush")
NOBODY_LISTENS = "http://127.0.0.1:9"


class Case(unittest.TestCase):
    def setUp(self):
        self.home = Home()
        self.addCleanup(self.home.close)
        self.user = self.home.path / "user"
        self.user.mkdir()
        moved = ("XDG_CONFIG_HOME", "OPENAI_", "GOOSE_", "AIDER_", "GEMINI_", "GOOGLE_", "MSWEA_", "LITELLM_", "CODEX_HOME")
        self.env = {k: v for k, v in self.home.env.items() if not k.startswith(moved)}
        self.env["HOME"] = str(self.user)

    def run_it(self, *words, **more):
        return subprocess.run([PROGRAM, *words], env={**self.env, **more.pop("env", {})}, capture_output=True, text=True, timeout=PATIENCE,
                              stdin=subprocess.DEVNULL, cwd=self.user, **more)

    def connect(self, client, *words):
        done = self.run_it("connect", client, "--yes", *(words or TARGET))
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout

    def files(self):
        return {str(f.relative_to(self.user)): f.read_bytes() for f in self.user.rglob("*") if f.is_file()}


class Connect(Case):
    def test_every_client_is_connected_checked_and_undone_and_what_is_said_fits_a_terminal(self):
        for client in CLIENTS:
            with self.subTest(client):
                self.assertEqual(1, self.run_it("connect", client, "--check", *TARGET).returncode)
                said = self.connect(client)
                right = self.run_it("connect", client, "--check", *TARGET)
                self.assertEqual(0, right.returncode, right.stdout)
                again = self.connect(client)
                self.assertIn("as it should be", again)
                own = [line for line in (said + right.stdout).splitlines() if str(self.user) not in line]
                self.assertEqual([], [line for line in own if len(line) > 80])
                self.assertEqual(0, self.run_it("disconnect", client).returncode)
                self.assertEqual([], list(self.user.iterdir()))
                self.assertEqual(3, self.run_it("disconnect", client).returncode)

    def test_nothing_is_written_where_there_is_nobody_to_ask(self):
        done = self.run_it("connect", "pi", *TARGET)
        self.assertEqual(2, done.returncode)
        self.assertIn("offgrid connect --yes pi", done.stderr)
        self.assertEqual({}, self.files())

    def test_a_name_that_is_not_known_leads_to_the_nearest_one_and_to_any(self):
        done = self.run_it("connect", "opencod", *TARGET)
        self.assertEqual(2, done.returncode)
        self.assertIn("did you mean opencode?", done.stderr)
        self.assertIn("offgrid connect any", done.stderr)

    def test_without_a_server_it_says_how_to_start_one(self):
        done = self.run_it("connect", "pi", "--yes", "--url", NOBODY_LISTENS)
        self.assertIn("Connection refused", done.stderr)
        self.assertIn("offgrid serve", done.stderr)
        self.assertEqual({}, self.files())

    def test_a_server_that_wants_a_key_is_asked_with_one(self):
        script = self.home.write("script.json", {"models": ["m"], "context_tokens": 65536, "turns": [{"text": "hello", "repeat": True}]})
        env = {**self.env, "THE_KEY": "a-key-of-this-server"}
        self.home.env = env
        server = Server(self.home, "--script", script, "--client-key-env", "THE_KEY")
        self.addCleanup(server.stop)
        refused = self.run_it("connect", "goose", "--yes", "--url", server.url)
        self.assertEqual({}, self.files())
        self.assertIn("--key-env", refused.stderr)
        done = self.run_it("connect", "goose", "--yes", "--url", server.url, "--key-env", "THE_KEY", env=env)
        self.assertEqual(0, done.returncode, done.stderr)
        provider = self.user / ".config/goose/custom_providers/offgrid.json"
        self.assertEqual("Bearer a-key-of-this-server", json.loads(provider.read_text())["headers"]["Authorization"])
        self.assertEqual(0o600, provider.stat().st_mode & 0o777)  # a key stands in it

    def test_what_is_known_of_no_program_is_told(self):
        told = self.run_it("connect", "any", *TARGET)
        self.assertIn("OPENAI_BASE_URL=http://127.0.0.1:8093/v1", told.stdout)
        self.assertEqual(1, self.run_it("connect", "any", "--check", *TARGET).returncode)
        wrong = self.run_it("connect", "any", "--check", *TARGET, env={"OPENAI_API_KEY": "x"})
        self.assertEqual(1, wrong.returncode)
        self.assertIn("differs  OPENAI_API_KEY\n", wrong.stdout)  # a key is not shown

    def test_an_address_is_taken_as_people_write_it(self):
        for given in ("127.0.0.1:8093", "http://127.0.0.1:8093/", "http://127.0.0.1:8093/v1/", "http://127.0.0.1:8093/v1/chat/completions"):
            self.connect("codex", "--url", given, *TARGET[2:])
            self.assertIn('base_url = "http://127.0.0.1:8093/v1"', (self.user / ".codex/config.toml").read_text())
        self.assertEqual(2, self.run_it("connect", "codex", "--yes", "--url", "ftp://127.0.0.1", *TARGET[2:]).returncode)

    def test_another_model_takes_the_place_of_the_first_and_both_are_undone(self):
        self.connect("codex")
        self.connect("codex", "--url", "http://127.0.0.1:8094/v1/", "--model", "m2", "--context", "32k")
        text = (self.user / ".codex/config.toml").read_text()
        self.assertIn('model = "m2"', text)
        self.assertNotIn("m1", text)
        self.assertIn('base_url = "http://127.0.0.1:8094/v1"', text)
        self.run_it("disconnect", "codex")
        self.assertEqual({}, self.files())

    def test_of_several_at_once_one_wins_and_nothing_is_lost(self):
        file = self.user / ".config/opencode/opencode.json"
        file.parent.mkdir(parents=True)
        file.write_text('{"mine": 1}\n')
        words = [[PROGRAM, "connect", "opencode", "--yes", *TARGET[:3], f"m{i}", *TARGET[4:]] for i in range(6)]
        running = [subprocess.Popen(w, env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for w in words]
        ended = [(child.communicate(timeout=PATIENCE)[1], child.returncode) for child in running]
        self.assertTrue(any(code == 0 for _, code in ended))
        for said, code in ended:
            self.assertTrue(code == 0 or "was changed while this was being decided" in said, said)
        self.assertIn("offgrid/m", json.loads(file.read_text())["model"])
        self.assertEqual(0, self.run_it("disconnect", "opencode", "--force").returncode)

    def test_a_crash_between_the_record_and_the_file_leaves_nothing_to_mend(self):
        file = self.user / ".codex/config.toml"
        file.parent.mkdir()
        file.write_text("# mine\n")
        self.connect("codex")
        file.write_text("# mine\n")  # as it is if the record was written and the file was not
        self.assertEqual(0, self.run_it("disconnect", "codex").returncode)
        self.assertEqual("# mine\n", file.read_text())

    def test_a_link_stays_one(self):
        kept = self.user / "dotfiles.toml"
        kept.write_text("# mine\n")
        file = self.user / ".codex/config.toml"
        file.parent.mkdir()
        file.symlink_to(kept)
        self.connect("codex")
        self.assertTrue(file.is_symlink())
        self.assertIn("offgrid", kept.read_text())
        self.run_it("disconnect", "codex")
        self.assertTrue(file.is_symlink())
        self.assertEqual("# mine\n", kept.read_text())

    def test_where_no_server_runs_it_is_held_against_what_it_was_connected_to(self):
        self.connect("pi", "--url", NOBODY_LISTENS, *TARGET[2:])
        done = self.run_it("connect", "pi", "--check", "--url", NOBODY_LISTENS)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("held against what it was connected to: m1", done.stdout)


# The client, its file, what is wrong there, and the words that name it; the third is a text to replace, or one that is added behind.
GATES = (
    ("opencode", ".config/opencode/opencode.json", ('"autoupdate"', '"tools": {"write": false}, "autoupdate"'), "harms    tools/write"),
    ("opencode", ".config/opencode/opencode.json", ('"autoupdate"', '"permission": "deny", "autoupdate"'), "harms    permission"),
    ("opencode", ".config/opencode/opencode.json", ('"autoupdate"', '"permission": {"*": "deny"}, "autoupdate"'), "harms    permission/*"),
    ("opencode", ".config/opencode/opencode.json", ('"context": 65536', '"context": 4096'), "limit/context: 4096"),
    ("opencode", ".config/opencode/opencode.json", ('"headerTimeout": false', '"headerTimeout": 1000'), "headerTimeout: 1000"),
    ("opencode", ".config/opencode/opencode.json", ('"name": "m1",', '"name": "m1", "tools": true,'),
     "placebo  provider/offgrid/models/<m1>/tools"),
    ("openclaw", ".openclaw/openclaw.json", ('"reasoning"', '"compat": {"supportsTools": false}, "reasoning"'),
     "compat/supportsTools: false"),
    ("openclaw", ".openclaw/openclaw.json", ('"models": {', '"tools": {"profile": "minimal"}, "models": {'), "harms    tools/profile"),
    ("openclaw", ".openclaw/openclaw.json", ('"timeoutSeconds": 3600', '"timeoutSeconds": 30'), "timeoutSeconds: 30"),
    ("codex", ".codex/config.toml", ('model = "m1"', 'model = "m1"\nsandbox_mode = "read-only"'), "harms    sandbox_mode"),
    ("codex", ".codex/config.toml", ('model = "m1"', 'profile = "mine"\nmodel = "m1"'), "harms    profile"),
    ("codex", ".codex/config.toml", ('wire_api = "responses"', 'wire_api = "chat"'), "wire_api"),
    ("codex", ".codex/config.toml", ("8093/v1", "8093"), "base_url"),
    ("codex", ".codex/config.toml", ("stream_idle_timeout_ms = 3600000", "stream_idle_timeout_ms = 300000"),
     "stream_idle_timeout_ms: 300000"),
    ("claude-code", ".claude/settings.json", (":8093", ":8093/v1"), "ANTHROPIC_BASE_URL"),
    ("claude-code", ".claude/settings.json", ("ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY"), "missing  env/ANTHROPIC_AUTH_TOKEN"),
    ("claude-code", ".claude/settings.json", ('"env": {', '"permissions": {"deny": ["Write"]}, "env": {'), "harms    permissions/deny"),
    ("claude-code", ".claude/settings.json", ('"65536"', '"1000000"'), "CLAUDE_CODE_MAX_CONTEXT_TOKENS"),
    ("pi", ".pi/agent/models.json", ('"contextWindow": 65536', '"contextWindow": 8192'), "contextWindow: 8192"),
    ("pi", ".pi/agent/settings.json", ("3600000", "300000"), "httpIdleTimeoutMs: 300000"),
    ("gemini-cli", ".gemini/.env", (":8093", ":8093/v1beta"), "GOOGLE_GEMINI_BASE_URL"),
    ("gemini-cli", ".gemini/settings.json", ('"general"', '"tools": {"exclude": ["write_file"]}, "general"'), "harms    tools/exclude"),
    ("qwen-code", ".qwen/settings.json", ('"baseUrl": "http://127.0.0.1:8093/v1"', '"baseUrl": "http://127.0.0.1:8093"'), "baseUrl"),
    ("qwen-code", ".qwen/settings.json", ('"timeout": 3600000', '"timeout": 3600000, "streamMaxLifetimeMs": 0'), "placebo"),
    ("continue", ".continue/config.yaml", ("timeout: 3600000", "timeout: 3600"), "requestOptions/timeout: 3600"),
    ("continue", ".continue/config.yaml", ("    model: m1", "    model: m1\n    capabilities: [tool_use]"), "placebo"),
    ("cline", ".cline/data/settings/providers.json", ('"model": "m1"', '"model": "m1", "maxTokens": 8192'), "placebo"),
    ("aider", ".aider.conf.yml", ("openai/m1", "m1"), "differs  model"),
    ("mini-swe-agent", ".config/mini-swe-agent/.env", ("OPENAI_API_BASE", "OPENAI_BASE_URL"), "missing  OPENAI_API_BASE"),
    ("hermes", ".hermes/config.yaml", ("max_tokens: 8192", "max_tokens: 65536"), "model/max_tokens: 65536"),
    ("goose", ".config/goose/config.yaml", ("GOOSE_MODEL: m1", "GOOSE_MODEL: m1\nGOOSE_MODE: chat"), "harms    GOOSE_MODE"),
    ("goose", ".config/goose/config.yaml", ("GOOSE_MODEL: m1", "GOOSE_MODEL: m1\nextensions:\n  developer:\n    enabled: false"),
     "extensions/developer/enabled"),
    ("goose", ".config/goose/config.yaml", ("GOOSE_MODEL: m1", "GOOSE_MODEL: m1\nGOOSE_STREAM_TIMEOUT: 9"),
     "placebo  GOOSE_STREAM_TIMEOUT"),
    ("goose", ".config/goose/custom_providers/offgrid.json", ('"timeout_seconds": 3600', '"timeout_seconds": 60'), "timeout_seconds: 60"),
    ("crush", ".config/crush/crush.json", ('"type": "openai-compat"', '"disable": true, "type": "openai-compat"'),
     "providers/offgrid/disable"),
)


class Check(Case):
    def test_every_gate_that_is_wrong_is_named(self):
        for client, place, (before, after), word in GATES:
            with self.subTest(client=client, wrong=after):
                self.connect(client)
                file = self.user / place
                self.assertIn(before, file.read_text())
                file.write_text(file.read_text().replace(before, after, 1))
                done = self.run_it("connect", client, "--check", *TARGET)
                self.assertIn(word, done.stdout)
                self.assertEqual(0 if "placebo" in word else 1, done.returncode, done.stdout)
                self.assertEqual(0, self.run_it("disconnect", client, "--force").returncode)
                shutil.rmtree(self.user)
                self.user.mkdir()

    def test_a_variable_or_a_file_of_the_project_that_counts_more_is_named(self):
        self.connect("goose")
        done = self.run_it("connect", "goose", "--check", *TARGET, env={"GOOSE_MODEL": "gpt"})
        self.assertEqual(1, done.returncode)
        self.assertIn("the environment (outweighs", done.stdout)
        self.connect("opencode")
        (self.user / "opencode.json").write_text('{"tools": {"write": false}}')
        done = self.run_it("connect", "opencode", "--check", *TARGET)
        self.assertEqual(1, done.returncode)
        self.assertIn("opencode.json (outweighs", done.stdout)

    def test_the_doctor_names_what_changed_since(self):
        self.connect("codex")
        file = self.user / ".codex/config.toml"
        file.write_text(file.read_text().replace("8093", "8094"))
        said = self.run_it("doctor", "--json").stdout
        found = [row for row in json.loads(said)["probes"] if row["id"] == "client.files"]
        self.assertEqual("fail", found[0]["verdict"])
        self.assertIn("base_url differs", found[0]["evidence"])


SCRIPT = """#!/bin/sh
echo "args $# [$*] $XDG_CONFIG_HOME"
case "$1" in
exit) exit "$2" ;;
wait) trap 'echo INT; exit 42' INT; trap 'echo TERM; exit 43' TERM; trap 'echo HUP; exit 44' HUP; echo ready
  i=0; while [ $i -lt 600 ]; do sleep 0.05; i=$((i + 1)); done ;;
esac
"""


def not_ignoring():
    """Who runs the tests behind `nohup` has SIGHUP ignored, and a shell cannot trap what it was started ignoring."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class Launch(Case):
    def setUp(self):
        super().setUp()
        programs = self.home.path / "bin"
        programs.mkdir()
        program = programs / "opencode"
        program.write_text(SCRIPT)
        program.chmod(0o755)
        self.env["PATH"] = f"{programs}{os.pathsep}{self.env['PATH']}"
        self.state = pathlib.Path(self.env["OFFGRID_STATE_DIR"])

    def folders(self):
        return sorted(f.name for f in self.state.glob("launch-*"))

    def start(self):
        """One that waits; it is ended whatever happens."""
        child = subprocess.Popen([PROGRAM, "launch", "opencode", *TARGET, "--", "wait"], env=self.env, stdout=subprocess.PIPE, text=True,
                                 start_new_session=True, preexec_fn=not_ignoring)
        self.addCleanup(child.stdout.close)
        self.addCleanup(self.end, child.pid)
        while child.stdout.readline() != "ready\n":
            pass
        return child

    def end(self, group):
        try:
            os.killpg(group, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def test_words_exit_status_and_the_end_of_its_folder(self):
        done = self.run_it("launch", "opencode", *TARGET, "--", "a", "b c", "--help")
        self.assertIn("args 3 [a b c --help]", done.stdout)
        self.assertIn(str(self.state), done.stdout)
        self.assertEqual(7, self.run_it("launch", "opencode", *TARGET, "--", "exit", "7").returncode)
        self.assertEqual([], self.folders())
        self.assertEqual({}, self.files())

    def test_what_is_not_there_is_named(self):
        for words in (("launch", "crush", *TARGET), ("launch", "any", *TARGET), ("launch", "any", *TARGET, "--", "./none")):
            done = self.run_it(*words)
            self.assertIn(done.returncode, (2, 3))
            self.assertRegex(done.stderr, "there is no program|which program")

    def test_a_signal_that_only_we_are_sent_reaches_the_program(self):
        for number, code in ((signal.SIGTERM, 43), (signal.SIGHUP, 44)):
            child = self.start()
            child.send_signal(number)
            self.assertEqual(code, child.wait(PATIENCE))
            self.assertEqual([], self.folders())

    def test_ctrl_c_belongs_to_the_program(self):
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(PROGRAM, [PROGRAM, "launch", "opencode", *TARGET, "--", "wait"], self.env)
        said, until = b"", time.monotonic() + PATIENCE
        try:
            while b"ready" not in said and time.monotonic() < until:
                said += os.read(terminal, 1000)
            os.write(terminal, b"\x03")
            self.assertEqual(42, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        finally:
            self.end(pid)
            os.close(terminal)
        self.assertEqual([], self.folders())

    def test_a_folder_whose_owner_was_killed_is_swept_up_once_nobody_uses_it(self):
        child = self.start()
        child.kill()
        child.wait(PATIENCE)
        left = self.folders()
        self.assertEqual(1, len(left))
        self.run_it("launch", "opencode", *TARGET)
        self.assertEqual(left, self.folders())  # the program is still there
        self.end(child.pid)
        until = time.monotonic() + PATIENCE
        while self.folders() and time.monotonic() < until:
            self.run_it("launch", "opencode", *TARGET)
        self.assertEqual([], self.folders())


if __name__ == "__main__":
    unittest.main()
