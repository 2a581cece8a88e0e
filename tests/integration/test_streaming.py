"""Bodies stream in both directions with back-pressure: memory stays flat however large they are and however slow a peer is."""

import array
import os
import threading
import unittest

from support.case import SluiceTestCase
from support.client import Client
from support.http import chunked, read_head
from support.origin import Gate, reply
from support.waiting import eventually

MIB = 1 << 20
# 10 GiB is what the gateway promises; the everyday run moves less.
DOWNLOAD = int(os.environ.get("SLUICE_TEST_STREAM_BYTES", str(1024 * MIB)))
BLOCK = bytes(range(256)) * 4096  # 1 MiB


class Flat:
    """Watches the daemon's RSS; `growth` is the most it grew since it was made."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.start = daemon.rss()
        self.growth = 0

    def look(self):
        self.growth = max(self.growth, self.daemon.rss() - self.start)
        return self.growth


class Streaming(SluiceTestCase):
    LIMIT = 32 * MIB  # what may come and go: buffers, allocator slack

    def setUp(self):
        super().setUp()
        self.origin = self.start_origin()

    def send_blocks(self, exchange, total, fields=()):
        exchange.send(reply(fields={"Content-Length": str(total), "Cache-Control": "no-store", **dict(fields)}))
        for _ in range(total // len(BLOCK)):
            exchange.send(BLOCK)

    def drain(self, client, total, watch):
        """Reads `total` octets and compares every block."""
        position = 0
        while position < total:
            block = client.take(len(BLOCK))
            if block != BLOCK:
                self.fail(f"wrong octets in the block at {position}")
            position += len(BLOCK)
            if position % (64 * MIB) == 0:
                watch.look()

    def test_a_large_download_leaves_memory_flat(self):
        daemon = self.start_daemon()
        url = self.origin.on("/large", lambda exchange: self.send_blocks(exchange, DOWNLOAD))
        self.get(daemon, self.origin.url("/warm"))
        watch = Flat(daemon)
        with Client(daemon.port) as client:
            client.send_request(url)
            read_head(client)
            self.drain(client, DOWNLOAD, watch)
        self.assertLess(watch.look(), self.LIMIT)

    def test_a_large_cacheable_download_leaves_memory_flat_too(self):
        daemon = self.start_daemon({"cache.disk_largest": "64MiB", "cache.memory_largest": "1MiB"})
        total = 256 * MIB
        url = self.origin.on("/large", lambda exchange: self.send_blocks(exchange, total, {"Cache-Control": "max-age=600"}))
        watch = Flat(daemon)
        with Client(daemon.port) as client:
            client.send_request(url)
            read_head(client)
            self.drain(client, total, watch)
        self.assertLess(watch.look(), 64 * MIB + self.LIMIT)

    def test_a_large_tunnel_leaves_memory_flat(self):
        daemon = self.start_daemon()
        total = 512 * MIB
        self.origin.on("/large", lambda exchange: self.send_blocks(exchange, total))
        watch = Flat(daemon)
        with Client(daemon.port) as client:
            self.assertEqual(client.connect_to(self.origin.authority).status, 200)
            client.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
            read_head(client)
            self.drain(client, total, watch)
        self.assertLess(watch.look(), self.LIMIT)

    def test_a_reader_that_stops_holds_back_the_origin_and_no_memory(self):
        for tunnel in (False, True):
            with self.subTest("tunnel" if tunnel else "response"):
                daemon = self.start_daemon()
                sent = self.count_sent(f"/endless{tunnel}")
                watch = Flat(daemon)
                with Client(daemon.port, receive_buffer=65536) as client:
                    if tunnel:
                        client.connect_to(self.origin.authority)
                        client.send(f"GET /endless{tunnel} HTTP/1.1\r\nHost: x\r\n\r\n")
                    else:
                        client.send_request(self.origin.url(f"/endless{tunnel}"))
                    client.take(MIB)
                    self.wait_until_held(sent)
                    self.assertLess(watch.look(), self.LIMIT)
                    held = sent[0]
                    client.take(64 * MIB)  # reading on lets it flow again
                    eventually(lambda: sent[0] > held, "the origin goes on")

    def test_who_takes_nothing_halts_nobody_else_and_gets_all_the_same(self):
        """Two clients share the fetch of a response that is too large for memory; one of them stops reading, leader or not."""
        content = array.array("Q", range(3 * MIB)).tobytes()
        fields = {"Cache-Control": "max-age=600", "ETag": '"1"'}

        def answer(exchange):
            asked = exchange.fields.get("Range")
            if asked is None:
                exchange.send(reply(fields={**fields, "Content-Length": str(len(content))}) + content[:MIB])
                gate.wait()
                return content[MIB:]
            first = int(asked[len("bytes="):].split("-")[0])
            return reply(206, content[first:], {**fields, "Content-Range": f"bytes {first}-{len(content) - 1}/{len(content)}"})

        for disk in ("0", "128MiB"):
            daemon = self.start_daemon({"workers": "2", "cache.memory_largest": "2MiB", "cache.disk": disk})
            for stops in (0, 1):
                with self.subTest(disk=disk, stops=("the leader", "a follower")[stops]):
                    gate = Gate()
                    self.addCleanup(gate.open)
                    path = f"/large{disk}{stops}"
                    url = self.origin.on(path, answer)
                    clients = [Client(daemon.port, receive_buffer=4096 if number == stops else None) for number in (0, 1)]
                    for client in clients:
                        self.addCleanup(client.close)
                        client.send_request(url)
                        read_head(client)
                    gate.open()
                    self.assertEqual(clients[1 - stops].take(len(content)), content)
                    self.assertEqual(self.origin.count(path), 1)
                    self.assertEqual(clients[stops].take(len(content)), content)
                    self.assertLessEqual(self.origin.count(path), 2)

    def count_sent(self, path):
        sent = [0]

        def endless(exchange):
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\nCache-Control: no-store\r\n\r\n")
            while True:
                exchange.send(BLOCK)
                sent[0] += len(BLOCK)

        self.origin.on(path, endless)
        return sent

    def wait_until_held(self, sent):
        """Until nothing moves for 300 ms."""
        history = []

        def held():
            history.append(sent[0])
            return len(history) > 30 and history[-1] == history[-30]

        eventually(held, lambda: f"the sender is held back; it has sent {sent[0]}", timeout=20)
        self.assertLess(sent[0], 64 * MIB)

    def test_an_origin_that_stops_reading_holds_back_the_upload(self):
        daemon = self.start_daemon({"timeouts.write": "60s"})
        go_on = threading.Event()
        self.addCleanup(go_on.set)
        received = [0]

        def stopped(exchange):
            go_on.wait(60)
            while received[0] < 100 * MIB:
                received[0] += len(exchange.stream.take(MIB))
            return reply(body=b"got it")

        url = self.origin.on("/up", stopped, body=False)
        sent = [0]
        watch = Flat(daemon)
        with Client(daemon.port) as client:
            client.send_request(url, "POST", {"Content-Length": str(100 * MIB)})

            def upload():
                for _ in range(100):
                    client.send(BLOCK)
                    sent[0] += len(BLOCK)

            sender = threading.Thread(target=upload, daemon=True)
            sender.start()
            self.wait_until_held(sent)
            self.assertLess(watch.look(), self.LIMIT)
            go_on.set()
            self.assertEqual(client.response().body, b"got it")
            sender.join(20)
        self.assertEqual(received[0], 100 * MIB)

    def test_a_large_chunked_upload_arrives_octet_for_octet(self):
        daemon = self.start_daemon()
        seen = {}

        def take(exchange):
            seen["same"] = exchange.request.body == BLOCK * 64
            return reply(body=b"ok")

        url = self.origin.on("/up", take)
        content = chunked(*[BLOCK] * 64)  # made ahead of connecting: a client that says nothing for long is closed
        watch = Flat(daemon)
        with Client(daemon.port) as client:
            client.send_request(url, "POST", {"Transfer-Encoding": "chunked"}, content)
            self.assertEqual(client.response().body, b"ok")
        self.assertTrue(seen["same"])
        self.assertLess(watch.look(), self.LIMIT)

    def test_an_early_answer_to_an_upload_reaches_the_client(self):
        daemon = self.start_daemon()

        def refuse(exchange):
            exchange.close = True
            return reply(413, b"too much", {"Connection": "close"}, "Content Too Large")

        url = self.origin.on("/up", refuse, body=False)
        with Client(daemon.port) as client:
            client.send_request(url, "POST", {"Content-Length": str(1 << 30)}, b"x" * 1000)
            self.assertEqual(client.response().status, 413)

    def test_both_directions_of_a_tunnel_at_once(self):
        daemon = self.start_daemon()
        total = 64 * MIB

        def echo(exchange):
            moved = 0
            while moved < total:
                exchange.stream.fill()
                data = bytes(exchange.stream.buffer)
                exchange.stream.buffer.clear()
                exchange.send(data)
                moved += len(data)
            exchange.close = True

        self.origin.on("/echo", echo, body=False)
        with Client(daemon.port) as client:
            client.connect_to(self.origin.authority)
            client.send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n")
            sender = threading.Thread(target=lambda: [client.send(BLOCK) for _ in range(64)], daemon=True)
            sender.start()
            for _ in range(64):
                self.assertTrue(client.take(MIB) == BLOCK)
            sender.join(20)

    def test_half_closing_a_tunnel_keeps_the_other_direction(self):
        daemon = self.start_daemon()

        def answer_after_end(exchange):
            while exchange.stream.fill():
                pass
            exchange.send(b"%d octets" % len(exchange.stream.buffer))
            exchange.close = True

        self.origin.on("/half", answer_after_end, body=False)
        with Client(daemon.port) as client:
            client.connect_to(self.origin.authority)
            client.send(b"GET /half HTTP/1.1\r\nHost: x\r\n\r\n" + b"y" * 1000)
            client.socket.shutdown(1)
            self.assertEqual(client.read_to_end(), b"1000 octets")


if __name__ == "__main__":
    unittest.main()
