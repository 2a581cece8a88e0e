"""No way into the gateway's own networks by default, whatever the spelling, for GET and CONNECT alike."""

import ctypes
import itertools
import os
import socket
import unittest

from support.case import SluiceTestCase
from support.client import Client
from support.http import Closed
from support.metrics import Metrics
from support.origin import reply
from support.waiting import eventually

LOOPBACK = [
    "127.0.0.1", "127.0.0.1.", "127.1", "127.0.1", "127.255.255.254", "0", "0.0.0.0", "2130706433", "017700000001",
    "0x7f000001", "0x7F.0.0.1", "0177.0.0.1", "0x7f.1", "127.0x0.0.1", "127.00.00.01", "localhost", "localhost.",
    "LOCALHOST", "LocalHost.", "%31%32%37.0.0.1", "127.0.0.%31", "loc%61lhost", "[::1]", "[0:0:0:0:0:0:0:1]",
    "[0000:0000:0000:0000:0000:0000:0000:0001]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::FFFF:7F00:0001]",
    "[0:0:0:0:0:ffff:127.0.0.1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[::1%25lo]",
    "\u2460\u2461\u2466.0.0.1", "127\u30020\u30020\u30021",
]
LINK_LOCAL_AND_METADATA = ["169.254.169.254", "169.254.169.254.", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376",
                           "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[fe80::1]", "[fd00:ec2::254]"]


class OwnNetworks(SluiceTestCase):
    """The policy is the built-in one. A refusal is a 403, or a 400 for a spelling that is no host at all; a 502 is right
    only when the spelling is looked up as a name and there is none. What counts: the origin never hears of it."""

    def setUp(self):
        super().setUp()
        self.origin = self.start_origin()
        self.origin.default = lambda _: reply(body=b"inside")
        self.dns = self.start_dns({})
        self.daemon = self.start_daemon({"upstream.dns_servers": self.dns.server}, policy=None)

    def refused(self, method, spelling, port):
        authority = f"{spelling}:{port}".encode()
        target = authority if method == "CONNECT" else b"http://" + authority + b"/inside"
        with Client(self.daemon.port) as client:
            client.send(method.encode() + b" " + target + b" HTTP/1.1\r\nHost: " + authority + b"\r\n\r\n")
            try:
                return client.response(method).status
            except Closed:
                return "closed"

    def test_loopback_by_every_spelling(self):
        for method, spelling in itertools.product(("GET", "CONNECT"), LOOPBACK):
            with self.subTest(f"{method} {spelling}"):
                self.assertIn(self.refused(method, spelling, self.origin.port), (400, 403, 502))
        self.assertEqual(self.origin.connections, 0)

    def test_loopback_on_the_port_that_connect_may_use(self):
        for spelling in LOOPBACK:
            with self.subTest(spelling):
                self.assertIn(self.refused("CONNECT", spelling, 443), (400, 403, 502))

    def test_plain_loopback_is_a_403_that_says_why(self):
        response = self.get(self.daemon, self.origin.url("/"))
        self.assertEqual(response.status, 403)
        self.assertIn("sluice", response.fields["Proxy-Status"])
        self.assertIn(b"own networks", response.body)

    def test_link_local_and_metadata(self):
        # The pure policy is asked first, so that not one packet leaves this machine should it be wrong.
        asked = self.daemon.tool("policy", "test", "http://169.254.169.254/", expect=1)
        self.assertIn("deny", (asked.out + asked.error).lower())
        self.test_loopback_by_every_spelling()
        for method, spelling in itertools.product(("GET", "CONNECT"), LINK_LOCAL_AND_METADATA):
            with self.subTest(f"{method} {spelling}"):
                self.assertIn(self.refused(method, spelling, 443 if method == "CONNECT" else 80), (400, 403, 502))
        self.assertEqual(Metrics.of(self.daemon).total("sluice_upstream_connections_total"), 0)

    def test_the_gateways_own_listener(self):
        for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]"):
            self.assertIn(self.refused("GET", host, self.daemon.port), (400, 403))
            self.assertIn(self.refused("GET", host, self.daemon.metrics_port), (400, 403))
        self.daemon.tool("policy", "test", "http://localhost/", expect=1)  # what the tool foretells is what happens

    def test_own_addresses_that_are_not_loopback(self):
        own = own_address()
        if not own:
            self.skipTest("this machine has no address but loopback")
        # An address that belongs to this machine stays on it.
        self.assertIn(self.refused("GET", own, self.origin.port), (400, 403))

    def test_names_that_point_inside(self):
        self.dns.records.update({"inside.example": ["127.0.0.1"], "mapped.example": ["::ffff:127.0.0.1"], "six.example": ["::1"],
                                 "both.example": ["127.0.0.1", "::1"], "link.example": ["169.254.1.1"], "zero.example": ["0.0.0.0"]})
        for method, name in itertools.product(("GET", "CONNECT"), [n for n in self.dns.records if n != "link.example"]):
            with self.subTest(f"{method} {name}"):
                self.assertEqual(self.refused(method, name, 443 if method == "CONNECT" else self.origin.port), 403)
        self.assertEqual(self.origin.connections, 0)

    def test_a_name_whose_answer_changes_between_decision_and_connection(self):
        answers = itertools.cycle([["127.0.0.1"], ["::1"], ["127.0.0.2"], ["127.0.0.1"]])
        self.dns.ttl = 0
        self.dns.records["rebind.example"] = lambda kind: next(answers)
        for _ in range(20):
            self.assertIn(self.refused("GET", "rebind.example", self.origin.port), (403, 502))
        self.assertEqual(self.origin.connections, 0)


class LaterAddresses(SluiceTestCase):
    """An address that this host gets after the start is the gateway's own too. The daemon has a network of its own."""

    ADDRESS = "192.0.2.77"

    def ip(self, *arguments):
        self.run_program("nsenter", "-t", self.daemon.process.pid, "-n", "ip", *arguments)

    def verdict(self):
        outcome = self.daemon.tool("policy", "test", f"http://{self.ADDRESS}/", "-o", "json", expect=None)
        return outcome.json()["verdict"]

    def test_they_are_known_without_a_reload(self):
        self.require("ip", "nsenter")
        if os.geteuid() != 0:
            self.skipTest("only root makes network namespaces")
        self.daemon = self.start_daemon({"admin.metrics": ""}, policy=None, preexec=leave_the_network)
        self.assertEqual(self.verdict(), "allow")
        self.ip("address", "add", self.ADDRESS + "/32", "dev", "lo")
        eventually(lambda: self.verdict() == "deny", "a new address of this host is denied")
        self.ip("address", "del", self.ADDRESS + "/32", "dev", "lo")
        eventually(lambda: self.verdict() == "allow", "an address that has gone is not denied any more")


def leave_the_network():
    """In the child: a network namespace with nothing but a loopback interface that is down."""
    clone_newnet = 0x40000000
    if ctypes.CDLL(None, use_errno=True).unshare(clone_newnet) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


def own_address():
    """This machine's address on its default route, if it has one. No packet is sent by connecting a datagram socket."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(("192.0.2.1", 9))
            address = sock.getsockname()[0]
        except OSError:
            return None
    return None if address.startswith("127.") or address == "0.0.0.0" else address


if __name__ == "__main__":
    unittest.main()
