"""Ranges of a large file: sought through, resumed, purged and kept over a restart; nginx is the origin server."""

import hashlib
import os
import random
import subprocess
import time
import unittest

from support import tool
from support.case import SluiceTestCase, find_program
from support.client import Client
from support.origin import reply, unused_port
from support.waiting import eventually

MIB = 1 << 20
SIZE = 200 * MIB + 12345

CONFIGURATION = """
daemon off; master_process off; worker_processes 1; pid {root}/nginx.pid; error_log {root}/error.log;
events {{ worker_connections 256; }}
http {{
  log_format sent '$body_bytes_sent $status $http_range'; access_log {root}/access.log sent; keepalive_requests 10000;
  client_body_temp_path {root}/body; proxy_temp_path {root}/proxy; fastcgi_temp_path {root}/fastcgi; uwsgi_temp_path {root}/uwsgi;
  scgi_temp_path {root}/scgi;
  server {{
    listen 127.0.0.1:{port}; root {root}/files;
    location / {{ add_header Cache-Control max-age=600; }}
  }}
}}
"""


def write_film(path):
    """No MiB is like another."""
    block = random.Random(1).randbytes(MIB)
    with open(path, "wb") as file:
        for number in range(SIZE // MIB + 1):
            turn = number * 4099 % MIB
            file.write((block[turn:] + block[:turn])[:SIZE - number * MIB])


class Ranges(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.require("nginx", "curl")
        self.root = self.scratch()
        os.chmod(self.root, 0o755)
        os.mkdir(os.path.join(self.root, "files"))
        self.film = os.path.join(self.root, "files", "film.mp4")
        write_film(self.film)
        os.utime(self.film, (time.time() - 1000,) * 2)
        self.port = unused_port()
        with open(os.path.join(self.root, "nginx.conf"), "w", encoding="ascii") as file:
            file.write(("user root;" if os.geteuid() == 0 else "") + CONFIGURATION.format(root=self.root, port=self.port))
        self.process = subprocess.Popen([find_program("nginx"), "-p", self.root, "-e", f"{self.root}/error.log", "-c",
                                         f"{self.root}/nginx.conf"], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.end_nginx)
        eventually(self.is_up, "nginx listens")
        self.daemon = self.start_daemon()

    def end_nginx(self):
        self.process.terminate()
        self.process.wait(10)

    def is_up(self):
        self.assertIsNone(self.process.poll(), "nginx ended")
        try:
            Client(self.port).close()
        except OSError:
            return False
        return True

    def url(self):
        return f"http://127.0.0.1:{self.port}/film.mp4"

    def asked_of_origin(self):
        """Octets sent, status, and the Range that was asked for, of each request."""
        with open(os.path.join(self.root, "access.log"), encoding="utf-8") as file:
            return [line.split() for line in file]

    def sent_by_origin(self):
        return sum(int(octets) for octets, _, _ in self.asked_of_origin())

    def octets(self, first, last):
        with open(self.film, "rb") as file:
            file.seek(first)
            return file.read(last + 1 - first)

    def read(self, client, first, last):
        answer = client.request(self.url(), fields={"Range": f"bytes={first}-{last}"})
        self.assertEqual(answer.status, 206)
        self.assertEqual(answer.fields["Content-Range"], f"bytes {first}-{last}/{SIZE}")
        self.assertTrue(answer.body == self.octets(first, last), f"other octets in {first}-{last}: {answer.cache_status}")
        return answer

    def is_hit(self, client, first, last):
        return self.read(client, first, last).is_hit

    def shown(self):
        return self.daemon.tool("cache", "show", self.url(), "-o", "json", expect=None).json()["variants"]

    def dropped(self):
        """Stores that the disk was too busy for."""
        return self.daemon.tool("cache", "stats", "-o", "json").json()["disk"]["refused"]

    def is_fresh(self):
        return all(variant["ttl"] > 0 for variant in self.shown())

    def holds(self, first, last):
        spans = [span for variant in self.shown() for span in variant["spans"]]
        return any(span["first"] <= first and span["last"] >= last for span in spans)

    def digest_of_download(self, *arguments):
        target = os.path.join(self.root, "download")
        self.curl(self.daemon, "-s", "-o", target, *arguments, self.url(), timeout=120)
        return self.digest(target)

    @staticmethod
    def digest(path):
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()

    def test_seeking_costs_the_origin_only_what_is_missing(self):
        places = random.Random(7)
        chunks = set()
        with Client(self.daemon.port) as client:
            for _ in range(60):
                first = places.randrange(SIZE - 1)
                last = min(first + places.randrange(1, 300000), SIZE - 1)
                self.read(client, first, last)
                chunks.update(range(first // MIB, last // MIB + 3))  # what is asked for, and what is read ahead
        # A chunk may be asked for once more while the disk is still writing it, or when a busy one dropped it.
        self.assertLess(self.sent_by_origin(), (len(chunks) + 20 + self.dropped()) * MIB)
        # All of it, each octet the origin's; what is there is not asked for again.
        self.assertEqual(self.digest_of_download(), self.digest(self.film))
        self.assertLess(self.sent_by_origin(), SIZE + (60 + self.dropped()) * MIB)

    def test_a_range_is_fetched_as_whole_chunks_with_read_ahead(self):
        with Client(self.daemon.port) as client:
            self.read(client, 100 * MIB + 500, 100 * MIB + 509)
            eventually(self.asked_of_origin, "the origin has logged it")
            self.assertEqual(self.asked_of_origin(), [[str(2 * MIB), "206", f"bytes={100 * MIB}-{102 * MIB - 1}"]])
            eventually(lambda: self.holds(100 * MIB, 102 * MIB - 1), "the read-ahead is stored")
            self.assertTrue(self.is_hit(client, 101 * MIB, 102 * MIB - 1))

    def test_one_validation_is_for_all_chunks(self):
        with Client(self.daemon.port) as client:
            for chunk in (0, 50, 100, 150):
                self.read(client, chunk * MIB, chunk * MIB + 9)
                eventually(lambda: self.holds(chunk * MIB, (chunk + 2) * MIB - 1), "it is stored")
            self.daemon.tool("cache", "purge", self.url())
            before = len(self.asked_of_origin())
            self.assertFalse(self.is_hit(client, 50 * MIB, 50 * MIB + 9), "it is validated")
            eventually(self.is_fresh, "the disk knows")
            for chunk in (0, 51, 101, 150):
                self.assertTrue(self.is_hit(client, chunk * MIB, chunk * MIB + 9), "the validation was for all")
            eventually(lambda: len(self.asked_of_origin()) > before, "the origin has logged it")
            self.assertEqual([status for _, status, _ in self.asked_of_origin()[before:]], ["304"])

    def test_several_ranges_are_completed(self):
        ranges = [(5, 9), (60 * MIB, 60 * MIB + 5), (100 * MIB + 7, 101 * MIB + 7), (SIZE - 10, SIZE - 1)]
        with Client(self.daemon.port) as client:
            self.read(client, 100 * MIB, 100 * MIB + 9)
            eventually(lambda: self.holds(100 * MIB, 102 * MIB - 1), "the read-ahead is stored")
            value = "bytes=" + ", ".join(f"{first}-{last}" for first, last in ranges)
            answer = client.request(self.url(), fields={"Range": value})
        self.assertEqual(answer.status, 206)
        kind, boundary = answer.fields["Content-Type"].split("; boundary=")
        self.assertEqual(kind, "multipart/byteranges")
        parts = answer.body.split(b"\r\n--" + boundary.encode())
        self.assertEqual((parts[0], parts[-1]), (b"", b"--\r\n"))
        for part, (first, last) in zip(parts[1:-1], ranges, strict=True):
            head, content = part.split(b"\r\n\r\n", 1)
            self.assertIn(f"Content-Range: bytes {first}-{last}/{SIZE}".encode(), head)
            self.assertTrue(content == self.octets(first, last), f"other octets in {first}-{last}")
        self.assertLess(self.sent_by_origin(), 10 * MIB)

    def test_the_tool_says_which_octets_are_there(self):
        with Client(self.daemon.port) as client:
            for chunk in (3, 100):
                self.read(client, chunk * MIB, chunk * MIB + 9)
                eventually(lambda: self.holds(chunk * MIB, (chunk + 2) * MIB - 1), "it is stored")
        shown = self.daemon.tool("cache", "show", self.url()).out
        self.assertIn("4 MiB of 200 MiB", shown)
        self.assertIn(f"octets  {3 * MIB}-{5 * MIB - 1}, {100 * MIB}-{102 * MIB - 1}\n", shown)
        there = self.daemon.tool("cache", "explain", self.url(), "-H", f"Range: bytes={4 * MIB}-{5 * MIB - 1}").out
        self.assertIn("hit  " + self.url(), there)
        self.assertIn("201 chunks of 1 MiB on disk, 4 there", there)
        missing = self.daemon.tool("cache", "explain", self.url(), expect=tool.DIFFERENT).out
        self.assertIn("because: range", missing)

    def test_a_download_is_resumed(self):
        target = os.path.join(self.root, "download")
        self.curl(self.daemon, "-s", "-o", target, "-r", f"0-{50 * MIB - 1}", self.url(), timeout=120)
        self.assertEqual(os.path.getsize(target), 50 * MIB)
        self.curl(self.daemon, "-s", "-o", target, "-C", "-", self.url(), timeout=120)
        self.assertEqual(self.digest(target), self.digest(self.film))
        self.assertLess(self.sent_by_origin(), SIZE + 10 * MIB)

    def test_parts_are_kept_over_a_restart_and_gone_after_a_purge(self):
        with Client(self.daemon.port) as client:
            self.read(client, 100 * MIB, 100 * MIB + 9)
            eventually(lambda: self.is_hit(client, 101 * MIB, 101 * MIB + 9), "the read-ahead is stored")
        self.daemon.restart()
        with Client(self.daemon.port) as client:
            before = self.sent_by_origin()
            self.assertTrue(self.is_hit(client, 100 * MIB, 102 * MIB - 1))
            self.assertEqual(self.sent_by_origin(), before)
            self.daemon.tool("cache", "purge", self.url(), "--hard")
            for chunk in (101, 100):
                self.assertFalse(self.is_hit(client, chunk * MIB + 5, chunk * MIB + 9))

    def test_what_purges_by_host_do_to_parts(self):
        with Client(self.daemon.port) as client:
            self.read(client, 100 * MIB, 100 * MIB + 9)
            eventually(lambda: self.is_hit(client, 101 * MIB, 101 * MIB + 9), "the read-ahead is stored")
            before = self.sent_by_origin()
            self.daemon.tool("cache", "purge", "--host", "127.0.0.1")
            self.assertFalse(self.is_hit(client, 100 * MIB, 100 * MIB + 9), "soft: it is validated")
            for chunk in (100, 101):
                eventually(lambda: self.is_hit(client, chunk * MIB, chunk * MIB + 9), "one validation is for all parts")
            self.assertEqual(self.sent_by_origin(), before)
            self.daemon.tool("cache", "purge", "--host", "127.0.0.1", "--hard")
            for chunk in (101, 100):
                self.assertFalse(self.is_hit(client, chunk * MIB, chunk * MIB + 9), "hard: it is fetched anew")
            for chunk in (100, 101):
                eventually(lambda: self.is_hit(client, chunk * MIB, chunk * MIB + 9), "and stored again")

    def test_a_changed_file_is_never_mixed_with_the_old_one(self):
        with Client(self.daemon.port) as client:
            self.read(client, 0, 9)
            eventually(lambda: self.is_hit(client, MIB, MIB + 9), "the read-ahead is stored")
            with open(self.film, "r+b") as file:
                file.write(b"another film" * 300000)
            # From what is stored to what never was asked for.
            answer = client.request(self.url(), fields={"Range": f"bytes={2 * MIB - 10}-{3 * MIB + 9}"})
            self.assertEqual(answer.status, 206)
            self.assertTrue(answer.body == self.octets(2 * MIB - 10, 3 * MIB + 9), "other octets than the origin's")


class WithoutAValidator(SluiceTestCase):
    def test_the_chunks_of_one_response_are_kept_together(self):
        whole = os.urandom(3 * MIB)

        def part(exchange):
            first, last = (int(octet) for octet in exchange.fields["Range"].removeprefix("bytes=").split("-"))
            fields = {"Cache-Control": "max-age=600", "Content-Range": f"bytes {first}-{last}/{len(whole)}", **self.tag}
            return reply(206, body=whole[first:last + 1], fields=fields, reason="Partial Content")

        origin = self.start_origin()
        daemon = self.start_daemon()
        for self.tag in ({}, {"ETag": 'W/"x"'}):
            url = origin.on(f"/{len(self.tag)}", part)
            first = self.get(daemon, url, {"Range": f"bytes=0-{2 * MIB - 1}"})
            self.assertTrue(first.body == whole[:2 * MIB])
            again = self.get(daemon, url, {"Range": "bytes=0-9"})
            self.assertEqual((again.body, again.is_hit), (whole[:10], True), self.tag)


if __name__ == "__main__":
    unittest.main()
