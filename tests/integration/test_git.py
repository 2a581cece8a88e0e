"""git over HTTP through the gateway: `git http-backend` behind an origin, and the dumb protocol."""

import os
import subprocess
import unittest

from support.case import SluiceTestCase
from support.files import FileOrigin
from support.origin import reply

IDENTITY = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0", "HOME": os.devnull,
            "GIT_AUTHOR_NAME": "Test", "GIT_AUTHOR_EMAIL": "test@example.org", "GIT_COMMITTER_NAME": "Test",
            "GIT_COMMITTER_EMAIL": "test@example.org"}


class Git(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.require("git")
        self.projects = self.scratch()
        self.bare = os.path.join(self.projects, "project.git")
        self.source = os.path.join(self.scratch(), "source")
        self.git("init", "--quiet", "--initial-branch=main", self.source)
        for number in range(30):
            with open(os.path.join(self.source, f"file{number}"), "wb") as file:
                file.write(os.urandom(50000))
        self.commit("first")
        self.git("clone", "--quiet", "--bare", self.source, self.bare)
        self.git("-C", self.bare, "config", "http.receivepack", "true")

    def git(self, *arguments, **options):
        return self.run_program("git", *arguments, environment=IDENTITY, **options).stdout.decode()

    def commit(self, message, folder=None):
        self.git("-C", folder or self.source, "add", "-A")
        self.git("-C", folder or self.source, "commit", "--quiet", "-m", message)

    def head(self, folder):
        return self.git("-C", folder, "rev-parse", "HEAD").strip()

    def cgi(self, exchange):
        """RFC 3875 for one program."""
        target, _, query = exchange.request.target.partition("?")
        fields = exchange.fields
        environment = {**os.environ, **IDENTITY, "GIT_PROJECT_ROOT": self.projects, "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": target,
                       "QUERY_STRING": query, "REQUEST_METHOD": exchange.request.method, "REMOTE_ADDR": "127.0.0.1",
                       "CONTENT_TYPE": fields.get("Content-Type", ""), "CONTENT_LENGTH": str(len(exchange.request.body)),
                       "HTTP_CONTENT_ENCODING": fields.get("Content-Encoding", ""), "GIT_PROTOCOL": fields.get("Git-Protocol", "")}
        done = subprocess.run(["git", "http-backend"], input=exchange.request.body, capture_output=True, env=environment, check=True)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        pairs = [tuple(line.split(": ", 1)) for line in head.decode().split("\r\n")]
        status = next((int(value.split()[0]) for name, value in pairs if name == "Status"), 200)
        return reply(status, content, [pair for pair in pairs if pair[0] != "Status"], "Text")

    def smart_origin(self):
        origin = self.start_origin()
        origin.default = self.cgi
        return origin

    def test_clone_fetch_and_push(self):
        daemon, origin = self.start_daemon(), self.smart_origin()
        through = ["-c", f"http.proxy={daemon.proxy}"]
        clone = os.path.join(self.scratch(), "clone")
        self.git(*through, "clone", "--quiet", origin.url("/project.git"), clone)
        self.assertEqual(self.head(clone), self.head(self.source))
        self.git("-C", clone, "fsck", "--strict")

        with open(os.path.join(clone, "large"), "wb") as file:
            file.write(os.urandom(3 << 20))  # above http.postBuffer: git uploads in chunks
        self.commit("second", clone)
        self.git("-C", clone, *through, "push", "--quiet", "origin", "main")
        self.assertEqual(self.head(self.bare), self.head(clone))

        other = os.path.join(self.scratch(), "other")
        self.git(*through, "clone", "--quiet", "--depth", "1", origin.url("/project.git"), other)
        self.assertEqual(self.head(other), self.head(clone))
        self.assertTrue(all("Via" in request.fields for request in origin.requests), "everything went through the gateway")

    def test_dumb_clones_twice_and_the_second_is_from_the_cache(self):
        self.git("-C", self.bare, "update-server-info")
        daemon = self.start_daemon()
        origin = FileOrigin(self.projects)
        self.addCleanup(origin.close)
        counts = []
        for number in range(2):
            clone = os.path.join(self.scratch(), str(number))
            self.git("-c", f"http.proxy={daemon.proxy}", "clone", "--quiet", origin.url("/project.git"), clone,
                     timeout=120)
            self.assertEqual(self.head(clone), self.head(self.source))
            counts.append(origin.count())
        packs = [target for target, count in origin.by_target().items() if target.endswith(".pack") and count > 1]
        self.assertEqual(packs, [], "packs come from the store the second time")
        self.assertGreater(counts[0], 0)


if __name__ == "__main__":
    unittest.main()
