"""Client connections: pipelining, keep-alive on both sides, deadlines, many idle ones, HTTP/1.0."""

import unittest

from support.case import SluiceTestCase
from support.client import Client, Closed
from support.http import chunked
from support.origin import Gate, reply
from support.waiting import Stopwatch, eventually


class Connections(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.origin = self.start_origin()

    def head(self, path, fields="", method="GET", version="HTTP/1.1"):
        return f"{method} {self.origin.url(path)} {version}\r\nHost: {self.origin.authority}\r\n{fields}\r\n"

    def test_pipelined_requests_are_answered_in_order(self):
        daemon = self.start_daemon()
        count = 40
        for number in range(count):
            self.origin.on(f"/{number}", reply(body=f"answer {number}"))
        client = self.connect(daemon)
        client.send("".join(self.head(f"/{number}") for number in range(count)))
        self.assertEqual([client.response().body for _ in range(count)], [b"answer %d" % n for n in range(count)])

    def test_pipelined_requests_mix_stored_passed_through_uploaded_and_refused(self):
        daemon = self.start_daemon(policy="deny host .denied.example\nallow\n")
        self.origin.on("/kept", reply(body=b"kept", fields={"Cache-Control": "max-age=60"}))
        self.origin.on("/echo", lambda exchange: reply(body=exchange.request.body))
        self.get(daemon, self.origin.url("/kept"))
        client = self.connect(daemon)
        client.send(self.head("/kept")
                    + self.head("/echo", "Content-Length: 3\r\n", "POST") + "abc"
                    + "GET http://denied.example/ HTTP/1.1\r\nHost: denied.example\r\n\r\n"
                    + self.head("/echo", "Transfer-Encoding: chunked\r\n", "POST") + chunked(b"de", b"f").decode()
                    + self.head("/kept"))
        answers = [client.response() for _ in range(5)]
        self.assertEqual([answer.status for answer in answers], [200, 200, 403, 200, 200])
        self.assertEqual([answers[n].body for n in (0, 1, 3, 4)], [b"kept", b"abc", b"def", b"kept"])

    def test_a_denied_upload_does_not_desynchronise_the_connection(self):
        daemon = self.start_daemon(policy="deny host .denied.example\nallow\n")
        url = self.origin.on("/x", reply(body=b"x"))
        client = self.connect(daemon)
        client.send("POST http://denied.example/ HTTP/1.1\r\nHost: denied.example\r\nContent-Length: 50\r\n\r\n")
        self.assertEqual(client.response().status, 403)
        try:
            client.send(b"GET http://smuggled.example/ HTTP/1.1\r\nA:1234567\r\n\r\n"[:50])
            self.assertEqual(client.request(url).body, b"x")
        except (Closed, BrokenPipeError, ConnectionResetError):
            pass  # closing instead of reading what nobody wants is right as well

    def test_both_sides_are_kept_alive(self):
        daemon = self.start_daemon()
        url = self.origin.on("/x", reply(body=b"x"))
        client = self.connect(daemon)
        for _ in range(20):
            self.assertEqual(client.request(url).body, b"x")
        self.assertEqual(self.origin.connections, 1)
        self.assertEqual(self.origin.count("/x"), 20)

    def test_different_clients_of_a_worker_reuse_one_upstream_connection(self):
        daemon = self.start_daemon({"workers": "1"})
        url = self.origin.on("/x", reply(body=b"x"))
        for _ in range(5):
            self.get(daemon, url)
        self.assertEqual(self.origin.connections, 1)

    def test_connection_close_is_honoured(self):
        daemon = self.start_daemon()
        url = self.origin.on("/x", reply(body=b"x"))
        client = self.connect(daemon)
        response = client.request(url, fields={"Connection": "close"})
        self.assertEqual(response.fields.get("Connection", "").lower(), "close")
        self.assertTrue(client.is_closed_by_peer())

    def test_an_origin_that_closes_does_not_close_the_client(self):
        daemon = self.start_daemon()

        def once(exchange):
            exchange.close = True
            return reply(body=b"x", fields={"Connection": "close"})

        url = self.origin.on("/x", once)
        client = self.connect(daemon)
        for _ in range(3):
            response = client.request(url)
            self.assertEqual(response.body, b"x")
            self.assertNotIn("close", response.fields.get("Connection", ""))
        self.assertEqual(self.origin.connections, 3)

    def test_a_reused_connection_that_turns_out_closed_is_retried(self):
        daemon = self.start_daemon()

        def answer(exchange):
            if exchange.connection_number == 1 and self.origin.count("/x") > 1:
                exchange.close = True  # close without an answer: the race every keep-alive pool loses now and then
                return None
            return reply(body=b"x")

        url = self.origin.on("/x", answer)
        client = self.connect(daemon)
        self.assertEqual(client.request(url).body, b"x")
        self.assertEqual(client.request(url).body, b"x")
        self.assertEqual(self.origin.connections, 2)

    def test_a_post_whose_connection_closes_unanswered_is_not_sent_twice(self):
        daemon = self.start_daemon()

        def answer(exchange):
            exchange.close = exchange.request.method == "POST"
            return None if exchange.close else reply(body=b"x")

        url = self.origin.on("/x", answer)
        client = self.connect(daemon)
        client.request(url)
        self.assertEqual(client.request(url, "POST", body=b"pay").status, 502)
        self.assertEqual(self.origin.count("/x"), 2)

    def test_upstream_connections_closed_by_an_idle_origin_cause_no_error(self):
        daemon = self.start_daemon()
        url = self.origin.on("/x", reply(body=b"x"))
        client = self.connect(daemon)
        for _ in range(10):
            self.assertEqual(client.request(url).status, 200)
            self.origin.drop_connections()

    def test_http_1_0_clients_get_a_close_and_no_chunks(self):
        daemon = self.start_daemon()
        self.origin.on("/x", reply(fields={"Transfer-Encoding": "chunked"}) + chunked(b"abc", b"def"))
        client = self.connect(daemon)
        client.send(self.head("/x", version="HTTP/1.0"))
        response = client.response()
        self.assertNotIn("Transfer-Encoding", response.fields)
        self.assertEqual(response.body, b"abcdef")
        self.assertTrue(client.is_closed_by_peer())

    # RFC 9112 9.3: "A proxy server MUST NOT maintain a persistent connection with an HTTP/1.0 client".
    def test_http_1_0_is_not_kept_alive(self):
        daemon = self.start_daemon()
        self.origin.on("/x", reply(body=b"x"))
        client = self.connect(daemon)
        client.send(self.head("/x", "Connection: keep-alive\r\n", version="HTTP/1.0"))
        response = client.response()
        self.assertEqual(response.body, b"x")
        self.assertEqual(response.fields.get("Connection"), "close")
        self.assertTrue(client.is_closed_by_peer())


class Deadlines(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.origin = self.start_origin()

    def test_a_head_that_drips_is_cut_at_the_head_limit(self):
        daemon = self.start_daemon({"timeouts.head": "1s"})
        client = self.connect(daemon)
        watch = Stopwatch()
        ended = False
        try:
            while not ended and watch.seconds() < 10:
                client.send("G" if watch.seconds() == 0 else "E")
                client.socket.settimeout(0.05)
                try:
                    ended = not client.fill() or bool(client.buffer)
                except TimeoutError:
                    pass  # nothing yet: drip on
        except (BrokenPipeError, ConnectionResetError):
            ended = True
        self.assertTrue(ended)
        self.assertLess(watch.seconds(), 4)
        self.assertGreater(watch.seconds(), 0.8)
        if client.buffer:
            self.assertTrue(client.buffer.startswith(b"HTTP/1.1 408"), bytes(client.buffer))

    def test_a_connection_that_says_nothing_is_closed_at_the_head_limit(self):
        daemon = self.start_daemon({"timeouts.head": "1s"})
        client = self.connect(daemon, timeout=10)
        watch = Stopwatch()
        client.read_to_end()
        self.assertLess(watch.seconds(), 4)

    def test_an_idle_kept_alive_connection_is_closed_at_its_limit(self):
        daemon = self.start_daemon({"timeouts.keep_alive": "1s"})
        url = self.origin.on("/x", reply(body=b"x"))
        client = self.connect(daemon, timeout=10)
        client.request(url)
        watch = Stopwatch()
        self.assertTrue(client.is_closed_by_peer())
        self.assertLess(watch.seconds(), 4)
        self.assertGreater(watch.seconds(), 0.8)

    def test_an_upload_that_stalls_is_cut(self):
        daemon = self.start_daemon({"timeouts.body_grace": "1s", "timeouts.body_rate": "1024"})
        url = self.origin.on("/up", reply(body=b"x"))
        client = self.connect(daemon, timeout=15)
        watch = Stopwatch()
        client.send_request(url, "POST", {"Content-Length": "100000"}, b"abc")
        try:
            self.assertEqual(client.response().status, 408)
        except Closed:
            pass  # closing without words is enough here
        self.assertLess(watch.seconds(), 8)
        self.assertEqual(self.origin.count("/up"), 0)

    def test_a_silent_origin_is_answered_504_on_time(self):
        daemon = self.start_daemon({"timeouts.first_byte": "1s"})
        gate = Gate()
        self.addCleanup(gate.open)
        url = self.origin.on("/silent", lambda exchange: gate.wait())
        watch = Stopwatch()
        response = self.get(daemon, url)
        self.assertEqual(response.status, 504)
        self.assertIn("http_response_timeout", response.fields["Proxy-Status"])
        self.assertLess(abs(watch.seconds() - 1), 0.7)

    def test_an_origin_that_stalls_in_the_middle_is_cut(self):
        daemon = self.start_daemon({"timeouts.upstream_idle": "1s"})
        gate = Gate()
        self.addCleanup(gate.open)

        def stall(exchange):
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
            gate.wait()
            exchange.close = True

        url = self.origin.on("/stall", stall)
        watch = Stopwatch()
        with Client(daemon.port) as client, self.assertRaises(Closed):
            client.request(url)
        self.assertLess(watch.seconds(), 5)

    def test_the_pool_closes_idle_upstream_connections_at_their_limit(self):
        daemon = self.start_daemon({"timeouts.upstream_keep_alive": "1s"})
        url = self.origin.on("/x", reply(body=b"x"))
        self.get(daemon, url)
        eventually(lambda: not self.origin.open, "the idle upstream connection is closed", timeout=6)


class ManyIdleClients(SluiceTestCase):
    COUNT = 1000

    def test_a_thousand_idle_clients_stay_connected_and_cost_little(self):
        origin = self.start_origin()
        daemon = self.start_daemon({"timeouts.head": "10m", "timeouts.keep_alive": "10m"})  # however slow the machine
        url = origin.on("/x", reply(body=b"x", fields={"Cache-Control": "max-age=600"}))
        self.get(daemon, url)
        before = daemon.rss()
        clients = [self.connect(daemon) for _ in range(self.COUNT)]
        for client in clients:
            self.assertEqual(client.request(url).body, b"x")
        self.assertLess(daemon.rss() - before, 64 << 20, "64 KiB a connection at the very most")
        for client in clients:
            self.assertEqual(client.request(url).body, b"x")
        cpu = daemon.cpu_seconds()
        watch = Stopwatch()
        eventually(lambda: watch.seconds() > 1, "a second of idling is observed")
        self.assertLess(daemon.cpu_seconds() - cpu, 0.3, "idle clients cost no CPU")
        for client in clients:
            client.close()
        eventually(lambda: daemon.descriptor_count() < 100, "descriptors are given back")


if __name__ == "__main__":
    unittest.main()
