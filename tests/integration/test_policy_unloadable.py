"""A start without a policy that can be loaded: closed by default, or none at all (`policy.unloadable`)."""

import json
import os
import subprocess
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

    def expect_refused(self, daemon, status=3):
        self.assertEqual(daemon.process.wait(20), status)
        daemon._reader.join(5)
        daemon.process.stderr.close()
        daemon.process = None

    def test_a_file_that_is_gone_is_no_first_start(self):
        daemon = self.start_daemon(policy=ALLOW_LOOPBACK)
        daemon.tool("policy", "deny", "a.example")
        daemon.stop()
        os.unlink(daemon.policy_file)
        check = subprocess.run(daemon.command() + ["--check"], capture_output=True, text=True, timeout=20)
        self.assertEqual(check.returncode, 3, check.stderr)
        self.assertIn("it is gone", check.stderr)
        daemon.start()
        self.expect_closed(daemon)
        self.assertFalse(os.path.exists(daemon.policy_file), "nothing is made up in its place")
        alarm = daemon.tool("status", "-o", "json").json()["policy"]["alarm"]
        self.assertIn("policy rollback v2", alarm)
        daemon.tool("policy", "rollback", "v2")
        self.expect_open(daemon, 3)
        with open(daemon.policy_file, encoding="utf-8") as file:
            self.assertIn("a.example", file.read())

    def test_a_file_that_is_gone_can_refuse_the_start(self):
        daemon = self.start_daemon({"policy.unloadable": "refuse"})
        daemon.stop()
        os.unlink(daemon.policy_file)
        daemon.start(ready=False)
        self.expect_refused(daemon)
        self.assertIn("policy rollback v1", daemon.tail())
        self.assertIn("policy.unloadable=closed", daemon.tail())
        self.assertFalse(os.path.exists(daemon.policy_file))

    def test_a_file_that_the_configuration_names_is_not_made(self):
        daemon = self.prepare_daemon(policy=None)
        path = daemon.settings["policy.file"] = self.scratch() + "/typo.sluice"
        daemon.start()
        self.expect_closed(daemon)
        self.assertFalse(os.path.exists(path))
        check = subprocess.run(daemon.command() + ["--check"], capture_output=True, text=True, timeout=20)
        self.assertEqual(check.returncode, 3, check.stderr)
        daemon.tool("policy", "apply", self.write(ALLOW_LOOPBACK))
        self.expect_open(daemon, 1)
        self.assertTrue(os.path.exists(path))

    def test_or_it_does_not_start(self):
        daemon = self.start_daemon({"policy.unloadable": "refuse"}, policy=BROKEN, ready=False)
        self.expect_refused(daemon)
        self.assertIn("unknown statement `dney`", daemon.tail())


if __name__ == "__main__":
    unittest.main()
