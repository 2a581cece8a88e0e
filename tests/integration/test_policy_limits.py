"""How many exchanges and tunnels a client may have open (`limit connections`)."""

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


if __name__ == "__main__":
    unittest.main()
