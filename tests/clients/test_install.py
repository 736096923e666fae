"""install.py with an npm that does as it is told: what is whole is kept, what was broken off is made anew, what is not what the lock
names is refused, and a missing network is named."""

import json
import os
import pathlib
import stat
import tempfile
import unittest

import install

CLIENT = "pi"
LOCKED = json.loads(install.lock_of(CLIENT).read_text())["packages"]
SOME = next(path for path in LOCKED if path)


class Install(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = pathlib.Path(folder.name)
        before = dict(os.environ)
        self.addCleanup(lambda: (os.environ.clear(), os.environ.update(before)))
        os.environ.update(OFFGRID_CACHE_DIR=str(self.home / "cache"), PATH=f"{self.home}{os.pathsep}{os.environ['PATH']}")
        node = install.place_of(install.NODE) / "node_modules" / "node-some" / "bin" / "node"
        node.parent.mkdir(parents=True)
        node.touch()

    def npm(self, does, integrity=LOCKED[SOME]["integrity"], command="exit 0"):
        """An npm that notes that it ran, leaves what npm leaves and a program that does `command`, and then does this."""
        left = json.dumps({"packages": {SOME: {"version": "1", "integrity": integrity}}})
        program = self.home / "npm"
        program.write_text(f"#!/bin/sh\necho ran >>{self.home}/ran\nmkdir -p node_modules\n"
                           f"cat >node_modules/.package-lock.json <<'END'\n{left}\nEND\nmkdir -p node_modules/.bin\n"
                           f"printf '#!/bin/sh\\n{command}\\n' >node_modules/.bin/pi\nchmod +x node_modules/.bin/pi\n{does}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    def runs(self):
        return len((self.home / "ran").read_text().split())

    def test_it_is_installed_once(self):
        self.npm("true")
        self.assertEqual(install.ensure(CLIENT), install.ensure(CLIENT))
        self.assertEqual(1, self.runs())

    def test_one_that_was_broken_off_is_made_anew(self):
        self.npm("touch rubbish; echo broken >&2; exit 1")
        with self.assertRaisesRegex(install.Missing, "could not be installed\nbroken"):
            install.ensure(CLIENT)
        self.npm("true")
        self.assertFalse((install.ensure(CLIENT) / "rubbish").exists())

    def test_one_that_does_not_start_is_none(self):
        self.npm("true", command="echo no binary for this system; exit 1")
        with self.assertRaisesRegex(install.Missing, "no binary for this system"):
            install.ensure(CLIENT)
        self.assertFalse((install.place_of(CLIENT) / "WHOLE").exists())

    def test_a_bare_binary_is_started_by_the_name_that_its_users_type(self):
        self.npm("echo '{\"packages\": {}}' >node_modules/.package-lock.json\n"
                 "mkdir -p node_modules/@aaif/goose-binary-some/bin\n"
                 "mv node_modules/.bin/pi node_modules/@aaif/goose-binary-some/bin/goose")
        place = install.ensure("goose")
        self.assertEqual(place / "node_modules" / "@aaif" / "goose-binary-some" / "bin" / "goose",
                         (install.bin_of("goose") / "goose").resolve())

    def test_a_missing_network_is_named(self):
        self.npm("echo 'npm error code EAI_AGAIN' >&2; exit 1")
        with self.assertRaisesRegex(install.Missing, "pi is not installed here and there is no network"):
            install.ensure(CLIENT)

    def test_what_is_not_what_the_lock_names_is_refused(self):
        self.npm("true", integrity="sha512-other")
        with self.assertRaisesRegex(install.Missing, "is not what .* names"):
            install.ensure(CLIENT)
        self.assertFalse((install.place_of(CLIENT) / "WHOLE").exists())

    def test_every_program_has_a_lock_that_names_no_registry(self):
        for name in install.PROGRAMS:
            with self.subTest(name):
                self.assertNotIn('"resolved"', install.lock_of(name).read_text())
                self.assertIn(install.PROGRAMS[name].version, install.lock_of(name).read_text())


if __name__ == "__main__":
    unittest.main()
