"""What a policy would have said to the exchanges of the past, and what it did say to one of them."""

import json
import os
import unittest

from support.case import SluiceTestCase
from support.client import Client
from support.origin import reply
from support.waiting import eventually

POLICY = """allow to 127.0.0.0/8, ::1
deny host .ads.example reason "advertising"
allow
"""
CANDIDATE = """deny path /games reason "HR-231"
allow to 127.0.0.0/8, ::1
allow
"""


class Replay(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.origin = self.start_origin()
        self.daemon = self.start_daemon(policy=POLICY)
        for path in ("/games/1", "/games/2", "/news"):
            self.get(self.daemon, self.origin.on(path, reply(body=b"x", fields={"Cache-Control": "max-age=60"})))
        self.get(self.daemon, self.origin.url("/news"))  # a hit
        self.denied = self.get(self.daemon, "http://x.ads.example/", {"Accept": "application/json"})
        with Client(self.daemon.port) as client:
            client.connect_to(self.origin.authority)
        eventually(lambda: len(self.daemon.log_lines()) == 6, lambda: "\n".join(self.daemon.log_lines()))
        self.candidate = os.path.join(self.scratch(), "candidate.sluice")
        with open(self.candidate, "w", encoding="ascii") as file:
            file.write(CANDIDATE)

    def test_the_log_holds_the_facts_of_each_decision(self):
        named = self.origin.on("/named", reply(body=b"x", fields={"Cache-Control": "max-age=60"})).replace("127.0.0.1", "localhost")
        for _ in range(2):
            self.get(self.daemon, named)
        eventually(lambda: len(self.daemon.log_lines()) == 8, "two lines more")
        hit = json.loads(self.daemon.log_lines()[-1])
        self.assertEqual(hit["cache"], "hit")
        self.assertEqual((hit["to"], hit["mode"]), ("127.0.0.1", "explicit"))
        self.assertEqual(hit["listener"], f"127.0.0.1:{self.daemon.port}")

    def test_replay(self):
        done = self.daemon.tool("policy", "replay", self.candidate, "-o", "json", expect=1).json()
        self.assertEqual((done["judged"], done["newly_denied"], done["newly_allowed"], done["undecided"]), (6, 2, 1, 0))
        self.assertEqual([(group["host"], group["exchanges"]) for group in done["denied"]], [("127.0.0.1", 2)])
        self.assertEqual([group["host"] for group in done["allowed"]], ["x.ads.example"])
        text = self.daemon.tool("policy", "replay", self.candidate, "--since", "1h", expect=1).out
        for words in ("6 exchanges", "newly denied 2", "newly allowed 1", "x.ads.example"):
            self.assertIn(words, text)

    def test_a_log_of_another_format_is_an_error(self):
        logs = {"squid": b"1764000030.123    12 127.0.0.1 TCP_MISS/200 120 GET http://a.example/ - HIER_DIRECT/127.0.0.1 -\n" * 3,
                "random": bytes(range(256)) * 20 + b"\n"}
        for name, octets in logs.items():
            log = os.path.join(self.scratch(), name)
            with open(log, "wb") as file:
                file.write(octets)
            done = self.daemon.tool("policy", "replay", self.candidate, "--log", log, expect=2)
            self.assertIn(f"{log}: {octets.count(10)} lines, of which none can be read: this is no access log in JSON", done.error)
            with open(self.daemon.access_log, "rb") as file:
                octets += file.read()
            with open(log, "wb") as file:
                file.write(octets)
            done = self.daemon.tool("policy", "replay", self.candidate, "--log", log, expect=1)
            self.assertIn(" lines that cannot be read\n", done.out)
            self.assertIn("6 exchanges", done.out)

    def test_the_policy_in_force_says_what_it_said(self):
        version = self.daemon.tool("policy", "list", "-o", "json").json()["version"]
        done = self.daemon.tool("policy", "replay", f"v{version}", "-o", "json").json()
        self.assertEqual((done["judged"], done["same"]), (6, 6))

    def test_without_a_daemon(self):
        log = os.path.join(self.daemon.state, "access.log")
        self.daemon.stop()
        done = self.daemon.tool("policy", "replay", self.candidate, "--log", log, "-o", "json", expect=1).json()
        self.assertEqual(done["judged"], 6)
        self.daemon.tool("policy", "replay", self.candidate, "--log", log + ".none", expect=2)
        self.daemon.tool("policy", "replay", self.candidate, expect=4)

    def test_diff_says_what_the_change_would_have_meant(self):
        done = self.daemon.tool("policy", "diff", self.candidate, expect=1)
        self.assertIn("newly denied 2", done.out)
        self.assertEqual(self.daemon.tool("policy", "diff", self.candidate, "-o", "json", expect=1).json()["replay"]["judged"], 6)

    def test_explain(self):
        identity = json.loads(self.denied.body)["request_id"]
        done = self.daemon.tool("policy", "explain", identity, expect=1)
        self.assertIn("deny host .ads.example", done.out)
        self.assertIn("advertising", done.out)
        # What was decided under an older version is explained by that one.
        self.daemon.tool("policy", "remove", self.daemon.tool("policy", "list", "-o", "json").json()["rules"][1]["id"])
        self.assertIn("DENY", self.daemon.tool("policy", "explain", identity, expect=1).out)
        self.assertIn("ALLOW", self.daemon.tool("policy", "explain", identity, "--policy", self.candidate).out)
        found = json.loads(self.daemon.log_lines()[0])
        explained = self.daemon.tool("policy", "explain", found["id"], "-o", "json").json()
        self.assertEqual(explained["logged"]["rule"], explained["rule_id"])
        self.daemon.tool("policy", "explain", "0" * 16, expect=1)

    def test_what_the_log_has_is_used_and_what_it_lacks_is_said(self):
        policy = """strip query in log
deny query debug id Q
deny field User-Agent ~ "^Evil" id UA
deny type text/plain path /ty id TY
allow to 127.0.0.0/8, ::1 id A
deny id D
"""
        daemon = self.start_daemon(policy=policy)
        for path in ("/x", "/ty"):
            self.origin.on(path, reply(body=b"x", fields={"Content-Type": "text/plain"}))
        self.get(daemon, self.origin.url("/x?debug=1"))
        self.get(daemon, self.origin.url("/x?other=1"))
        self.get(daemon, self.origin.url("/x"), {"User-Agent": "Evil/1"})
        self.get(daemon, self.origin.url("/ty"))
        self.get(daemon, self.origin.url("/x"))
        eventually(lambda: len(daemon.log_lines()) == 5, lambda: "\n".join(daemon.log_lines()))
        lines = [json.loads(line) for line in daemon.log_lines()]
        self.assertEqual([line["rule"] for line in lines], ["Q", "A", "UA", "TY", "A"])
        self.assertEqual([line.get("query") for line in lines], ["stripped", "stripped", None, None, None])
        for line, by_log in zip(lines, (True, False, False, True, False)):
            is_denied = line["verdict"] == "deny"
            found = daemon.tool("policy", "explain", line["id"], "-o", "json", expect=1 if is_denied else 0).json()
            self.assertEqual((found["otherwise"], found["rule_id"], found["decided_by_log"]), (line["verdict"], line["rule"], by_log))
        text = daemon.tool("policy", "explain", lines[3]["id"], expect=1).out
        self.assertIn("The log says: by TY; what that rule asks for is not in the log.", text)
        version = daemon.tool("policy", "list", "-o", "json").json()["version"]
        done = daemon.tool("policy", "replay", f"v{version}", "-o", "json").json()
        self.assertEqual((done["same"], done["undecided"], done["newly_denied"], done["newly_allowed"]), (2, 3, 0, 0))

    def test_the_first_rule_that_holds_is_logged_and_counted_although_the_verdict_needed_no_address(self):
        daemon = self.start_daemon(policy="""allow to 127.0.0.1, ::1 host localhost id ok
allow type image/* id picture
deny to 127.0.0.1 host localhost path /closed id never
allow id rest
""")
        self.origin.on("/picture", reply(body=b"x", fields={"Content-Type": "image/png", "Cache-Control": "max-age=60"}))
        named = self.origin.on("/named", reply(body=b"x", fields={"Cache-Control": "max-age=60"})).replace("127.0.0.1", "localhost")
        urls = [named, named, self.origin.url("/picture"), self.origin.url("/picture"), self.origin.url("/news")]
        for url in urls:
            self.assertEqual(self.get(daemon, url).status, 200)
        with Client(daemon.port) as client:
            client.connect_to(f"localhost:{self.origin.port}")
        lines = [json.loads(line) for line in eventually(lambda: len(daemon.log_lines()) == 6 and daemon.log_lines(), "all lines")]
        self.assertEqual([line["rule"] for line in lines], ["ok", "ok", "picture", "picture", "rest", "ok"])
        self.assertEqual([line["cache"] for line in lines[:4]], ["miss", "hit", "miss", "hit"])
        for line in lines:
            found = daemon.tool("policy", "explain", line["id"], "-o", "json").json()
            self.assertEqual((found["rule_id"], found["verdict"]), (line["rule"], "allow"))
        hits = {rule["id"]: rule["hits"] for rule in daemon.tool("policy", "list", "-o", "json").json()["rules"]}
        self.assertEqual((hits["ok"], hits["picture"], hits["rest"]), (3, 2, 1))
        said = daemon.tool("policy", "test", "http://localhost.example/").out
        self.assertIn("picture would say the same: what it asks for is not known", said)

    def test_what_the_policy_changes_is_judged_and_logged_as_it_came(self):
        policy = """set request field User-Agent "gateway"
remove request field Referer
set response field Content-Type "text/plain"
deny field User-Agent ~ "^Late" to 127.0.0.0/8, ::1 id ADDR
deny field User-Agent ~ "^Evil" status 200 id UA
deny field Referer ~ "games" path /late status 200 id REF
deny type image/png path /type id TYPE
allow to 127.0.0.0/8, ::1 id A
deny id D
"""
        daemon = self.start_daemon(policy=policy)
        for path in ("/x", "/late", "/type"):
            self.origin.on(path, reply(body=b"x", fields={"Content-Type": "image/png" if path == "/type" else "text/html"}))
        requests = (("/x", {"User-Agent": "Good/1", "Referer": "http://a.example/"}), ("/x", {"User-Agent": "Evil/1"}),
                    ("/late", {"Referer": "http://games.example/"}), ("/type", {}))
        for path, fields in requests:
            self.get(daemon, self.origin.url(path), fields)
        self.get(daemon, self.origin.url("/x").replace("127.0.0.1", "localhost"), {"User-Agent": "Late/1"})
        eventually(lambda: len(daemon.log_lines()) == 5, lambda: "\n".join(daemon.log_lines()))
        lines = [json.loads(line) for line in daemon.log_lines()]
        self.assertEqual([line["rule"] for line in lines], ["A", "UA", "REF", "TYPE", "ADDR"])
        self.assertEqual((lines[0]["agent"], lines[0]["referer"], lines[0]["type"]), ("Good/1", "http://a.example/", "text/html"))
        self.assertEqual(self.origin.last("/x").fields["User-Agent"], "gateway")
        found = daemon.tool("policy", "explain", lines[0]["id"], "-o", "json").json()
        self.assertEqual((found["rule_id"], found["decided_by_log"]), ("A", False))


if __name__ == "__main__":
    unittest.main()
