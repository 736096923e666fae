"""Answers that later requests go on from, from outside: whose they are, what outlives the server, and what a full disk costs."""

import contextlib
import json
import resource
import sqlite3
import unittest

from program import Home, Server

SCRIPT = {"context_tokens": 4096, "turns": [
    {"match": "count", "text": "one"},
    {"match": "count", "text": "two"},
    {"match": "big", "text": "x" * 200000},
    {"text": "Hello.", "repeat": True}]}
USER = {"role": "user", "content": "count"}


class Kept(unittest.TestCase):
    def setUp(self):
        self.home = Home()
        self.addCleanup(self.home.close)
        self.script = self.home.write("script.json", SCRIPT)

    def start(self, *args, **more):
        server = Server(self.home, "--script", self.script, *args, **more)
        self.addCleanup(lambda: server.child.poll() is None and server.stop())
        return server

    def ask(self, server, status=200, key=None, **body):
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        found, _, answer = server.request("POST", "/v1/responses", {"model": "script", **body}, headers)
        self.assertEqual(found, status, answer)
        return json.loads(answer)

    def text(self, answer):
        return answer["output"][0]["content"][0]["text"]

    def stored(self):
        path = self.home.path / "state" / "offgrid.db"
        with contextlib.closing(sqlite3.connect(path)) as db:
            return db.execute("SELECT count(*) FROM answer").fetchone()[0]

    def test_what_was_kept_outlives_the_server(self):
        first = self.start()
        answer = self.ask(first, input="count")
        self.assertEqual((self.text(answer), answer["store"]), ("one", True))
        first.stop()
        second = self.start()
        after = self.ask(second, input=[], previous_response_id=answer["id"])
        self.assertEqual(self.text(after), "two")

    def test_killed_it_has_kept_what_it_said_it_had(self):
        first = self.start()
        answer = self.ask(first, input="count")
        first.child.kill()
        first.child.communicate()
        self.assertEqual(self.text(self.ask(self.start(), input=[], previous_response_id=answer["id"])), "two")

    def test_a_chain_with_a_lost_link_is_told_in_the_vendors_words(self):
        server = self.start()
        first = self.ask(server, input="count")
        second = self.ask(server, input=[], previous_response_id=first["id"])
        self.assertEqual(server.request("DELETE", f"/v1/responses/{first['id']}")[0], 200)
        for path in ("/v1/responses", "/v1/responses/input_tokens"):
            status, _, body = server.request("POST", path, {"model": "script", "input": [], "previous_response_id": second["id"]})
            error = json.loads(body)["error"]
            self.assertEqual((status, error["code"], error["param"]), (400, "previous_response_not_found", "previous_response_id"), path)
            self.assertIn(f"Previous response with id '{first['id']}' not found", error["message"])

    def test_tokens_are_counted_with_what_is_kept(self):
        server = self.start()
        answer = self.ask(server, input="count " * 400)

        def tokens(**body):
            status, headers, found = server.request("POST", "/v1/responses/input_tokens", {"model": "script", "input": "on", **body})
            self.assertEqual(status, 200, found)
            return json.loads(found)["input_tokens"]

        alone = tokens()
        self.assertGreater(tokens(previous_response_id=answer["id"]), alone + 300)
        server.stop()
        far = self.start("--no-store")
        status, _, body = far.request("POST", "/v1/responses/input_tokens", {"model": "script", "input": "on", "previous_response_id": answer["id"]})
        self.assertEqual((status, json.loads(body)["error"]["code"]), (400, "previous_response_not_found"))

    def test_instructions_are_not_inherited(self):
        server = self.start()
        answer = self.ask(server, input="count", instructions="Speak like a pirate.")
        self.ask(server, input=[], previous_response_id=answer["id"])
        sent = self.home.run("trace", "last", "--json").stdout
        self.assertNotIn("pirate", sent)
        self.assertIn("from 1 earlier answers kept here", sent)

    def test_a_key_sees_its_own(self):
        keys = self.home.path / "keys"
        keys.touch(0o600)
        keys.write_text("secret-of-one\nsecret-of-two\n")
        server = self.start("--client-keys", str(keys))
        answer = self.ask(server, input="count", key="secret-of-one")
        refused = self.ask(server, input=[], previous_response_id=answer["id"], key="secret-of-two", status=400)
        self.assertEqual(refused["error"]["code"], "previous_response_not_found")
        for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/input_items"), ("POST", "/cancel")):
            status, _, _ = server.request(method, f"/v1/responses/{answer['id']}{path}", headers={"Authorization": "Bearer secret-of-two"})
            self.assertEqual(status, 404, (method, path))
        self.assertEqual(self.text(self.ask(server, input=[], previous_response_id=answer["id"], key="secret-of-one")), "two")
        self.assertNotIn(b"secret-of", (self.home.path / "state" / "offgrid.db").read_bytes())

    def test_without_a_store_the_error_names_the_option(self):
        server = self.start("--no-store")
        answer = self.ask(server, input="count")
        self.assertFalse(answer["store"])
        refused = self.ask(server, input=[], previous_response_id=answer["id"], status=400)
        self.assertEqual(refused["error"]["code"], "previous_response_not_found")
        self.assertIn("--no-store", json.dumps(refused))
        status, _, body = server.request("GET", f"/v1/responses/{answer['id']}")
        self.assertEqual(status, 404)
        self.assertIn(b"--no-store", body)

    def test_what_is_not_to_be_kept_is_not(self):
        server = self.start()
        self.ask(server, input="count", store=False)
        server.request("POST", "/v1/chat/completions", {"model": "script", "messages": [USER]})
        self.assertEqual(self.stored(), 0)
        self.ask(server, input="count", stream=False)
        self.assertEqual(self.stored(), 1)

    def test_a_full_disk_costs_only_the_keeping(self):
        """A limit on file size stands for a full disk."""
        server = self.start()
        kept = self.ask(server, input="count")
        limit = 64 * 1024
        resource.prlimit(server.child.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        answer = self.ask(server, input="big")
        self.assertEqual(len(self.text(answer)), 200000)
        self.assertFalse(answer["store"])
        resource.prlimit(server.child.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        self.assertGreaterEqual(server.metrics("unkept_total")[""], 1)
        self.assertEqual(self.text(self.ask(server, input=[], previous_response_id=kept["id"])), "two")
        self.ask(server, input="hello", previous_response_id=answer["id"], status=400)

    def test_an_upstream_that_knows_the_id_is_asked(self):
        far = self.start()
        near = Server(self.home, "--upstream", far.url, "--api", "responses", "--no-store")
        self.addCleanup(lambda: near.child.poll() is None and near.stop())
        answer = self.ask(far, input="count")
        self.assertEqual(self.text(self.ask(near, input=[], previous_response_id=answer["id"])), "two")
        other = Server(self.home, "--upstream", far.url, "--api", "openai", "--no-store")
        self.addCleanup(lambda: other.child.poll() is None and other.stop())
        refused = self.ask(other, input=[], previous_response_id=answer["id"], status=400)
        self.assertEqual(refused["error"]["param"], "previous_response_id")

    def test_every_upstream_is_told_the_whole_conversation(self):
        far = self.start("--no-store")
        for api in ("openai", "anthropic", "gemini", "ollama", "responses"):
            url = far.url if api in ("openai", "responses") else far.url.removesuffix("/v1")
            near = Server(self.home, "--upstream", url, "--api", api)
            answer = self.ask(near, input="count")
            self.assertEqual(self.text(self.ask(near, input=[], previous_response_id=answer["id"])), "two", api)
            near.stop()


if __name__ == "__main__":
    unittest.main()
