"""A start without a policy that can be loaded: closed by default, or none at all (`policy.unloadable`)."""

import json
import os
import unittest

from support.case import SluiceTestCase
from support.daemon import ALLOW_LOOPBACK
from support.metrics import Metrics
from support.origin import reply
from support.tool import INVALID_POLICY
from support.waiting import eventually

BROKEN = "dney everything\n" + ALLOW_LOOPBACK


class Unloadable(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.origin = self.start_origin()
        self.origin.default = lambda _: reply(body=b"x")

    def expect_closed(self, daemon):
        with self.connect(daemon) as client:
            for _ in range(2):
                answer = client.request(self.origin.url("/"))
                self.assertEqual(answer.status, 403)
                self.assertIn(b"no policy that it could load", answer.body)
            self.assertEqual(client.connect_to(self.origin.authority).status, 403)
        self.assertEqual(self.origin.count("/"), 0)
        status = daemon.tool("status", "-o", "json").json()["policy"]
        self.assertEqual((status["version"], status["rules"]), (0, 1))
        self.assertIn("every request is denied", status["alarm"])
        self.assertIn("ALARM", daemon.tool("status").out)
        self.assertEqual(Metrics.of(daemon).total("sluice_policy_alarms"), 1)

    def expect_open(self, daemon, version):
        self.assertEqual(self.get(daemon, self.origin.url("/open")).status, 200)
        status = daemon.tool("status", "-o", "json").json()["policy"]
        self.assertEqual((status["version"], status["alarm"]), (version, ""))
        self.assertEqual(Metrics.of(daemon).total("sluice_policy_alarms"), 0)

    def write(self, text):
        path = self.scratch() + "/good.sluice"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_it_is_closed_until_a_policy_is_applied(self):
        daemon = self.start_daemon(policy=BROKEN)
        daemon.wait_for_line("policy.sluice:1:1: error: unknown statement `dney`")
        daemon.wait_for_line("ALARM: every request is denied")
        self.expect_closed(daemon)
        with open(daemon.policy_file, encoding="utf-8") as file:
            self.assertEqual(file.read(), BROKEN, "the text is left for its author to mend")
        line = json.loads(eventually(daemon.log_lines, "lines")[0])
        self.assertEqual((line["verdict"], line["rule"]), ("deny", "no-policy"))
        daemon.tool("policy", "allow", "a.example", expect=INVALID_POLICY)
        daemon.tool("policy", "reload", expect=INVALID_POLICY)
        self.assertIn("rolled back to", daemon.tool("policy", "apply", self.write(ALLOW_LOOPBACK), "--confirm", "5m",
                                                    expect=None).error)
        self.expect_closed(daemon)
        out = daemon.tool("policy", "apply", self.write(ALLOW_LOOPBACK)).out
        self.assertIn("as policy v1", out)
        self.assertNotIn("undo", out)
        self.expect_open(daemon, 1)
        daemon.restart()
        self.expect_open(daemon, 1)

    def test_it_opens_by_a_reload_of_the_mended_file(self):
        daemon = self.start_daemon(policy=BROKEN)
        daemon.write_policy(ALLOW_LOOPBACK)
        daemon.tool("policy", "reload")
        self.expect_open(daemon, 1)

    def test_it_opens_by_a_rollback_to_a_version_that_was_good(self):
        daemon = self.start_daemon()
        daemon.stop()
        daemon.write_policy(BROKEN)
        daemon.start()
        self.expect_closed(daemon)
        daemon.tool("policy", "rollback", "v1")
        self.expect_open(daemon, 2)

    def test_a_file_that_cannot_be_read_is_no_policy(self):
        daemon = self.prepare_daemon(policy=None)
        os.mkdir(daemon.policy_file)
        daemon.start()
        self.expect_closed(daemon)

    def test_or_it_does_not_start(self):
        daemon = self.start_daemon({"policy.unloadable": "refuse"}, policy=BROKEN, ready=False)
        self.assertEqual(daemon.process.wait(20), 3)
        daemon._reader.join(5)
        self.assertIn("unknown statement `dney`", daemon.tail())
        daemon.process.stderr.close()
        daemon.process = None


if __name__ == "__main__":
    unittest.main()
