"""The test support itself, without a daemon: a wrong yardstick would hide a wrong gateway."""

import socket
import struct
import unittest

from support.client import Client
from support.daemon import Daemon
from support.http import Closed, chunked
from support.metrics import Metrics
from support.origin import ManualOrigin, reply, unused_port
from support.case import SluiceTestCase
from support.waiting import eventually


class Origin(SluiceTestCase):
    def test_it_answers_and_counts(self):
        origin = self.start_origin()
        origin.on("/x", reply(body=b"abc"))
        with Client(origin.port) as client:
            for _ in range(3):
                self.assertEqual(client.request("/x").body, b"abc")
            self.assertEqual(client.request("/other").status, 404)
        self.assertEqual((origin.count("/x"), origin.count(), origin.connections), (3, 4, 1))

    def test_it_reads_and_writes_chunks(self):
        origin = self.start_origin()
        origin.on("/echo", lambda exchange: reply(fields={"Transfer-Encoding": "chunked"})
                  + chunked(exchange.request.body, trailers="X-Sum: 1\r\n"))
        with Client(origin.port) as client:
            answer = client.request("/echo", "POST", {"Transfer-Encoding": "chunked"}, chunked(b"ab", b"c"))
        self.assertEqual((answer.body, answer.trailers.get("X-Sum")), (b"abc", "1"))

    def test_a_cut_answer_is_an_error(self):
        origin = self.start_origin()

        def cut(exchange):
            exchange.close = True
            return b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"

        origin.on("/cut", cut)
        with Client(origin.port) as client, self.assertRaises(Closed):
            client.request("/cut")

    def test_tls(self):
        origin = self.start_tls_origin()
        origin.on("/x", reply(body=b"secret"))
        with Client(origin.port) as client:
            client.start_tls()
            self.assertEqual(client.request("/x").body, b"secret")

    def test_a_failing_handler_fails_the_test(self):
        origin = ManualOrigin()
        origin.on("/x", lambda exchange: 1 / 0)
        with Client(origin.port) as client, self.assertRaises(Closed):
            client.request("/x")
        eventually(lambda: origin.errors, "the error is kept")
        with self.assertRaises(AssertionError):
            origin.close()

    def test_after_stop_connections_are_refused(self):
        origin = self.start_origin()
        origin.stop()
        with self.assertRaises(ConnectionRefusedError):
            Client(origin.port)

    def test_unused_ports_refuse(self):
        with self.assertRaises(ConnectionRefusedError):
            Client(unused_port())


class Dns(SluiceTestCase):
    def ask(self, dns, name, kind):
        query = struct.pack("!HHHHHH", 7, 0x0100, 1, 0, 0, 0)
        query += b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0" + struct.pack("!HH", kind, 1)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(5)
            sock.sendto(query, ("127.0.0.1", dns.port))
            answer = sock.recv(4096)
        flags, _, count = struct.unpack_from("!HHH", answer, 2)
        return flags & 15, count, answer[-4:]

    def test_it_answers_denies_and_fails(self):
        dns = self.start_dns({"a.example": ["127.0.0.1", "::1"]})
        self.assertEqual(self.ask(dns, "a.example", 1), (0, 1, b"\x7f\0\0\x01"))
        self.assertEqual(self.ask(dns, "a.example", 28)[:2], (0, 1))
        self.assertEqual(self.ask(dns, "b.example", 1)[:2], (3, 0))
        dns.failing = True
        self.assertEqual(self.ask(dns, "a.example", 1)[:2], (2, 0))
        self.assertEqual(dns.questions["a.example"], 3)


class SanitizerReports(unittest.TestCase):
    def report_in(self, *lines):
        daemon = Daemon()
        self.addCleanup(daemon.close)
        daemon.lines = list(lines)
        return daemon.sanitizer_report()

    def test_each_kind_is_found_and_shown_to_its_end(self):
        for line in ("WARNING: ThreadSanitizer: data race (pid=1)", "==1==ERROR: AddressSanitizer: heap-use-after-free",
                     "==1==ERROR: LeakSanitizer: detected memory leaks", "a.cpp:3:5: runtime error: signed integer overflow"):
            with self.subTest(line):
                self.assertEqual(self.report_in("sluiced: ready", line, "  #0 f"), f"{line}\n  #0 f")

    def test_what_the_daemon_says_itself_is_none(self):
        self.assertEqual(self.report_in("sluiced: ready", "sluiced: WARNING: something", "sluiced: error: no"), "")


class Exposition(unittest.TestCase):
    def test_it_is_parsed_and_summed(self):
        metrics = Metrics('# HELP a b\n# TYPE a counter\na{x="1",y="a\\"b"} 2\na{x="2"} 3\nb 1e3\n')
        self.assertEqual(metrics.total("a"), 5)
        self.assertEqual(metrics.total("a", x="1"), 2)
        self.assertEqual(metrics.total("b"), 1000)

    def test_nonsense_is_refused(self):
        for text in ("a b c\n", "a{x=1} 2\n", "a 1\na 2\n", "a 1"):
            with self.assertRaises(ValueError):
                Metrics(text)


if __name__ == "__main__":
    unittest.main()
