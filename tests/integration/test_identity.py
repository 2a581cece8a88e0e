"""Who a client is: curl signs in, rules ask for users and groups, the log says who it was."""

import base64
import json
import os
import signal
import threading
import unittest

from support.case import SluiceTestCase
from support.daemon import binary
from support.http import read_head
from support.origin import reply
from support.waiting import eventually

# bcrypt and SHA-512 crypt of the least cost.
ALICE = "alice:$2y$04$abcdefghijklmnopqrstuu/LVz6MZlItEy42I2juLihZ66HnQx/cy\n"  # open sesame
DAVE = ("dave:$6$rounds=1000$saltsalt$5Oji4y.RQw4TBqlwXcGLBsxSL7.Pw5hdIpFnzMJTl.OaKsU3EiPTP5NseI3oKDT8iioErVqshwXGd40hlWBLx1"
        "\n")  # sesame
WEAK = "mallory:$apr1$abcdefgh$GQVaHFsauSKl0cgw4bVFJ/\n"
POLICY = "group staff alice\nallow path /open\nallow group staff\ndeny user dave reason \"not dave\"\ndeny\n"
ALICE_SIGNS_IN = ("--proxy-user", "alice:open sesame")


def basic(pair):
    return {"Proxy-Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


class Identity(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.users = os.path.join(self.scratch(), "users")
        self.write_users(ALICE + DAVE)
        self.origin = self.start_origin()
        self.url = self.origin.on("/page", reply(body=b"hello"))

    def write_users(self, text):
        with open(self.users + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(self.users + ".new", self.users)

    def start(self, settings=None, policy=POLICY, **options):
        return self.start_daemon({"auth.htpasswd": self.users, **(settings or {})}, policy=policy, **options)

    def status(self, daemon, pair=None, url=None):
        return self.get(daemon, url or self.url, basic(pair) if pair else ()).status


class SigningIn(Identity):
    def test_curl_signs_in_and_the_log_says_who(self):
        daemon = self.start()
        self.assertEqual(self.curl(daemon, *ALICE_SIGNS_IN, self.url).stdout, b"hello")
        self.assertNotIn("Proxy-Authorization", self.origin.requests[-1].fields)
        line = eventually(lambda: daemon.log_lines(), "a line")[0]
        self.assertEqual(json.loads(line)["user"], "alice")

    def test_curl_that_waits_to_be_asked_uses_one_connection(self):
        daemon = self.start()
        done = self.curl(daemon, "--proxy-anyauth", *ALICE_SIGNS_IN, "--verbose", "--write-out", "%{http_code} %{num_connects}", self.url)
        self.assertEqual(done.stdout, b"hello200 1")
        self.assertIn(b'Proxy-Authenticate: Basic realm="Sluice", charset="UTF-8"', done.stderr)
        lines = eventually(lambda: len(daemon.log_lines()) == 2 and daemon.log_lines(), "both are on record")
        first, second = map(json.loads, lines)
        self.assertEqual((first["status"], first["error"], first.get("user")), (407, "authentication_required", None))
        self.assertEqual((second["status"], second["user"]), (200, "alice"))
        self.assertNotIn("verdict", first)
        explained = daemon.tool("policy", "explain", first["id"], expect=None).out
        self.assertIn(f"asked for a name and a password by {first['rule']}", explained)
        version = f"v{first['policy']}"
        replayed = daemon.tool("policy", "replay", version, "-o", "json", expect=None).json()
        self.assertEqual((replayed["asked_for_user"], replayed["unreadable"], replayed["judged"]), (1, 0, 1))
        self.assertIn("1 asked for a name and a password", daemon.tool("policy", "replay", version, expect=None).out)

    def test_a_wrong_password_is_asked_again_and_a_denied_user_is_forbidden(self):
        daemon = self.start()
        for arguments, expected in ((("--proxy-user", "alice:wrong"), b"407"), (("--proxy-user", "nobody:open sesame"), b"407"),
                                    ((), b"407"), (("--proxy-user", "dave:sesame"), b"403"), (ALICE_SIGNS_IN, b"200")):
            done = self.curl(daemon, "--output", "/dev/null", "--write-out", "%{http_code}", *arguments, self.url)
            self.assertEqual(done.stdout, expected, arguments)

    def test_connect_is_asked_and_opened_on_the_same_connection(self):
        daemon = self.start()
        origin = self.start_tls_origin()
        url = origin.on("/secret", reply(body=b"through the tunnel"))
        done = self.curl(daemon, "--insecure", "--proxy-anyauth", *ALICE_SIGNS_IN, "--verbose", url)
        self.assertEqual(done.stdout, b"through the tunnel")
        self.assertIn(b"HTTP/1.1 407", done.stderr)
        client = self.connect(daemon)
        authority = url.split("/")[2]
        self.assertEqual(client.request(authority, "CONNECT").status, 407)
        self.assertEqual(client.request(authority, "CONNECT", basic("alice:open sesame")).status, 200)
        client.start_tls()
        self.assertEqual(client.request("/secret").body, b"through the tunnel")

    def test_behind_a_refused_connect_nothing_is_read(self):
        daemon = self.start()
        url = self.origin.on("/inner", reply(body=b"not asked for"))
        client = self.connect(daemon)
        authority = self.origin.authority
        credentials = "".join(f"{name}: {value}\r\n" for name, value in basic("dave:sesame").items())
        client.send(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{credentials}\r\n"
                    f"GET {url} HTTP/1.1\r\nHost: {authority}\r\n\r\n")
        self.assertEqual(client.response().status, 403)
        self.assertTrue(client.is_closed_by_peer())
        self.assertEqual(self.origin.count("/inner"), 0)

    def test_an_upload_is_asked_ahead_of_its_content(self):
        daemon = self.start()
        url = self.origin.on("/upload", reply(201, b"kept", reason="Created"))
        path = os.path.join(self.scratch(), "file")
        with open(path, "wb") as file:
            file.write(os.urandom(3 << 20))
        done = self.curl(daemon, "--proxy-anyauth", *ALICE_SIGNS_IN, "--upload-file", path, url)
        self.assertEqual(done.stdout, b"kept")

    def test_nobody_is_asked_where_the_rules_need_no_name(self):
        daemon = self.start()
        self.assertEqual(self.status(daemon, url=self.origin.on("/open", reply(body=b"x"))), 200)

    def test_where_nobody_can_sign_in_everybody_is_nobody_and_it_is_said(self):
        daemon = self.start_daemon(policy=POLICY)
        daemon.wait_for_line("the policy asks for users, but auth.htpasswd names no file")
        self.assertEqual(self.status(daemon, "alice:open sesame"), 403)
        self.assertEqual(self.status(daemon), 403)
        said = "nobody can sign in, because auth.htpasswd names no file"
        self.assertIn(said, daemon.tool("policy", "reload").error)
        self.assertIn(said, daemon.tool("policy", "deny", "a.example", "--user", "bob").error)
        self.assertNotIn(said, daemon.tool("policy", "deny", "b.example").error)
        path = self.scratch() + "/candidate"
        with open(path, "w", encoding="utf-8") as file:
            file.write("deny user bob\nallow\n")
        self.assertIn(said, daemon.tool("policy", "apply", path).error)
        self.assertIn("WARNING".lower(), daemon.tool("policy", "apply", "--dry-run", path).error)
        self.assertNotIn(said, self.start(policy="deny user bob\nallow\n").tool("policy", "reload").error)

    def test_logs_of_squid_and_apache_name_the_user(self):
        for form, expected in (("squid", " alice HIER_DIRECT/127.0.0.1 "), ("combined", "127.0.0.1 - alice [")):
            daemon = self.start({"log.format": form})
            self.assertEqual(self.status(daemon, "alice:open sesame"), 200)
            self.assertIn(expected, eventually(lambda: daemon.log_lines(), "a line")[0])


class Files(Identity):
    def test_a_file_that_changes_is_in_force_at_once_and_a_wrong_one_is_not(self):
        daemon = self.start()
        self.assertEqual(self.status(daemon, "alice:open sesame"), 200)
        self.write_users("alice\n")
        daemon.wait_for_line(r"users:1:1: error: no `:`")
        daemon.wait_for_line("stay as they were")
        self.assertEqual(self.status(daemon, "alice:open sesame"), 200)
        self.write_users(DAVE + WEAK)
        daemon.wait_for_line("users:2:1: warning: `mallory` cannot sign in: an MD5 hash")
        daemon.wait_for_line("changed: 1 can sign in")
        self.assertEqual(self.status(daemon, "alice:open sesame"), 407, "what was verified with the old file is forgotten")
        self.assertEqual(self.status(daemon, "mallory:sesame"), 407)
        self.assertEqual(self.status(daemon, "dave:sesame"), 403)

    def test_a_reload_with_a_wrong_file_changes_nothing(self):
        daemon = self.start()
        self.write_users("no colon\n")
        daemon.send(signal.SIGHUP)
        daemon.wait_for_line("reload refused, everything stays as it was: the users of auth.htpasswd cannot be read")
        self.assertEqual(self.status(daemon, "alice:open sesame"), 200)
        self.write_users(DAVE)
        since = len(daemon.lines)
        daemon.send(signal.SIGHUP)
        daemon.wait_for_line("reloaded, policy", since=since)
        self.assertEqual(self.status(daemon, "alice:open sesame"), 407)

    def test_check_and_start_look_at_the_file(self):
        def check():
            return self.run_program(binary("sluiced"), "--defaults", "--state-directory", self.scratch(), "--set",
                                    f"auth.htpasswd={self.users}", "--check", check=False)
        self.write_users(ALICE + WEAK)
        good = check()
        self.assertEqual(good.returncode, 0, good.stderr)
        self.assertIn(b"users:2:1: warning: `mallory` cannot sign in", good.stderr)
        self.write_users(ALICE + "no colon\n")
        good = check()
        self.assertEqual(good.returncode, 0, "one bad line locks out one")
        self.assertIn(b"users:2:1: warning: the line is left out: no `:`", good.stderr)
        self.write_users("no colon\n")
        self.assertEqual(check().returncode, 3)
        os.unlink(self.users)
        missing = check()
        self.assertEqual(missing.returncode, 3)
        self.assertIn(b"cannot be read: No such file", missing.stderr)
        daemon = self.start(ready=False)
        daemon.wait_for_line("the users of auth.htpasswd cannot be read")
        self.assertEqual(daemon.process.wait(20), 1)
        daemon.stop(expected=1)


class Parents(Identity):
    def through_parent(self, wanted, settings=None):
        """Whether the parent got the client's credentials."""
        parent = self.start_origin()
        parent.default = lambda exchange: reply(body=b"from the parent")
        daemon = self.start_daemon({"upstream.parent": f"127.0.0.1:{parent.port}", "forwarding.proxy_authorization": wanted,
                                    **(settings or {})}, policy="allow\n")
        self.assertEqual(self.get(daemon, "http://a.example/", basic("alice:open sesame")).body, b"from the parent")
        return "Proxy-Authorization" in parent.requests[-1].fields

    def test_credentials_reach_a_parent_only_where_that_is_said_or_nobody_here_needs_them(self):
        here = {"auth.htpasswd": self.users}
        self.assertTrue(self.through_parent("auto"))
        self.assertFalse(self.through_parent("auto", here))
        self.assertTrue(self.through_parent("leave", here))
        self.assertFalse(self.through_parent("delete"))


class Living(Identity):
    def tunnel(self, daemon, pair):
        client = self.connect(daemon)
        self.assertEqual(client.request(self.url.split("/")[2], "CONNECT", basic(pair)).status, 200)
        return client

    def fetch(self, client):
        client.send(b"GET /page HTTP/1.1\r\nHost: a\r\n\r\n")
        return client.response().body

    def test_tunnels_of_users_who_are_gone_or_changed_are_closed(self):
        daemon = self.start(policy="allow to 127.0.0.0/8 user alice, dave\ndeny\n")
        alice, dave = self.tunnel(daemon, "alice:open sesame"), self.tunnel(daemon, "dave:sesame")
        self.write_users("# dave is gone\n" + ALICE)
        daemon.wait_for_line("closed tunnels of users who are gone, or have another password: 1$")
        self.assertTrue(dave.is_closed_by_peer())
        self.assertEqual(self.fetch(alice), b"hello")
        dave.close()
        lines = eventually(daemon.log_lines, "it is on record")
        line = json.loads(lines[-1])
        self.assertEqual((line["user"], line["error"], line["verdict"]), ("dave", "http_request_denied", "deny"))
        self.write_users("alice" + DAVE[DAVE.index(":"):])
        self.assertTrue(alice.is_closed_by_peer(), "she has another password")
        self.assertEqual(self.status(daemon, "alice:sesame"), 200)

    def test_a_download_of_a_user_who_is_gone_ends_and_is_on_record(self):
        daemon = self.start(policy="allow to 127.0.0.0/8 user alice, dave\ndeny\n")
        goes_on = threading.Event()
        def answer(exchange):
            exchange.send(reply(body=b"one.", fields={"Content-Length": "8"}))
            goes_on.wait(20)
            return b"two."
        url = self.origin.on("/long", answer)
        client = self.connect(daemon)
        client.send_request(url, fields=basic("dave:sesame"))
        read_head(client)
        self.assertEqual(client.take(4), b"one.")
        self.write_users(ALICE)
        eventually(lambda: self.status(daemon, "dave:sesame") == 407, "he is gone")
        goes_on.set()
        self.assertTrue(client.is_closed_by_peer(), "the rest does not come")
        line = json.loads(eventually(lambda: [one for one in daemon.log_lines() if "/long" in one], "it is on record")[0])
        self.assertEqual((line["user"], line["error"], line["verdict"]), ("dave", "http_request_denied", "deny"))


class Tool(Identity):
    def test_quick_edits_and_tests_know_users_and_groups(self):
        daemon = self.start()
        client = self.connect(daemon)
        authority = self.url.split("/")[2]
        self.assertEqual(client.request(authority, "CONNECT", basic("alice:open sesame")).status, 200)
        added = daemon.tool("policy", "deny", "--to", "127.0.0.0/8", "--group", "staff", "-o", "json").json()
        self.assertEqual(added["rule"]["text"], "deny to 127.0.0.0/8 group staff")
        self.assertTrue(client.is_closed_by_peer(), "the tunnel of a user who is now denied is closed")
        self.assertEqual(self.status(daemon, "alice:open sesame"), 403)
        daemon.tool("policy", "remove", added["rule"]["id"])
        self.assertEqual(self.status(daemon, "alice:open sesame"), 200)
        for options, verdict in ((("--user", "alice"), "allow"), (("--user", "dave"), "deny"), (("--group", "staff"), "allow"),
                                 ((), "deny")):
            answer = daemon.tool("policy", "test", self.url, "--to", "127.0.0.1", *options, "-o", "json", expect=None).json()
            self.assertEqual(answer["otherwise"], verdict, options)
        wrong = daemon.tool("policy", "test", self.url, "--group", "staf", expect=2)
        self.assertIn("has no group `staf`", wrong.error)


if __name__ == "__main__":
    unittest.main()
