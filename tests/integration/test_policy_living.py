"""Living with a policy: quick edits with an end, hits of rules, tests in the text, and asking what would happen."""

import json
import os
import unittest

from support import tool
from support.case import SluiceTestCase
from support.daemon import ALLOW_LOOPBACK
from support.origin import reply
from support.waiting import eventually

TESTED = """deny host .bet.example during mon-fri 08:00-18:00 id work
allow to 127.0.0.0/8, ::1 id inside
deny to local, self id guard
allow id rest
test "at work" { at "tue 10:00" url http://www.bet.example/ expect deny by work }
test "on Sunday" { at "sun 10:00" to 192.0.2.1 url http://www.bet.example/ expect allow by rest }
"""


class Living(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.origin = self.start_origin()
        self.origin.default = lambda _: reply(body=b"x")

    def rules(self, *arguments):
        return {rule["id"]: rule for rule in self.daemon.tool("policy", *arguments, "-o", "json").json()["rules"]}

    def file(self, text):
        path = os.path.join(self.scratch(), "policy.sluice")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_quick_edits_end_and_only_log(self):
        self.daemon = self.start_daemon()
        url = self.origin.url("/x")
        added = self.daemon.tool("policy", "deny", "127.0.0.1", "--shadow", "--for", "2h", "-m", "trial").out
        self.assertRegex(added, r'deny to 127\.0\.0\.1 until \d{4}-\d\d-\d\d \d\d:\d\d shadow reason "trial"')
        self.assertEqual(self.get(self.daemon, url).status, 200)
        line = eventually(lambda: [json.loads(one) for one in self.daemon.log_lines()], "a line of the log")[-1]
        self.assertEqual((line["verdict"], line["shadow_verdict"]), ("allow", "deny"))
        self.daemon.tool("policy", "deny", "127.0.0.1", "--during", "2020-01-01", "-m", "long ago")
        self.assertEqual(self.get(self.daemon, url).status, 200)
        self.daemon.tool("policy", "deny", "127.0.0.1", "--during", "daily")
        self.assertEqual(self.get(self.daemon, url).status, 403)

    def test_hits_are_counted_by_rule_and_survive_restarts_and_edits(self):
        self.daemon = self.start_daemon(policy="deny path /closed id closed\nset response field X-A \"b\" id field\n"
                                        "deny path /open shadow id future\n" + ALLOW_LOOPBACK)
        for _ in range(3):
            self.get(self.daemon, self.origin.url("/closed"))
        self.get(self.daemon, self.origin.url("/open"))
        self.assertEqual(self.rules("list")["closed"]["hits"], 3)
        self.assertEqual(self.rules("list")["future"]["hits"], 1)
        self.assertEqual(self.rules("list")["field"]["hits"], 1)
        self.assertGreater(self.rules("list")["closed"]["last_hit"], 1.7e9)
        self.daemon.tool("policy", "deny", "other.example")
        self.get(self.daemon, self.origin.url("/closed"))
        self.assertEqual(self.rules("list")["closed"]["hits"], 4)
        self.daemon.restart()
        self.assertEqual(self.rules("list")["closed"]["hits"], 4)
        self.get(self.daemon, self.origin.url("/closed"))
        self.assertEqual(self.rules("list")["closed"]["hits"], 5)
        unused = self.rules("unused")
        self.assertNotIn("closed", unused)
        self.assertIn("other.example", json.dumps(unused))
        self.assertNotIn("closed", self.rules("unused", "--since", "1d"))

    def test_rules_about_a_host(self):
        self.daemon = self.start_daemon(policy="deny host .a.example id a\ndeny host b.example id b\ndeny port 1 id p\n"
                                        "deny not host c.example port 2 id n\n"
                                        "deny host b.example during mon 10:00-10:05 UTC id t\n"
                                        "deny host b.example until 2020-01-01 id u\n"
                                        "deny to 10.0.0.0/8 id to\ndeny to 192.168.0.0/16 id other\n"
                                        "deny during sat, sun id weekend\nallow id rest\n")
        self.assertEqual(set(self.rules("list", "--match", "www.a.example")), {"a", "rest"})
        self.assertEqual(set(self.rules("list", "--match", "b.example")), {"b", "t", "u", "rest"})
        self.assertEqual(set(self.rules("list", "--match", "10.0.0.1")), {"to", "rest"})
        self.daemon.tool("policy", "list", "--match", "a b", expect=tool.USAGE)

    def test_tests_in_the_text_guard_it(self):
        self.daemon = self.start_daemon(policy=TESTED)
        done = self.daemon.tool("policy", "test-all")
        self.assertIn("2 of 2 tests passed", done.out)
        self.assertIn("no test for: inside, guard", done.out)
        broken = self.file(TESTED.replace("mon-fri", "sat-sun"))
        failed = self.daemon.tool("policy", "test-all", "--policy", broken, expect=tool.DIFFERENT)
        self.assertIn("expected deny, got", failed.out)
        refused = self.daemon.tool("policy", "apply", broken, expect=tool.INVALID_POLICY)
        self.assertIn('the test "at work" failed', refused.error)
        self.daemon.tool("policy", "check", broken, expect=tool.INVALID_POLICY)
        checked = self.daemon.tool("policy", "check", self.file(TESTED))
        self.assertIn("2 tests passed", checked.out)
        self.assertRegex(checked.out, r"connection\s+work")
        applied = self.daemon.tool("policy", "apply", self.file("deny path /z\n" + TESTED))
        self.assertIn("2 of 2 tests passed", applied.out)

    def test_what_would_happen_when_and_to_what(self):
        self.daemon = self.start_daemon(policy=TESTED)
        ask = lambda *arguments, **options: self.daemon.tool("policy", "test", *arguments, **options)
        denied = ask("http://www.bet.example/", "--at", "tue 10:00", expect=tool.DIFFERENT)
        self.assertIn("DENY", denied.out)
        self.assertIn("at connection: deny by work", denied.out)
        ask("http://www.bet.example/", "--at", "sun 10:00", "--to", "192.0.2.1")
        self.daemon.tool("policy", "deny", "new.example")
        ask("http://new.example/", expect=tool.DIFFERENT)
        ask("http://new.example/", "--as-of", "v1")
        file = self.file('deny type image/*\ndeny field User-Agent ~ "curl"\nstrip query in log\nallow\n')
        offline = lambda *arguments, **options: ask("http://a.example/", "--policy", file, *arguments, **options)
        self.assertIn("setting: strip query in log", offline().out)
        offline("--field", "User-Agent: curl/8", "--status", "200", expect=tool.DIFFERENT)
        offline("--field", "User-Agent: x", "--status", "200", "--type", "image/png", expect=tool.DIFFERENT)
        offline("--field", "User-Agent: x", "--status", "200", "--type", "text/html")
        ask(expect=tool.USAGE)

    def test_many_requests_at_once(self):
        self.daemon = self.start_daemon(policy=TESTED)
        batch = "# a batch\nhttp://www.bet.example/\n\nCONNECT a.example:443 10.0.0.1\nhttp://b.example/ 10.0.0.2\n"
        done = self.daemon.tool("policy", "test", "-f", "-", "--at", "tue 10:00", "--to", "192.0.2.1", stdin=batch,
                                expect=tool.DIFFERENT)
        self.assertEqual(done.out.splitlines()[0].split()[0], "DENY")
        self.assertIn("3 requests: 2 allowed, 1 denied", done.out)
        file = self.file("allow\n")
        done = self.daemon.tool("policy", "test", "-f", "-", "--policy", file, "-o", "json", stdin=batch)
        *answers, last = [json.loads(line) for line in done.out.splitlines()]
        self.assertEqual([answer["verdict"] for answer in answers], ["allow"] * 3)
        self.assertEqual(last["summary"], {"requests": 3, "allowed": 3, "denied": 0, "undecided": 0, "unreadable": 0})
        self.daemon.tool("policy", "test", "-f", "-", "--policy", file, stdin="://\n", expect=tool.USAGE)

    def test_a_batch_says_what_a_single_request_is_told(self):
        file = self.file("deny host .a.example shadow id first\ndeny to 10.0.0.0/8 id inner\nallow id rest\n")
        daemon = self.start_daemon()
        batch = "http://www.a.example/\nhttp://b.example/#top\n://\n"

        def ask(*arguments, **options):
            return daemon.tool("policy", "test", *arguments, "--policy", file, **options).out
        text = ask("-f", "-", stdin=batch, expect=tool.USAGE).splitlines()
        self.assertEqual(text[0], "ALLOW  http://www.a.example/  by rest  unless inner matches  "
                                  "shadow: first would have said deny")
        self.assertEqual(text[-1], "3 requests: 2 allowed, 0 denied; 2 of them hang on what was not said; 1 not understood")
        *answers, bad, last = [json.loads(line) for line in ask("-f", "-", "-o", "json", stdin=batch,
                                                                expect=tool.USAGE).splitlines()]
        self.assertEqual(answers, [json.loads(ask(url, "-o", "json")) for url in ("http://www.a.example/", "http://b.example/")])
        self.assertEqual((answers[0]["verdict"], answers[0]["otherwise"], answers[0]["waits_for"], answers[0]["version"]),
                         ("undecided", "allow", ["inner"], 0))
        self.assertEqual((bad["url"], last["summary"]["undecided"], last["summary"]["unreadable"]), ("://", 2, 1))
        self.assertNotIn("policy v", ask("http://b.example/"))
        for wrong in (("--type", "image/png"), ("--status", "1000")):
            ask("http://b.example/", *wrong, expect=tool.USAGE)


if __name__ == "__main__":
    unittest.main()
