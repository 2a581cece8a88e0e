"""Rules on what a client begins a tunnel with: its TLS hello, or anything else."""

import json
import os
import socket
import ssl
import unittest

from support.case import SluiceTestCase
from support.client import Client
from support.origin import reply
from support.waiting import eventually

# The origins of these tests are asked for as localhost, and stand on loopback.
GUARD = "deny inconsistent id names\n"
ALLOW = "allow to 127.0.0.0/8, ::1\ndeny to local, self\nallow\n"
DENIED_NAME = "www.denied.example"


class Hello(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.origin = self.start_tls_origin()
        self.url = self.origin.on("/", reply(body=b"hello")).replace("127.0.0.1", "localhost")
        self.authority = self.authority_of(self.origin)

    def authority_of(self, origin):
        return "localhost:" + origin.authority.rpartition(":")[2]

    def serve(self, rules, settings=None):
        self.daemon = self.start_daemon(settings, policy=rules + ALLOW)

    def written(self, rules):
        path = os.path.join(self.scratch(), "candidate.sluice")
        with open(path, "w", encoding="ascii") as file:
            file.write(rules + ALLOW)
        return path

    def apply(self, rules):
        return self.daemon.tool("policy", "apply", self.written(rules), "-o", "json").json()

    def logged(self, **members):
        """The first tunnel on record with these members."""
        def look():
            lines = [json.loads(line) for line in self.daemon.log_lines()]
            return [line for line in lines if line["method"] == "CONNECT" and members.items() <= line.items()]
        return eventually(look, lambda: f"a tunnel with {members} in\n" + "\n".join(self.daemon.log_lines()))[0]

    def tunnel(self, origin=None):
        client = self.connect(self.daemon)
        self.assertEqual(client.connect_to(self.authority_of(origin or self.origin)).status, 200)
        return client

    def fetch(self, client):
        client.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return client.response().body

    def fronting(self, name=DENIED_NAME):
        """CONNECT to localhost, and another name in the hello."""
        port = self.authority.rpartition(":")[2]
        return self.curl(self.daemon, "-k", "--connect-to", f"{name}:{port}:localhost:{port}", f"https://{name}:{port}/", check=False)


class Names(Hello):
    def test_the_name_that_was_asked_for_passes(self):
        self.serve(GUARD)
        self.assertEqual(self.curl(self.daemon, "-k", self.url).stdout, b"hello")
        line = self.logged(verdict="allow")
        self.assertEqual((line["hello"], line["sni"], line["alpn"], line["tunnel"]), ("tls", "localhost", "h2,http/1.1", True))

    def test_another_name_is_closed_by_an_alert(self):
        self.serve(GUARD)
        done = self.fronting()
        self.assertEqual((done.returncode, done.stdout), (35, b""))
        self.assertIn(b"unrecognized name", done.stderr)
        line = self.logged(verdict="deny")
        self.assertEqual((line["rule"], line["sni"], line["status"], line["error"]), ("names", DENIED_NAME, 200, "http_request_denied"))
        self.assertEqual(self.origin.requests, [])
        explained = self.daemon.tool("policy", "explain", line["id"], "-o", "json", expect=1).json()
        self.assertEqual((explained["rule_id"], explained["verdict"]), ("names", "deny"))

    def test_an_address_claims_no_name(self):
        self.serve(GUARD)
        with Client(self.daemon.port) as client:
            self.assertEqual(client.connect_to(self.origin.authority).status, 200)
            client.start_tls(DENIED_NAME)
            self.assertEqual(self.fetch(client), b"hello")
        self.assertNotIn("hello", self.logged(verdict="allow"))

    def test_a_rule_on_names_of_hellos(self):
        self.serve(f"deny sni .denied.example reason \"HR-231\" id no-sni\nallow sni {DENIED_NAME}\n")
        self.assertEqual(self.fronting().returncode, 35)
        self.assertEqual(self.logged(verdict="deny")["reason"], "HR-231")
        self.assertEqual(self.fronting("other.example").stdout, b"hello")

    def test_a_real_browser(self):
        self.require("chromium")
        self.serve(GUARD)
        page = self.visit(self.url)
        self.assertIn("hello", page)
        self.assertTrue(self.logged(sni="localhost", verdict="allow")["ech"], "a made-up one")
        self.apply("deny sni localhost\n")
        self.assertNotIn("hello", self.visit(self.url))
        with open(self.net_log, encoding="utf-8") as file:
            self.assertIn('"net_error":-159', file.read(), "ERR_SSL_UNRECOGNIZED_NAME_ALERT")

    def visit(self, url):
        profile = self.scratch()
        self.net_log = os.path.join(profile, "net-log.json")
        return self.run_program(
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
            "--disable-default-apps", "--disable-features=OptimizationHints,MediaRouter,HttpsUpgrades,DialMediaRouteProvider",
            "--ignore-certificate-errors", f"--user-data-dir={profile}", f"--log-net-log={self.net_log}",
            f"--proxy-server={self.daemon.proxy}", "--proxy-bypass-list=<-loopback>", "--virtual-time-budget=10000", "--dump-dom", url,
            environment={"HOME": profile}, timeout=120).stdout.decode(errors="replace")


class Protocols(Hello):
    def test_a_rule_on_protocols(self):
        self.serve("deny alpn h2 id no-h2\n")
        self.assertEqual(self.curl(self.daemon, "-k", "--http1.1", self.url).stdout, b"hello")
        self.assertEqual(self.curl(self.daemon, "-k", "--http2", self.url, check=False).returncode, 35)
        self.assertEqual(self.logged(verdict="deny")["rule"], "no-h2")

    def test_what_is_no_tls_goes_on_at_once(self):
        plain = self.start_origin()
        plain.on("/", reply(body=b"plain"))
        self.serve(GUARD, {"timeouts.hello": "1h"})
        client = self.tunnel(plain)
        self.assertEqual(self.fetch(client), b"plain")
        client.close()
        line = self.logged(verdict="allow")
        self.assertEqual(line["hello"], "none")
        self.assertNotIn("sni", line)

    def test_a_rule_that_wants_tls_closes_what_is_none(self):
        self.serve("allow sni localhost\ndeny method CONNECT id tls-only\n")
        client = self.tunnel()
        client.send(b"SSH-2.0-x\r\n")
        self.assertTrue(client.is_closed_by_peer())
        client.close()
        self.assertEqual(self.logged(verdict="deny")["rule"], "tls-only")
        self.assertEqual(self.curl(self.daemon, "-k", self.url).stdout, b"hello")


class Cut(Hello):
    def handshake(self):
        """A client's side of TLS, its octets in memory."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
        with self.assertRaises(ssl.SSLWantReadError):
            tls.do_handshake()
        return tls, incoming, outgoing

    def test_a_hello_in_single_octets(self):
        self.serve(GUARD)
        client = self.tunnel()
        tls, incoming, outgoing = self.handshake()
        for octet in outgoing.read():
            client.send(bytes([octet]))
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                incoming.write(client.socket.recv(65536))
        client.send(outgoing.read())
        tls.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        client.send(outgoing.read())
        answer = b""
        while b"hello" not in answer:
            incoming.write(client.socket.recv(65536))
            try:
                answer += tls.read(65536)
            except ssl.SSLWantReadError:
                continue
        client.close()
        self.assertEqual(self.logged(verdict="allow")["sni"], "localhost")

    def test_a_hello_that_is_never_whole(self):
        self.serve(GUARD, {"timeouts.head": "200ms"})
        client = self.tunnel()
        client.send(self.handshake()[2].read()[:-1])
        self.assertTrue(client.is_closed_by_peer())
        client.close()
        line = self.logged(error="request_timeout")
        self.assertEqual(line["rule"], "names", "the rule that waited for it")
        self.assertEqual(self.origin.requests, [])

    def test_a_hello_that_cannot_be_read(self):
        self.serve(GUARD)
        client = self.tunnel()
        client.send(b"\x15\x03\x01\x00\x02\x01\x00" + self.handshake()[2].read())
        self.assertEqual(client.take(7), b"\x15\x03\x03\x00\x02\x02\x32")
        self.assertTrue(client.is_closed_by_peer())
        client.close()
        self.logged(error="tls_protocol_error")


class Silent(Hello):
    """The server speaks first."""

    def setUp(self):
        super().setUp()
        self.greeting = socket.create_server(("127.0.0.1", 0))
        self.greeting.settimeout(20)
        self.addCleanup(self.greeting.close)

    def greeted(self):
        """A client that has the greeting, and the server's end."""
        client = self.connect(self.daemon)
        self.assertEqual(client.connect_to(f"localhost:{self.greeting.getsockname()[1]}").status, 200)
        server, _ = self.greeting.accept()
        server.settimeout(20)
        self.addCleanup(server.close)
        server.sendall(b"220 ready\r\n")
        self.assertEqual(client.take(11), b"220 ready\r\n")
        return client, server

    def test_a_client_that_waits_for_the_server_gets_its_greeting_at_once(self):
        self.serve(GUARD, {"timeouts.hello": "1h"})
        client, server = self.greeted()
        client.send(b"EHLO x\r\n")
        self.assertEqual(server.recv(100), b"EHLO x\r\n")
        server.close()
        client.close()
        self.assertEqual(self.logged(verdict="allow")["hello"], "none")

    def test_what_the_server_says_is_no_way_around_a_rule(self):
        self.serve(GUARD, {"timeouts.hello": "1h"})
        client, server = self.greeted()
        with self.assertRaises((ssl.SSLError, OSError)):
            client.start_tls(DENIED_NAME)
        client.close()
        self.assertEqual(server.recv(100), b"", "nothing of the hello reached the server")
        line = self.logged(verdict="deny")
        self.assertEqual((line["rule"], line["sni"]), ("names", DENIED_NAME))


class Living(Hello):
    def test_open_tunnels_are_judged_again_by_their_hello(self):
        self.serve(GUARD)
        client = self.tunnel()
        client.start_tls("localhost")
        self.assertEqual(self.fetch(client), b"hello")
        self.apply("deny sni other.example\n")
        self.assertEqual(self.fetch(client), b"hello")
        self.assertEqual(self.apply("deny sni localhost id later\n")["tunnels_closed"], 1)
        self.assertTrue(client.is_closed_by_peer())
        self.assertEqual(self.logged(verdict="deny")["rule"], "later")

    def test_the_tool_asks_about_hellos(self):
        self.serve(GUARD + "deny alpn h3 id no-h3\ndeny ech sni public.example id no-ech\n")
        def verdict(*options, url=self.url):
            return self.daemon.tool("policy", "test", url, "--to", "127.0.0.1", "-o", "json", *options, expect=None).json()
        self.assertEqual(verdict()["waits_for"], ["names", "no-h3", "no-ech"])
        self.assertEqual(verdict("--sni", "LOCALHOST.")["verdict"], "allow")
        self.assertEqual(verdict("--hello", "none")["verdict"], "allow")
        self.assertEqual(verdict("--hello", "tls")["verdict"], "allow")
        self.assertEqual(verdict("--sni", "other.example")["rule_id"], "names")
        self.assertEqual(verdict("--alpn", "h2,h3")["rule_id"], "no-h3")
        self.assertEqual(verdict("--ech", "--sni", "public.example", url="https://127.0.0.1/")["rule_id"], "no-ech")
        self.daemon.tool("policy", "test", self.url, "--sni", "192.0.2.7", expect=2)
        self.daemon.tool("policy", "test", self.url, "--hello", "none", "--ech", expect=2)
        self.daemon.tool("policy", "test", "http://localhost/", "--sni", "localhost", expect=2)

    def test_quick_edits_name_the_server(self):
        self.serve(GUARD)
        self.daemon.tool("policy", "splice", "--sni", "localhost", "--to", "127.0.0.1")
        self.assertEqual(self.curl(self.daemon, "-k", self.url).stdout, b"hello")
        self.logged(verdict="splice", sni="localhost")
        edit = self.daemon.tool("policy", "deny", "--sni", "LocalHost.", "--to", "127.0.0.1", "--for", "1h", "-m", "HR-232",
                                "-o", "json").json()
        self.assertRegex(edit["rule"]["text"], r'^deny to 127\.0\.0\.1 sni \.localhost until \S+ \S+ reason "HR-232"$')
        self.assertEqual(self.curl(self.daemon, "-k", self.url, check=False).returncode, 35)
        self.logged(verdict="deny", sni="localhost", reason="HR-232")
        self.daemon.tool("policy", "deny", "--sni", "192.0.2.7", expect=2)

    def test_the_log_has_the_facts_for_another_policy(self):
        self.serve(GUARD)
        self.curl(self.daemon, "-k", self.url)
        self.fronting()
        self.logged(verdict="deny")
        self.logged(verdict="allow")
        candidate = self.written("deny alpn h2 not inconsistent id no-h2\n")
        done = self.daemon.tool("policy", "replay", candidate, "-o", "json", expect=1).json()
        self.assertEqual((done["judged"], done["newly_denied"], done["newly_allowed"], done["undecided"]), (2, 1, 1, 0))
        self.assertEqual(done["denied"][0]["rule"], "no-h2")


if __name__ == "__main__":
    unittest.main()
