"""Requests whose framing or target can be read in two ways are refused and the connection is closed."""

import unittest

from support.case import SluiceTestCase
from support.client import Client, exchange
from support.origin import reply
from support.waiting import Stopwatch


def table(port):
    """(what, octets, statuses that may answer). HOST stands for the origin's authority."""
    host = f"127.0.0.1:{port}".encode()
    url = b"http://" + host + b"/x"

    def get(fields, target=url, method=b"GET", version=b"HTTP/1.1", hosts=b"Host: " + host + b"\r\n", body=b""):
        return method + b" " + target + b" " + version + b"\r\n" + hosts + fields + b"\r\n" + body

    def post(fields, body=b""):
        return get(fields, method=b"POST", body=body)

    def chunks(body, fields=b"Transfer-Encoding: chunked\r\n"):
        return post(fields, body)

    bad = (400,)
    return [
        # Content-Length, RFC 9110 8.6 and RFC 9112 6.3
        ("two different lengths", post(b"Content-Length: 3\r\nContent-Length: 4\r\n", b"abcd"), bad),
        ("different lengths in a list", post(b"Content-Length: 3, 4\r\n", b"abcd"), bad),
        ("a signed length", post(b"Content-Length: +3\r\n", b"abc"), bad),
        ("a negative length", post(b"Content-Length: -1\r\n"), bad),
        ("a hexadecimal length", post(b"Content-Length: 0x3\r\n", b"abc"), bad),
        ("an empty length", post(b"Content-Length: \r\n"), bad),
        ("a length with a blank inside", post(b"Content-Length: 1 2\r\n", b"abc"), bad),
        ("a length beyond 64 bits", post(b"Content-Length: 99999999999999999999999\r\n"), bad),
        ("a length with a comma at the end", post(b"Content-Length: 3,\r\n", b"abc"), bad),
        # Transfer-Encoding, RFC 9112 6.1
        ("length and coding", chunks(b"0\r\n\r\n", b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), bad),
        ("coding and length", chunks(b"0\r\n\r\n", b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), bad),
        ("chunked twice", chunks(b"0\r\n\r\n", b"Transfer-Encoding: chunked, chunked\r\n"), bad),
        ("chunked in two lines", chunks(b"0\r\n\r\n", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), bad),
        ("chunked is not last", chunks(b"0\r\n\r\n", b"Transfer-Encoding: chunked, gzip\r\n"), (400, 501)),
        ("an unknown coding", chunks(b"0\r\n\r\n", b"Transfer-Encoding: xchunked\r\n"), (400, 501)),
        ("an unknown coding ahead", chunks(b"0\r\n\r\n", b"Transfer-Encoding: gzip, chunked\r\n"), (400, 501)),
        ("identity", chunks(b"0\r\n\r\n", b"Transfer-Encoding: identity\r\n"), (400, 501)),
        ("a vertical tab in the coding", chunks(b"0\r\n\r\n", b"Transfer-Encoding: \x0bchunked\r\n"), (400, 501)),
        ("an empty coding", chunks(b"0\r\n\r\n", b"Transfer-Encoding:\r\n"), (400, 501)),
        ("a quoted coding", chunks(b"0\r\n\r\n", b'Transfer-Encoding: "chunked"\r\n'), (400, 501)),
        ("coding in HTTP/1.0", get(b"Transfer-Encoding: chunked\r\n", method=b"POST", version=b"HTTP/1.0", body=b"0\r\n\r\n"), bad),
        # line ends and octets, RFC 9112 2.2 and RFC 9110 5.5
        ("a bare LF after the request line", b"GET " + url + b" HTTP/1.1\nHost: " + host + b"\r\n\r\n", bad),
        ("a bare LF after a field", get(b"A: b\nC: d\r\n"), bad),
        ("a bare CR in a value", get(b"A: b\rC: d\r\n"), bad),
        ("a bare CR in the request line", b"GET " + url + b"\r HTTP/1.1\r\nHost: " + host + b"\r\n\r\n", bad),
        ("NUL in a value", get(b"A: b\0c\r\n"), bad),
        ("NUL in a name", get(b"A\0: b\r\n"), bad),
        ("a control octet in a value", get(b"A: b\x01c\r\n"), bad),
        ("DEL in a value", get(b"A: b\x7fc\r\n"), bad),
        ("obs-fold", get(b"A: b\r\n c\r\n"), bad),
        ("obs-fold with a tab", get(b"A: b\r\n\tc\r\n"), bad),
        ("a first field line that begins with a blank", get(b"", hosts=b" Host: " + host + b"\r\n"), bad),
        ("a blank before the colon", get(b"A : b\r\n"), bad),
        ("a tab before the colon", get(b"A\t: b\r\n"), bad),
        ("a blank before the colon of Content-Length", post(b"Content-Length : 3\r\n", b"abc"), bad),
        ("a blank before the colon of Transfer-Encoding", chunks(b"0\r\n\r\n", b"Transfer-Encoding : chunked\r\n"), bad),
        ("no colon", get(b"Nothing\r\n"), bad),
        ("an empty name", get(b": b\r\n"), bad),
        ("a name that is no token", get(b"A(b): c\r\n"), bad),
        ("a name beyond ASCII", get(b"\xc3\xa4: c\r\n"), bad),
        # request line, RFC 9112 3
        ("two blanks in the request line", b"GET  " + url + b" HTTP/1.1\r\nHost: " + host + b"\r\n\r\n", bad),
        ("a tab in the request line", b"GET\t" + url + b" HTTP/1.1\r\nHost: " + host + b"\r\n\r\n", bad),
        ("a blank in the target", get(b"", target=url + b" y"), bad),
        ("a blank ahead of the method", b" " + get(b""), bad),
        ("a method that is no token", get(b"", method=b"GE(T"), bad),
        ("no version", b"GET " + url + b"\r\nHost: " + host + b"\r\n\r\n", bad),
        ("lower-case version", get(b"", version=b"http/1.1"), (400, 505)),
        ("version 1.2.3", get(b"", version=b"HTTP/1.2.3"), (400, 505)),
        ("version 2.0", get(b"", version=b"HTTP/2.0"), (400, 505)),
        ("version 0.9", get(b"", version=b"HTTP/0.9"), (400, 505)),
        ("a control octet in the target", get(b"", target=url + b"\x01"), bad),
        ("octets beyond ASCII in the target", get(b"", target=url + b"\xff"), bad),
        # target and Host, RFC 9112 3.2 and RFC 9110 4.2.4, 7.2
        ("no Host", get(b"", hosts=b""), bad),
        ("two Hosts", get(b"Host: " + host + b"\r\n"), bad),
        ("a Host that disagrees", get(b"", hosts=b"Host: other.example\r\n"), bad),
        ("a Host with a path", get(b"", hosts=b"Host: " + host + b"/x\r\n"), bad),
        ("a Host with user information", get(b"", hosts=b"Host: a@" + host + b"\r\n"), bad),
        ("a Host list", get(b"", hosts=b"Host: " + host + b", " + host + b"\r\n"), bad),
        ("user information in the target", get(b"", target=b"http://user:pw@" + host + b"/x"), bad),
        ("an empty host", get(b"", target=b"http:///x"), bad),
        ("port 0", get(b"", target=b"http://127.0.0.1:0/", hosts=b"Host: 127.0.0.1:0\r\n"), bad),
        ("a port that is too large", get(b"", target=b"http://127.0.0.1:65536/", hosts=b"Host: 127.0.0.1:65536\r\n"), bad),
        ("a port that is no number", get(b"", target=b"http://127.0.0.1:8x/", hosts=b"Host: 127.0.0.1:8x\r\n"), bad),
        ("a fragment", get(b"", target=url + b"#f"), bad),
        ("an unknown scheme", get(b"", target=b"gopher://" + host + b"/"), (400, 501)),
        ("origin-form on an explicit listener", get(b"", target=b"/x"), bad),
        ("CONNECT without a port", b"CONNECT 127.0.0.1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", bad),
        ("CONNECT with a path", b"CONNECT " + host + b"/ HTTP/1.1\r\nHost: " + host + b"\r\n\r\n", bad),
        ("CONNECT with a URL", b"CONNECT " + url + b" HTTP/1.1\r\nHost: " + host + b"\r\n\r\n", bad),
        ("CONNECT with user information", b"CONNECT a@" + host + b" HTTP/1.1\r\nHost: " + host + b"\r\n\r\n", bad),
        ("GET in authority-form", b"GET " + host + b" HTTP/1.1\r\nHost: " + host + b"\r\n\r\n", bad),
        # limits
        ("a target of 17 KiB", get(b"", target=url + b"?" + b"a" * 17408), (414,)),
        ("a field of 70 KiB", get(b"A: " + b"b" * 71680 + b"\r\n"), (431,)),
        ("201 fields", get(b"".join(b"A%d: b\r\n" % n for n in range(201))), (431,)),
        ("a method of 20 KiB", get(b"", method=b"M" * 20480), (400, 414, 431, 501)),
        # things that are not HTTP
        ("a TLS ClientHello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 60 + b"\r\n\r\n", bad),
        ("the HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400, 505)),
        ("random octets", bytes(range(128, 255)) * 4 + b"\r\n\r\n", bad),
        ("only line ends, then nothing", b"\r\n" * 40 + b"x\r\n\r\n", bad),
    ]


def chunk_table():
    """(what, octets after the head of a chunked request)."""
    return [
        ("a size that is no number", b"x\r\nabc\r\n0\r\n\r\n"),
        ("an empty size", b"\r\nabc\r\n0\r\n\r\n"),
        ("a signed size", b"+3\r\nabc\r\n0\r\n\r\n"),
        ("a negative size", b"-3\r\nabc\r\n0\r\n\r\n"),
        ("0x", b"0x3\r\nabc\r\n0\r\n\r\n"),
        ("a blank ahead of the size", b" 3\r\nabc\r\n0\r\n\r\n"),
        ("a size beyond 64 bits", b"10000000000000003\r\nabc\r\n0\r\n\r\n"),
        ("a bare LF after the size", b"3\nabc\r\n0\r\n\r\n"),
        ("a bare LF after the chunk", b"3\r\nabc\n0\r\n\r\n"),
        ("a bare CR after the size", b"3\rabc\r\n0\r\n\r\n"),
        ("a chunk that is longer than its size", b"3\r\nabcd\r\n0\r\n\r\n"),
        ("a chunk that is shorter than its size", b"5\r\nabc\r\n0\r\n\r\n"),
        ("a bare LF at the very end", b"3\r\nabc\r\n0\r\n\n"),
        ("a control octet in an extension", b"3;a=\x01\r\nabc\r\n0\r\n\r\n"),
        ("a bare LF in an extension", b"3;a\n\r\nabc\r\n0\r\n\r\n"),
        ("an extension of 2 KiB", b"3;a=" + b"b" * 2048 + b"\r\nabc\r\n0\r\n\r\n"),
        ("32 KiB of extensions", (b"1;a=" + b"b" * 900 + b"\r\nx\r\n") * 36 + b"0\r\n\r\n"),
        ("a trailer without a colon", b"3\r\nabc\r\n0\r\nNothing\r\n\r\n"),
        ("a trailer with a bare LF", b"3\r\nabc\r\n0\r\nA: b\n\r\n"),
        ("16 KiB of trailers", b"3\r\nabc\r\n0\r\n" + b"A: " + b"b" * 16384 + b"\r\n\r\n"),
    ]


class StrictRequests(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.origin = self.start_origin()
        self.origin.default = lambda _: reply(body=b"served")
        self.daemon = self.start_daemon()

    def test_ambiguous_heads_are_refused_and_never_forwarded(self):
        for what, octets, statuses in table(self.origin.port):
            with self.subTest(what):
                response, closed = exchange(self.daemon.port, octets + b"GET http://smuggled.example/ HTTP/1.1\r\n\r\n")
                self.assertIn(response.status, statuses)
                self.assertTrue(closed, "the connection must end")
                self.assertEqual(response.fields.get("Cache-Control"), "no-store")
        self.assertEqual(self.origin.count(), 0, self.origin.by_target())

    def test_broken_chunks_are_refused_and_the_origin_never_sees_a_whole_message(self):
        host = self.origin.authority.encode()
        head = b"POST http://" + host + b"/c HTTP/1.1\r\nHost: " + host + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
        for what, body in chunk_table():
            with self.subTest(what):
                response, closed = exchange(self.daemon.port, head + body)
                self.assertEqual(response.status, 400)
                self.assertTrue(closed)
        self.assertEqual(self.origin.count("/c"), 0, "a request counts when its whole content was read")

    def test_good_requests_that_look_unusual_are_served(self):
        host = self.origin.authority.encode()
        url = b"http://" + host
        cases = [
            ("an empty line ahead of the request line", b"\r\nGET " + url + b"/a HTTP/1.1\r\nHost: " + host + b"\r\n\r\n"),
            ("no blank after the colon", b"GET " + url + b"/b HTTP/1.1\r\nHost:" + host + b"\r\n\r\n"),
            ("blanks around a value", b"GET " + url + b"/c HTTP/1.1\r\nHost: \t" + host + b" \t\r\n\r\n"),
            ("an empty value", b"GET " + url + b"/d HTTP/1.1\r\nHost: " + host + b"\r\nEmpty:\r\n\r\n"),
            ("upper-case scheme", b"GET HTTP://" + host + b"/e HTTP/1.1\r\nHost: " + host + b"\r\n\r\n"),
            ("octets beyond ASCII in a value", b"GET " + url + b"/f HTTP/1.1\r\nHost: " + host + b"\r\nA: \xc3\xa4\r\n\r\n"),
            ("no path", b"GET " + url + b" HTTP/1.1\r\nHost: " + host + b"\r\n\r\n"),
            ("a query without a path", b"GET " + url + b"?q HTTP/1.1\r\nHost: " + host + b"\r\n\r\n"),
            ("chunk extensions", b"POST " + url + b"/g HTTP/1.1\r\nHost: " + host
             + b"\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\n\r\n"),
            ("leading zeros in a chunk size", b"POST " + url + b"/h HTTP/1.1\r\nHost: " + host
             + b"\r\nTransfer-Encoding: chunked\r\n\r\n0003\r\nabc\r\n000\r\n\r\n"),
            ("Chunked", b"POST " + url + b"/i HTTP/1.1\r\nHost: " + host
             + b"\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
            ("an extension method", b"PROPFIND " + url + b"/j HTTP/1.1\r\nHost: " + host + b"\r\n\r\n"),
            ("200 fields", b"GET " + url + b"/k HTTP/1.1\r\nHost: " + host + b"\r\n"
             + b"".join(b"A%d: b\r\n" % n for n in range(190)) + b"\r\n"),
            ("60 KiB of head", b"GET " + url + b"/l HTTP/1.1\r\nHost: " + host + b"\r\nA: " + b"b" * 60000 + b"\r\n\r\n"),
            ("HTTP/1.0 without Host", b"GET " + url + b"/m HTTP/1.0\r\n\r\n"),
        ]
        for what, octets in cases:
            with self.subTest(what):
                with Client(self.daemon.port) as client:
                    client.send(octets)
                    self.assertEqual(client.response().body, b"served")

    def test_a_head_that_arrives_octet_by_octet_is_served(self):
        host = self.origin.authority
        with Client(self.daemon.port) as client:
            for octet in f"GET http://{host}/slow HTTP/1.1\r\nHost: {host}\r\n\r\n".encode():
                client.send(bytes([octet]))
            self.assertEqual(client.response().status, 200)

    def test_the_largest_legal_head_costs_next_to_nothing(self):
        host = self.origin.authority.encode()
        fields = b"".join(b"A%d: %s\r\n" % (n, b"b" * 300) for n in range(195))
        octets = b"GET http://" + host + b"/big HTTP/1.1\r\nHost: " + host + b"\r\n" + fields + b"\r\n"
        with Client(self.daemon.port) as client:
            watch = Stopwatch()
            for _ in range(50):
                client.send(octets)
                self.assertEqual(client.response().status, 200)
            self.assertLess(watch.seconds(), 5)

    def test_a_body_on_get_is_framed_and_passed_on(self):
        url = self.origin.on("/get-body", lambda exchange: reply(body=exchange.request.body))
        with Client(self.daemon.port) as client:
            self.assertEqual(client.request(url, body=b"content").body, b"content")
            self.assertEqual(client.request(url, body=b"again").body, b"again")


if __name__ == "__main__":
    unittest.main()
