"""The verdicts beside allow and deny through the real daemon: redirect, splice, bypass; and what a client may have open."""

import json
import unittest
from urllib.parse import quote

from support.case import SluiceTestCase
from support.daemon import ALLOW_LOOPBACK
from support.metrics import Metrics
from support.origin import reply
from support.tool import DIFFERENT
from support.waiting import eventually

FRESH = {"Cache-Control": "max-age=600"}


class Verdicts(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.origin = self.start_origin()
        self.origin.default = lambda _: reply(body=b"x", fields=FRESH)

    def serve(self, rules, **options):
        self.daemon = self.start_daemon(policy=rules + ALLOW_LOOPBACK, **options)

    def fetch(self, path, fields=(), **options):
        return self.get(self.daemon, self.origin.url(path), fields, **options)

    def logged(self, text):
        def look():
            lines = [json.loads(line) for line in self.daemon.log_lines()]
            return [line for line in lines if text in line.get("url", "")]
        return eventually(look, lambda: f"a line for {text}")[-1]

    def metric(self, name, **labels):
        return Metrics.of(self.daemon).total(name, **labels)


class Redirects(Verdicts):
    def test_a_request_is_sent_elsewhere(self):
        self.serve('redirect 308 "https://new.example:8443{path}" path /old reason "it moved" id moved\n')
        with self.connect(self.daemon) as client:
            for _ in range(2):  # the connection takes the next request
                answer = client.request(self.origin.url("/old/a?b=c"))
                self.assertEqual(answer.status, 308)
                self.assertEqual(answer.fields["Location"], "https://new.example:8443/old/a?b=c")
                self.assertEqual(answer.fields["Cache-Control"], "no-store")
                self.assertNotIn("error=", answer.fields["Proxy-Status"])
                self.assertIn('details="it moved (rule moved)"', answer.fields["Proxy-Status"])
                self.assertIn(b"it moved", answer.body)
            self.assertEqual(client.request(self.origin.url("/other")).status, 200)
            self.assertEqual(client.request(self.origin.url("/old/a"), "POST", body=b"12345").status, 308)
        self.assertEqual(self.origin.count("/old/a"), 0)
        line = self.logged("/old/a")
        self.assertEqual((line["verdict"], line["rule"], line["status"]), ("redirect", "moved", 308))
        self.assertNotIn("error", line)
        self.assertEqual(self.metric("sluice_requests_total", outcome="redirected"), 3)
        self.assertEqual(self.metric("sluice_requests_total", outcome="denied"), 0)
        self.assertEqual(self.metric("sluice_verdicts_total", verdict="redirect"), 3)
        rules = self.daemon.tool("policy", "list", "-o", "json").json()["rules"]
        self.assertEqual((rules[0]["verdict"], rules[0]["hits"]), ("redirect", 3))

    def test_head_and_json(self):
        self.serve('redirect "https://new.example/?from={url}" path /old id moved\n')
        url = self.origin.url("/old")
        head = self.get(self.daemon, url, method="HEAD")
        self.assertEqual((head.status, head.body), (302, b""))
        self.assertEqual(head.fields["Location"], "https://new.example/?from=" + quote(url, safe=""))
        content = json.loads(self.fetch("/old", {"Accept": "application/json"}).body)
        self.assertEqual((content["status"], content["location"]), (302, head.fields["Location"]))

    def test_a_tunnel_is_refused_with_the_reason(self):
        self.serve('redirect "https://new.example{path}" host 127.0.0.1 reason "it moved" id moved\n')
        with self.connect(self.daemon) as client:
            answer = client.connect_to(self.origin.authority)
        self.assertEqual(answer.status, 403)
        self.assertNotIn("Location", answer.fields)
        self.assertIn("error=http_request_denied", answer.fields["Proxy-Status"])
        self.assertIn(b"cannot be redirected", answer.body)
        self.assertIn(b"it moved", answer.body)
        line = self.logged(self.origin.authority)
        self.assertEqual((line["verdict"], line["rule"], line["error"]), ("redirect", "moved", "http_request_denied"))
        self.assertEqual(self.metric("sluice_requests_total", outcome="denied"), 1)

    def test_by_the_address_and_by_the_response(self):
        self.serve('redirect "http://a.example/" to 127.0.0.1, ::1 path /address id by-address\n'
                   'redirect "http://b.example/" status 404 id by-status\n')
        self.origin.on("/missing", reply(404, b"none", FRESH))
        answer = self.get(self.daemon, f"http://localhost:{self.origin.port}/address")
        self.assertEqual(answer.fields["Location"], "http://a.example/")
        for _ in range(2):  # streamed, then stored
            self.assertEqual(self.fetch("/missing").fields["Location"], "http://b.example/")
        self.assertEqual(self.origin.count("/address"), 0)
        self.assertEqual(self.logged("/missing")["rule"], "by-status")

    def test_an_open_tunnel_is_closed_when_its_rule_redirects(self):
        self.serve("")
        client = self.connect(self.daemon)
        self.assertEqual(client.connect_to(self.origin.authority).status, 200)
        out = self.daemon.tool("policy", "redirect", "127.0.0.1", "http://portal.example/", "--status", "303",
                               "--port", str(self.origin.port), "-o", "json").json()
        self.assertEqual(out["tunnels_closed"], 1)
        self.assertTrue(client.is_closed_by_peer())

    def test_the_tool_says_where_it_leads(self):
        self.serve('redirect 301 "https://new.example{path}" host .old.example id moved\n')
        out = self.daemon.tool("policy", "test", "http://www.old.example/a", "--to", "192.0.2.1", expect=DIFFERENT).out
        self.assertIn("REDIRECT", out)
        self.assertIn("301 to https://new.example/a", out)
        answer = self.daemon.tool("policy", "test", "https://www.old.example/a", "-o", "json", expect=DIFFERENT).json()
        self.assertEqual((answer["otherwise"], answer["status"]), ("redirect", 0))
        self.assertIn("cannot be redirected", self.daemon.tool("policy", "test", "https://www.old.example/",
                                                               expect=DIFFERENT).out)

    def test_what_it_did_is_replayed(self):
        self.serve('redirect "https://new.example{path}" path /old id moved\n')
        self.fetch("/old")
        self.fetch("/other")
        self.logged("/other")
        candidate = self.scratch() + "/candidate.sluice"
        with open(candidate, "w", encoding="utf-8") as file:
            file.write("deny path /old\nbypass path /other\n" + ALLOW_LOOPBACK)
        result = self.daemon.tool("policy", "replay", candidate, "-o", "json").json()
        self.assertEqual((result["otherwise"], result["newly_denied"], result["newly_allowed"]), (2, 0, 0))


class Splice(Verdicts):
    def test_tunnels_pass_and_plain_requests_do_not(self):
        self.serve("splice host 127.0.0.1 id pinned\ndeny host 127.0.0.1 id plain\n")
        tls = self.start_tls_origin()
        tls.default = lambda _: reply(body=b"secret")
        with self.connect(self.daemon) as client:
            self.assertEqual(client.connect_to(tls.authority).status, 200)
            client.start_tls()
            self.assertEqual(client.request("/", fields={}).body, b"secret")
        self.assertEqual(self.fetch("/").status, 403)
        self.assertEqual(self.logged(tls.authority)["verdict"], "splice")
        self.assertEqual(self.metric("sluice_verdicts_total", verdict="splice"), 1)
        self.daemon.tool("policy", "test", "https://127.0.0.1/")
        self.daemon.tool("policy", "test", "http://127.0.0.1/", expect=DIFFERENT)


class Bypass(Verdicts):
    def test_it_passes_without_the_cache(self):
        self.serve("bypass path /direct id direct\n")
        for count in (1, 2):
            answer = self.fetch("/direct")
            self.assertEqual(answer.status, 200)
            self.assertIn("fwd=bypass", answer.fields["Cache-Status"])
            self.assertEqual(self.origin.count("/direct"), count)
        self.fetch("/kept")
        self.fetch("/kept")
        self.assertEqual(self.origin.count("/kept"), 1)
        self.assertEqual(self.logged("/direct")["verdict"], "bypass")

    def test_by_the_address_what_is_stored_is_neither_used_nor_renewed(self):
        self.serve("")
        url = f"http://localhost:{self.origin.port}/named"
        self.get(self.daemon, url)
        self.daemon.tool("policy", "add", "bypass to 127.0.0.1 id direct")
        for count in (2, 3):
            self.assertEqual(self.get(self.daemon, url).status, 200)
            self.assertEqual(self.origin.count("/named"), count)
        self.daemon.tool("policy", "remove", "direct")
        self.get(self.daemon, url)
        self.assertEqual(self.origin.count("/named"), 3, "what was stored ahead of the rule is used again")


class Packets(Verdicts):
    def test_quic_is_judged_by_the_tool_and_touches_no_request(self):
        self.serve("quic reject unless from 10.9.0.0/16 id no-quic\nsplice host .pinned.example\n")
        self.assertEqual(self.fetch("/").status, 200)
        out = self.daemon.tool("policy", "test", "https://a.example/", "--protocol", "udp", "--from", "10.1.2.3",
                               "-o", "json", expect=DIFFERENT).json()
        self.assertEqual((out["verdict"], out["rule_id"]), ("reject", "no-quic"))
        self.assertEqual(out["stages"][0], {"stage": "packet", "verdict": "reject", "rule_id": "no-quic"})
        self.daemon.tool("policy", "test", "https://a.example/", "--protocol", "udp", "--from", "10.9.2.3", "--to",
                         "192.0.2.1")
        self.daemon.tool("policy", "test", "https://a.example/", "--from", "10.1.2.3", "--to", "192.0.2.1")

    def test_the_interface_never_becomes_known_here(self):
        self.serve("deny interface lo\ndeny protocol udp\n")
        self.assertEqual(self.fetch("/").status, 200)
        self.daemon.tool("policy", "test", "http://127.0.0.1/", "--interface", "lo", expect=DIFFERENT)


if __name__ == "__main__":
    unittest.main()
