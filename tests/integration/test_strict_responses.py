"""An upstream's answer is held to the same strictness: what cannot be read in one way becomes a 502 and is never kept."""

import threading
import unittest

from support.case import SluiceTestCase
from support.client import Client
from support.http import Closed
from support.origin import reply

OK = b"HTTP/1.1 200 OK\r\n"
BAD_ANSWERS = [
    ("no HTTP at all", b"220 mail.example ESMTP\r\n\r\n"),
    ("HTTP/0.9", b"<html>hello</html>\r\n\r\n"),
    ("version 2.0", b"HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
    ("a status of two digits", b"HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nhi"),
    ("a status of four digits", b"HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nhi"),
    ("a status below 100", b"HTTP/1.1 099 OK\r\nContent-Length: 2\r\n\r\nhi"),
    ("two different lengths", OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi!"),
    ("a length list that differs", OK + b"Content-Length: 2, 3\r\n\r\nhi!"),
    ("a negative length", OK + b"Content-Length: -2\r\n\r\nhi"),
    ("a length with a sign", OK + b"Content-Length: +2\r\n\r\nhi"),
    ("length and coding", OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
    ("chunked twice", OK + b"Transfer-Encoding: chunked, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
    ("an unknown coding", OK + b"Transfer-Encoding: wave\r\n\r\nhi"),
    ("a bare LF", b"HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\nhi"),
    ("a bare LF after a field", OK + b"A: b\nContent-Length: 2\r\n\r\nhi"),
    ("a bare CR in a value", OK + b"A: b\rc\r\nContent-Length: 2\r\n\r\nhi"),
    ("NUL in a value", OK + b"A: b\0c\r\nContent-Length: 2\r\n\r\nhi"),
    ("obs-fold", OK + b"A: b\r\n c\r\nContent-Length: 2\r\n\r\nhi"),
    ("a blank before the colon", OK + b"Content-Length : 2\r\n\r\nhi"),
    ("a field without a colon", OK + b"Nothing\r\nContent-Length: 2\r\n\r\nhi"),
    ("a head of 70 KiB", OK + b"A: " + b"b" * 71680 + b"\r\nContent-Length: 2\r\n\r\nhi"),
    ("201 fields", OK + b"".join(b"A%d: b\r\n" % n for n in range(201)) + b"Content-Length: 2\r\n\r\nhi"),
    ("closed ahead of the head", b""),
    ("closed in the middle of the head", OK + b"Content-Le"),
]
CUT_ANSWERS = [
    ("short of its length", OK + b"Cache-Control: max-age=60\r\nContent-Length: 10\r\n\r\nabc"),
    ("no last chunk", OK + b"Cache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"),
    ("in the middle of a chunk", OK + b"Cache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc"),
    ("no end of the trailers", OK + b"Cache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\n"),
    ("a bad chunk size", OK + b"Cache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\nabc\r\n0\r\n\r\n"),
    ("a chunk with a bare LF", OK + b"Cache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\n0\r\n\r\n"),
]


def then_close(octets):
    def answer(exchange):
        exchange.close = True
        return octets

    return answer


class StrictResponses(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.origin = self.start_origin()
        self.daemon = self.start_daemon()

    def test_malformed_heads_become_502(self):
        for number, (what, octets) in enumerate(BAD_ANSWERS):
            with self.subTest(what):
                url = self.origin.on(f"/bad{number}", then_close(octets))
                response = self.get(self.daemon, url)
                self.assertEqual(response.status, 502)
                self.assertIn("error=", response.fields["Proxy-Status"])
                self.assertNotEqual(response.body[:2], b"hi")

    def test_a_cut_answer_is_visibly_cut_and_never_kept(self):
        for number, (what, octets) in enumerate(CUT_ANSWERS):
            with self.subTest(what):
                path = f"/cut{number}"
                url = self.origin.on(path, then_close(octets))
                for _ in range(2):
                    with Client(self.daemon.port) as client, self.assertRaises(Closed):
                        client.request(url)
                self.assertEqual(self.origin.count(path), 2, "nothing of it may be reused")
                whole = self.origin.on(path, reply(body=b"whole", fields={"Cache-Control": "max-age=60"}))
                self.assertEqual(self.get(self.daemon, whole).body, b"whole")

    def test_an_answer_without_framing_that_ends_with_the_connection_is_whole(self):
        url = self.origin.on("/to-end", then_close(OK + b"\r\nall of it"))
        self.assertEqual(self.get(self.daemon, url).body, b"all of it")

    def test_an_http_1_0_origin(self):
        url = self.origin.on("/old", then_close(b"HTTP/1.0 200 OK\r\n\r\nold but good"))
        response = self.get(self.daemon, url)
        self.assertEqual((response.version, response.body), ("HTTP/1.1", b"old but good"))

    def test_octets_after_an_answer_end_that_upstream_connection(self):
        extra = reply(body=b"one") + b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled"
        first = self.origin.on("/first", extra)
        second = self.origin.on("/second", reply(body=b"two"))
        with Client(self.daemon.port) as client:
            self.assertEqual(client.request(first).body, b"one")
            self.assertEqual(client.request(second).body, b"two")
        self.assertEqual(self.origin.connections, 2)

    def test_octets_that_arrive_late_on_an_idle_connection_end_it(self):
        late = threading.Event()

        def answer(exchange):
            exchange.send(reply(body=b"one"))
            late.wait(10)
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled")
            sent.set()

        sent = threading.Event()
        first = self.origin.on("/first", answer)
        second = self.origin.on("/second", reply(body=b"two"))
        with Client(self.daemon.port) as client:
            self.assertEqual(client.request(first).body, b"one")
            late.set()
            self.assertTrue(sent.wait(10))
            self.assertEqual(client.request(second).body, b"two")

    def test_a_304_or_204_with_a_length_has_no_content(self):
        url = self.origin.on("/none", reply(204, fields={"Content-Length": "5"}, reason="No Content"))
        second = self.origin.on("/second", reply(body=b"two"))
        with Client(self.daemon.port) as client:
            self.assertEqual(client.request(url).status, 204)
            self.assertEqual(client.request(second).body, b"two")

    def test_connection_specific_fields_go_no_further(self):
        url = self.origin.on("/fields", reply(body=b"x", fields=[
            ("Connection", "keep-alive, X-Hop"), ("Keep-Alive", "timeout=5"), ("X-Hop", "1"), ("X-End", "2"),
            ("Proxy-Authenticate", "Basic"), ("Upgrade", "h2c")]))
        response = self.get(self.daemon, url)
        for name in ("X-Hop", "Keep-Alive", "Upgrade"):
            self.assertNotIn(name, response.fields)
        self.assertEqual(response.fields["X-End"], "2")

    def test_interim_responses_are_passed_on(self):
        url = self.origin.on("/hints", b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" + reply(body=b"x"))
        response = self.get(self.daemon, url)
        self.assertEqual([interim.status for interim in response.interim], [103])
        self.assertEqual(response.interim[0].fields["Link"], "</a.css>; rel=preload")

    def test_a_101_that_nobody_asked_for_is_refused(self):
        url = self.origin.on("/switch", then_close(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"))
        self.assertEqual(self.get(self.daemon, url).status, 502)

    def test_endless_interim_responses_end(self):
        def endless(exchange):
            try:
                for _ in range(100000):
                    exchange.send(b"HTTP/1.1 102 Processing\r\n\r\n")
            except OSError:
                pass  # the gateway had enough
            exchange.close = True

        url = self.origin.on("/endless", endless)
        with Client(self.daemon.port) as client:
            client.send_request(url)
            statuses = []
            try:
                response = client.response()
                statuses = [response.status]
                self.assertLess(len(response.interim), 1000)
            except Closed:
                pass  # closing is as good as a 502 once interim responses went out
            self.assertIn(statuses, ([], [502]))


if __name__ == "__main__":
    unittest.main()
