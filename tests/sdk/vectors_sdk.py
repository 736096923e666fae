"""Vectors of texts through the official clients: a base for each of their files. The model is a generated one behind `offgrid serve`."""

import math
import os
import pathlib
import subprocess

from program import Home, Server

TEXTS = ["hello", "the name is 10", "ä — 😀"]


class Vectors:
    """What each client must get; `embed` and `connect` are its own."""

    @classmethod
    def setUpClass(cls):
        cls.home = Home()
        cls.model = str(pathlib.Path(cls.home.path) / "vectors.gguf")
        subprocess.run([os.environ["MKTINY"], cls.model, "--arch", "bert", "--pooling", "cls", "--ctx", "64"], check=True)
        cls.server = Server(cls.home, "--model", cls.model)
        cls.client = cls.connect(f"http://127.0.0.1:{cls.server.port}")

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.home.close()

    def assert_close(self, some, others):
        self.assertEqual([len(v) for v in some], [len(v) for v in others])
        for one, other in zip(some, others):
            for x, y in zip(one, other):
                self.assertAlmostEqual(x, y, delta=5e-4)

    def test_vectors(self):
        vectors = self.embed(TEXTS)
        self.assertEqual([len(v) for v in vectors], [64] * len(TEXTS))
        for vector in vectors:
            self.assertAlmostEqual(math.sqrt(sum(x * x for x in vector)), 1, 5)
        self.assert_close(self.embed(TEXTS[:1]), vectors[:1])

    def test_fewer_dimensions(self):
        self.assertEqual([len(v) for v in self.embed(TEXTS, 16)], [16] * len(TEXTS))
