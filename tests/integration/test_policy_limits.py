"""What a client may have: so many exchanges and tunnels open (`limit connections`), so many octets a second (`limit rate`)."""

import json
import os
import time
import unittest

from support.case import SluiceTestCase
from support.daemon import ALLOW_LOOPBACK
from support.metrics import Metrics
from support.origin import Gate, reply
from support.waiting import eventually


class Limits(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.origin = self.start_origin()
        self.origin.default = lambda _: reply(body=b"x")

    def test_one_more_than_may_be_open_is_429_until_one_has_ended(self):
        daemon = self.start_daemon({"workers": "4"}, policy="limit connections 2\n" + ALLOW_LOOPBACK)
        gate = Gate()
        self.addCleanup(gate.open)
        self.origin.on("/slow", lambda exchange: (gate.wait(), reply(body=b"done"))[1])
        waiting = self.connect(daemon)
        waiting.send_request(self.origin.url("/slow"))
        self.origin.wait_for("/slow")
        tunnel = self.connect(daemon)
        self.assertEqual(tunnel.connect_to(self.origin.authority).status, 200)
        with self.connect(daemon) as third:
            answer = third.request(self.origin.url("/"))
            self.assertEqual((answer.status, answer.fields["Retry-After"]), (429, "1"))
            self.assertIn("error=proxy_internal_response", answer.fields["Proxy-Status"])
            self.assertEqual(third.connect_to(self.origin.authority).status, 429)
        self.assertEqual(Metrics.of(daemon).total("sluice_errors_total", kind="client_limit_reached"), 2)
        self.assertEqual(Metrics.of(daemon).total("sluice_requests_total", outcome="denied"), 2)
        gate.open()
        self.assertEqual(waiting.response().body, b"done")
        eventually(lambda: self.get(daemon, self.origin.url("/")).status == 200, "a place is free")
        tunnel.close()
        eventually(lambda: not Metrics.of(daemon).total("sluice_tunnels"), "the tunnel has ended")

    def test_other_clients_and_other_lines_count_by_themselves(self):
        daemon = self.start_daemon(policy="limit connections 1 path /few\nlimit connections 9\n" + ALLOW_LOOPBACK)
        gate = Gate()
        self.addCleanup(gate.open)
        self.origin.on("/few", lambda exchange: (gate.wait(), reply(body=b"done"))[1])
        waiting = self.connect(daemon)
        waiting.send_request(self.origin.url("/few"))
        self.origin.wait_for("/few")
        self.assertEqual(self.get(daemon, self.origin.url("/few")).status, 429)
        self.assertEqual(self.get(daemon, self.origin.url("/many")).status, 200)
        done = self.run_program("curl", "--silent", "--interface", "127.0.0.2", "--proxy", daemon.proxy, "--noproxy", "",
                                "--max-time", "20", "--output", "/dev/null", "--write-out", "%{http_code}",
                                self.origin.url("/many"))
        self.assertEqual(done.stdout, b"200")
        gate.open()
        self.assertEqual(waiting.response().body, b"done")


    def test_who_refuses_is_named_on_the_page_in_proxy_status_in_the_log_and_by_explain(self):
        daemon = self.start_daemon(policy='limit connections 1 path /few id lc reason "one at a time"\n'
                                          "limit size 1KiB path /big id ls\n" + ALLOW_LOOPBACK)
        gate = Gate()
        self.addCleanup(gate.open)
        self.origin.on("/few", lambda exchange: (gate.wait(), reply(body=b"done"))[1])
        self.origin.on("/big", reply(body=b"x" * 1025))
        waiting = self.connect(daemon)
        waiting.send_request(self.origin.url("/few"))
        self.origin.wait_for("/few")
        as_json = {"Accept": "application/json"}
        for path, status, rule, said in (("/few", 429, "lc", "one at a time"), ("/big", 502, "ls", "more than the 1024 octets")):
            with self.connect(daemon) as client:
                answer = client.request(self.origin.url(path).replace("127.0.0.1", "localhost"), fields=as_json)
            self.assertEqual(answer.status, status)
            self.assertIn(f"(rule {rule})", answer.fields["Proxy-Status"])
            self.assertIn(said, answer.fields["Proxy-Status"])
            content = json.loads(answer.body)
            self.assertEqual((content["rule"], content["policy_version"]), (rule, "1"))
            self.assertIn(said, content["reason"])
            line = eventually(lambda: [line for line in map(json.loads, daemon.log_lines()) if line["id"] == content["request_id"]],
                              "its line")[0]
            self.assertEqual((line["limit"], line.get("verdict")), (rule, None if rule == "lc" else "allow"))
            explained = daemon.tool("policy", "explain", line["id"], expect=None)
            self.assertIn(f"by {rule}", explained.out.splitlines()[0])
            self.assertNotIn("was not asked", explained.out)
        replayed = daemon.tool("policy", "replay", "v1", "-o", "json", expect=None).json()
        self.assertEqual((replayed["limited"], replayed["unreadable"], replayed["not_asked"]), (1, 0, 0))
        gate.open()
        self.assertEqual(waiting.response().body, b"done")


RATE = 64_000
CONTENT = bytes(range(256)) * 375  # one and a half seconds' worth, of which one passes at once
LEAST = (len(CONTENT) - RATE) / RATE


class Rates(SluiceTestCase):
    """Times are compared from below only: octets that came sooner came too fast."""

    def setUp(self):
        super().setUp()
        self.origin = self.start_origin()
        self.origin.on("/video", reply(body=CONTENT, fields={"Content-Type": "video/mp4", "Cache-Control": "max-age=60"}))
        self.origin.on("/upload", lambda exchange: reply(body=str(len(exchange.request.body))))
        self.daemon = self.start_daemon(
            policy="limit rate 64kB/s type video/*\nlimit rate 64kB/s method POST, CONNECT\n" + ALLOW_LOOPBACK
        )

    def assert_slow(self, begun):
        self.assertGreaterEqual(time.monotonic() - begun, LEAST)

    def test_a_response_passes_at_its_rate_from_the_origin_and_from_the_store(self):
        for is_hit in (False, True):
            begun = time.monotonic()
            answer = self.get(self.daemon, self.origin.url("/video"))
            self.assert_slow(begun)
            self.assertEqual((answer.body, answer.is_hit), (CONTENT, is_hit))

    def test_a_response_passes_at_its_rate_from_the_disk(self):
        daemon = self.start_daemon({"cache.memory_largest": "64KiB"}, policy="limit rate 64kB/s type video/*\n" + ALLOW_LOOPBACK)
        self.assertEqual(self.get(daemon, self.origin.url("/video")).body, CONTENT)
        on_disk = lambda: daemon.tool("cache", "stats", "-o", "json").json()["disk"]["responses"]
        eventually(lambda: on_disk() == 1, "it is on the disk")
        begun = time.monotonic()
        answer = self.get(daemon, self.origin.url("/video"))
        self.assert_slow(begun)
        self.assertEqual((answer.body, answer.is_hit), (CONTENT, True))

    def test_curl_gets_all_of_it_at_its_rate(self):
        begun = time.monotonic()
        done = self.curl(self.daemon, self.origin.url("/video"))
        self.assert_slow(begun)
        self.assertEqual(done.stdout, CONTENT)
        path = os.path.join(self.scratch(), "content")
        with open(path, "wb") as file:
            file.write(CONTENT)
        begun = time.monotonic()
        done = self.curl(self.daemon, "--data-binary", "@" + path, self.origin.url("/upload"))
        self.assert_slow(begun)
        self.assertEqual(done.stdout, str(len(CONTENT)).encode())

    def test_the_tool_says_which_rate_applies(self):
        def rates(*arguments):
            return self.daemon.tool("policy", "test", *arguments, "--to", "127.0.0.1", "-o", "json").json()["rates"]
        text = "limit rate 64kB/s type video/*"
        video = ("http://a.example/video", "--status", "200", "--type", "video/mp4")
        self.assertEqual([(rate["of"], rate["octets"], rate["rule"]) for rate in rates(*video)], [("response", RATE, text)])
        both = rates(*video, "--method", "POST")
        self.assertEqual([(rate["of"], rate["rule"]) for rate in both],
                         [("request", "limit rate 64kB/s method POST, CONNECT"), ("response", text)])
        self.assertEqual([rate["of"] for rate in rates("https://a.example/")], ["tunnel"])
        self.assertEqual(rates("http://a.example/", "--status", "200", "--type", "text/html"), [])
        said = self.daemon.tool("policy", "test", *video, "--to", "127.0.0.1").out
        self.assertRegex(said, r"(?m)^  rate of the response: r-\w+ limit rate 64kB/s type video/\*$")

    def test_what_the_client_sends_passes_at_its_rate(self):
        with self.connect(self.daemon) as client:
            begun = time.monotonic()
            answer = client.request(self.origin.url("/upload"), "POST", body=CONTENT)
            self.assert_slow(begun)
            self.assertEqual(answer.body, str(len(CONTENT)).encode())

    def test_a_tunnel_passes_at_its_rate_in_each_direction(self):
        with self.connect(self.daemon) as tunnel:
            self.assertEqual(tunnel.connect_to(self.origin.authority).status, 200)
            begun = time.monotonic()
            tunnel.send(b"GET /video HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertEqual(tunnel.response().body, CONTENT)
            self.assert_slow(begun)
            begun = time.monotonic()
            tunnel.send(b"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(CONTENT) + CONTENT)
            self.assertEqual(tunnel.response().body, str(len(CONTENT)).encode())
            self.assert_slow(begun)

    def test_waiting_is_not_idleness_and_a_drain_limit_ends_it(self):
        self.origin.on("/still", reply(body=b"x" * 100))
        daemon = self.start_daemon(
            {"timeouts.write": "1s", "timeouts.drain": "1s"}, policy="limit rate 1/s path /still\n" + ALLOW_LOOPBACK
        )
        with self.connect(daemon) as client:
            client.send_request(self.origin.url("/still"))
            client.read_until(b"\r\n\r\n")
            self.assertEqual(client.take(3), b"xxx")  # two seconds of waiting
            daemon.stop()
            self.assertLess(len(client.read_to_end()), 90)


if __name__ == "__main__":
    unittest.main()
