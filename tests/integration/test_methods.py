"""HEAD, OPTIONS, TRACE, Expect, trailers, Upgrade, and the fields a proxy adds, keeps or takes away."""

import base64
import hashlib
import os
import unittest

from support.case import SluiceTestCase
from support.client import Client
from support.http import chunked, read_head
from support.origin import Gate, reply
from support.waiting import eventually


class Methods(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.origin = self.start_origin()
        self.daemon = self.start_daemon()

    def test_head_passes_through_without_content(self):
        url = self.origin.on("/x", lambda exchange: reply(fields={"Content-Length": "10", "X": "y"}))
        with Client(self.daemon.port) as client:
            for _ in range(2):
                answer = client.request(url, "HEAD")
                self.assertEqual((answer.status, answer.fields["Content-Length"]), (200, "10"))

    def test_options_with_max_forwards_0_ends_here(self):
        url = self.origin.on("/x", reply(body=b"origin"))
        for target in (url, f"http://{self.origin.authority}"):
            answer = self.get(self.daemon, target, {"Max-Forwards": "0"}, method="OPTIONS")
            self.assertEqual(answer.status // 100, 2)
            self.assertIn("GET", answer.fields.get("Allow", ""))
        self.assertEqual(self.origin.count(), 0)

    def test_max_forwards_counts_down(self):
        url = self.origin.on("/x", reply(body=b"origin"))
        for method in ("OPTIONS", "TRACE"):
            self.get(self.daemon, url, {"Max-Forwards": "3"}, method=method)
            self.assertEqual(self.origin.last().fields["Max-Forwards"], "2")

    def test_options_star_reaches_the_origin_as_a_star(self):
        self.origin.on("*", reply(body=b"", fields={"Allow": "GET"}))
        self.get(self.daemon, f"http://{self.origin.authority}", method="OPTIONS")
        self.assertEqual(self.origin.last().target, "*")

    def test_trace_with_max_forwards_0_is_answered_without_secrets(self):
        url = self.origin.on("/x", reply(body=b"origin"))
        answer = self.get(self.daemon, url, {"Max-Forwards": "0", "Authorization": "Basic c2VjcmV0", "Cookie": "secret=1"},
                          method="TRACE")
        self.assertEqual(self.origin.count(), 0)
        if answer.status == 200:
            self.assertEqual(answer.fields["Content-Type"], "message/http")
            self.assertIn(b"TRACE", answer.body)
        self.assertNotIn(b"c2VjcmV0", answer.body)
        self.assertNotIn(b"secret=1", answer.body)

    def test_get_ignores_max_forwards(self):
        url = self.origin.on("/x", reply(body=b"origin"))
        self.assertEqual(self.get(self.daemon, url, {"Max-Forwards": "0"}).body, b"origin")

    def test_methods_nobody_knows_pass_through(self):
        url = self.origin.on("/x", lambda exchange: reply(body=exchange.request.method))
        self.assertEqual(self.get(self.daemon, url, method="SLUICE-TEST").body, b"SLUICE-TEST")

    def test_expect_continue_waits_for_the_origin(self):
        gate = Gate()
        self.addCleanup(gate.open)

        def careful(exchange):
            gate.wait()
            exchange.send("HTTP/1.1 100 Continue\r\n\r\n")
            return reply(body=exchange.read_body())

        url = self.origin.on("/x", careful, body=False)
        with Client(self.daemon.port) as client:
            client.send_request(url, "POST", {"Expect": "100-continue", "Content-Length": "5"})
            eventually(lambda: gate.waiting, "the head is at the origin ahead of the content")
            gate.open()
            self.assertEqual(read_head(client).status, 100)
            client.send("hello")
            self.assertEqual(client.response().body, b"hello")

    def test_expect_continue_refused_by_the_origin(self):
        def refuse(exchange):
            exchange.close = True
            return reply(403, b"no", {"Connection": "close"}, "Forbidden")

        url = self.origin.on("/x", refuse, body=False)
        with Client(self.daemon.port) as client:
            client.send_request(url, "POST", {"Expect": "100-continue", "Content-Length": "5"})
            answer = client.response()
            self.assertEqual((answer.status, answer.interim), (403, []))

    def test_a_denied_upload_is_never_asked_for(self):
        daemon = self.start_daemon(policy="deny host .denied.example\nallow\n")
        with Client(daemon.port) as client:
            client.send_request("http://denied.example/", "POST", {"Expect": "100-continue", "Content-Length": "5"})
            answer = client.response()
            self.assertEqual((answer.status, answer.interim), (403, []))

    def test_an_unknown_expectation_is_417_or_passed_on(self):
        url = self.origin.on("/x", reply(body=b"x"))
        self.assertIn(self.get(self.daemon, url, {"Expect": "miracles"}).status, (200, 417))

    def test_https_in_absolute_form_is_refused_and_nothing_sent_in_the_clear(self):
        url = self.origin.on("/secret", reply(body=b"x")).replace("http://", "https://")
        self.assertEqual(self.get(self.daemon, url).status, 501)
        self.assertEqual(self.origin.connections, 0)

    def test_trailers_reach_a_client_that_asked_for_them(self):
        url = self.origin.on("/t", reply(fields={"Transfer-Encoding": "chunked", "Trailer": "Content-MD5"})
                             + chunked(b"abc", trailers="Content-MD5: 900150983cd24fb0\r\n"))
        answer = self.get(self.daemon, url, {"TE": "trailers", "Connection": "TE"})
        self.assertEqual(answer.body, b"abc")
        self.assertEqual(answer.trailers.get("Content-MD5"), "900150983cd24fb0")

    def test_dangerous_trailers_go_no_further(self):
        url = self.origin.on("/t", reply(fields={"Transfer-Encoding": "chunked"}) + chunked(
            b"abc", trailers="Content-Length: 9\r\nTransfer-Encoding: chunked\r\nHost: x\r\nSet-Cookie: a=b\r\nConnection: close\r\n"
                             "Surrogate-Key: secret\r\nX-Accel-Redirect: /etc\r\n"))
        answer = self.get(self.daemon, url, {"TE": "trailers", "Connection": "TE"})
        self.assertEqual(answer.body, b"abc")
        for name in ("Content-Length", "Transfer-Encoding", "Host", "Connection", "Surrogate-Key", "X-Accel-Redirect"):
            self.assertNotIn(name, answer.trailers)
        for name in ("Content-Length", "Host", "Set-Cookie"):
            self.assertNotIn(name, answer.fields, "a trailer field is never merged into the head")

    def test_request_trailers_are_passed_on_or_dropped_but_never_merged(self):
        url = self.origin.on("/t", lambda exchange: reply(body=exchange.request.body))
        with Client(self.daemon.port) as client:
            client.send_request(url, "POST", {"Transfer-Encoding": "chunked"}, chunked(b"abc", trailers="X-Late: 1\r\nHost: evil\r\n"))
            self.assertEqual(client.response().body, b"abc")
        last = self.origin.last()
        self.assertNotIn("X-Late", last.fields)
        self.assertEqual(last.fields.all("Host"), [self.origin.authority])
        self.assertNotIn("Host", last.trailers)


class Upgrades(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.origin = self.start_origin()
        self.daemon = self.start_daemon()

    def switch(self, exchange):
        """RFC 6455's handshake, then an echo of frames as raw octets."""
        key = exchange.fields["Sec-WebSocket-Key"]
        digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        exchange.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      f"Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}\r\n\r\n")
        if exchange.stream.buffer:
            exchange.send(bytes(exchange.stream.buffer))
            exchange.stream.buffer.clear()
        while exchange.stream.fill():
            exchange.send(bytes(exchange.stream.buffer))
            exchange.stream.buffer.clear()
        exchange.close = True

    def handshake(self, early=b""):
        url = self.origin.on("/socket", self.switch, body=False)
        client = self.connect(self.daemon)
        client.send(f"GET {url} HTTP/1.1\r\nHost: {self.origin.authority}\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
                    f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n".encode() + early)
        answer = read_head(client)
        self.assertEqual(answer.status, 101, answer.head)
        self.assertEqual(answer.fields["Upgrade"].lower(), "websocket")
        self.assertIn("upgrade", answer.fields["Connection"].lower())
        return client

    def test_a_web_socket_echoes_through(self):
        client = self.handshake()
        for size in (1, 1000, 100000):
            data = os.urandom(size)
            client.send(data)
            self.assertEqual(client.take(size), data)

    def test_octets_sent_right_behind_the_handshake_arrive(self):
        client = self.handshake(early=b"\x81\x85\x00\x00\x00\x00early")
        self.assertEqual(client.take(11), b"\x81\x85\x00\x00\x00\x00early")

    def test_closing_one_side_closes_the_other(self):
        client = self.handshake()
        client.send(b"x")
        client.take(1)
        self.origin.drop_connections()
        self.assertTrue(client.is_closed_by_peer())

    def test_an_origin_that_does_not_switch_answers_as_usual(self):
        url = self.origin.on("/plain", reply(body=b"no sockets here"))
        client = self.connect(self.daemon)
        for _ in range(2):
            answer = client.request(url, fields={"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
                                                 "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="})
            self.assertEqual((answer.status, answer.body), (200, b"no sockets here"))

    def test_an_upgrade_that_no_connection_field_names_is_stripped(self):
        url = self.origin.on("/plain", reply(body=b"x"))
        self.get(self.daemon, url, {"Upgrade": "websocket"})
        self.assertNotIn("Upgrade", self.origin.last().fields)

    def test_a_web_socket_is_recorded_when_it_ends(self):
        client = self.handshake()
        client.send(b"x")
        client.take(1)
        client.close()
        eventually(lambda: any('"status":101' in line.replace(" ", "") for line in self.daemon.log_lines()), "a line about the tunnel")


class FieldsAddedAndRemoved(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.origin = self.start_origin()
        self.url = self.origin.on("/x", reply(body=b"x"))

    def forwarded(self, fields, settings=None):
        daemon = self.start_daemon(settings)
        self.get(daemon, self.url, fields)
        return self.origin.last().fields

    def test_connection_specific_fields_are_stripped(self):
        fields = self.forwarded([("Connection", "keep-alive, X-Hop"), ("X-Hop", "1"), ("Keep-Alive", "5"), ("Proxy-Connection", "close"),
                                 ("Proxy-Authorization", "Basic x"), ("TE", "gzip"), ("X-End", "2")])
        for name in ("X-Hop", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization"):
            self.assertNotIn(name, fields)
        self.assertEqual(fields["X-End"], "2")

    def test_connection_cannot_name_host_away(self):
        fields = self.forwarded([("Connection", "Host, X-End"), ("X-End", "2")])
        self.assertEqual(fields.all("Host"), [self.origin.authority])

    def test_the_request_goes_out_in_origin_form_with_via(self):
        fields = self.forwarded([])
        self.assertEqual(self.origin.last().target, "/x")
        self.assertIn("1.1 sluice", fields["Via"])

    def test_forwarded_fields_by_configuration(self):
        sent = [("Forwarded", "for=192.0.2.1"), ("X-Forwarded-For", "192.0.2.1")]
        for mode, expected in (("delete", (None, None)), ("leave", ("for=192.0.2.1", "192.0.2.1"))):
            with self.subTest(mode):
                fields = self.forwarded(sent, {"forwarding.forwarded": mode, "forwarding.x_forwarded_for": mode})
                self.assertEqual((fields.get("Forwarded"), fields.get("X-Forwarded-For")), expected)
        fields = self.forwarded(sent, {"forwarding.forwarded": "add", "forwarding.x_forwarded_for": "add"})
        self.assertTrue(fields["Forwarded"].startswith("for=192.0.2.1"))
        self.assertIn("for=127.0.0.1", fields["Forwarded"].replace('"', ""))
        self.assertEqual(fields["X-Forwarded-For"].replace(" ", ""), "192.0.2.1,127.0.0.1")

    def test_nothing_is_added_by_default(self):
        fields = self.forwarded([])
        self.assertNotIn("Forwarded", fields)
        self.assertNotIn("X-Forwarded-For", fields)

    def test_the_via_name_is_configurable(self):
        self.assertIn("1.1 edge-7", self.forwarded([], {"forwarding.via_name": "edge-7"})["Via"])

    def test_repeated_fields_keep_their_order(self):
        fields = self.forwarded([("Cookie", "a=1"), ("X", "1"), ("X", "2"), ("Cookie", "b=2")])
        self.assertEqual(fields.all("X"), ["1", "2"])

    def test_set_cookie_lines_are_not_merged(self):
        url = self.origin.on("/cookies", reply(body=b"x", fields=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2, c")]))
        daemon = self.start_daemon()
        self.assertEqual(self.get(daemon, url).fields.all("Set-Cookie"), ["a=1", "b=2, c"])


if __name__ == "__main__":
    unittest.main()
