"""nginx as the origin: its own ideas of keep-alive, ranges, compression, chunks and conditional requests."""

import gzip
import os
import subprocess
import time
import unittest

from support.case import SluiceTestCase, find_program
from support.client import Client
from support.origin import unused_port
from support.waiting import eventually

CONFIGURATION = """
daemon off; master_process off; worker_processes 1; pid {root}/nginx.pid; error_log {root}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log {root}/access.log; default_type text/plain; keepalive_requests 10000;
  client_body_temp_path {root}/body; proxy_temp_path {root}/proxy; fastcgi_temp_path {root}/fastcgi; uwsgi_temp_path {root}/uwsgi;
  scgi_temp_path {root}/scgi; client_max_body_size 100m;
  gzip on; gzip_types text/plain; gzip_min_length 100; gzip_vary on; gzip_proxied any;
  server {{
    listen 127.0.0.1:{port}; root {root}/files;
    location / {{ add_header Cache-Control max-age=600; }}
    location /stale/ {{ alias {root}/files/; add_header Cache-Control max-age=0; }}
    location /echo {{ return 200 "$request_method $http_via"; }}
    location /redirect {{ return 301 /file.txt; }}
  }}
}}
"""


class Nginx(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.require("nginx")
        self.root = self.scratch()
        os.chmod(self.root, 0o755)
        os.mkdir(os.path.join(self.root, "files"))
        self.text = b"".join(b"line %d of a text that compresses well\n" % number for number in range(5000))
        self.binary = os.urandom(5 << 20)
        for name, content in (("file.txt", self.text), ("file.bin", self.binary)):
            with open(os.path.join(self.root, "files", name), "wb") as file:
                file.write(content)
            os.utime(os.path.join(self.root, "files", name), (time.time() - 1000,) * 2)
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

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def origin_requests(self):
        with open(os.path.join(self.root, "access.log"), encoding="utf-8") as file:
            return len(file.read().splitlines())

    def test_files_are_served_kept_and_ranged(self):
        for hit in (False, True):
            answer = self.get(self.daemon, self.url("/file.bin"))
            self.assertEqual((answer.is_hit, answer.body), (hit, self.binary))
        answer = self.get(self.daemon, self.url("/file.bin"), {"Range": "bytes=1000000-1999999"})
        self.assertEqual((answer.status, answer.body), (206, self.binary[1000000:2000000]))
        self.assertEqual(self.origin_requests(), 1)

    def test_compressed_and_plain_variants_are_not_mixed_up(self):
        for _ in range(2):
            packed = self.get(self.daemon, self.url("/file.txt"), {"Accept-Encoding": "gzip"})
            self.assertEqual(packed.fields["Content-Encoding"], "gzip")
            self.assertEqual(gzip.decompress(packed.body), self.text)
            plain = self.get(self.daemon, self.url("/file.txt"))
            self.assertNotIn("Content-Encoding", plain.fields)
            self.assertEqual(plain.body, self.text)
        self.assertEqual(self.origin_requests(), 2)

    def test_validation_with_nginxs_own_validators(self):
        for _ in range(3):
            self.assertEqual(self.get(self.daemon, self.url("/stale/file.bin")).body, self.binary)
        with open(os.path.join(self.root, "access.log"), encoding="utf-8") as file:
            statuses = [line.split('"')[2].split()[0] for line in file]
        self.assertEqual(statuses, ["200", "304", "304"])

    def test_odds_and_ends(self):
        self.assertIn(b"GET 1.1 sluice", self.get(self.daemon, self.url("/echo")).body)
        self.assertEqual(self.get(self.daemon, self.url("/redirect")).status, 301)
        self.assertEqual(self.get(self.daemon, self.url("/missing")).status, 404)
        self.assertEqual(self.get(self.daemon, self.url("/file.txt"), method="POST", body=b"x").status, 405)

    def test_a_thousand_requests_share_few_connections(self):
        with Client(self.daemon.port) as client:
            for number in range(1000):
                self.assertEqual(client.request(self.url(f"/echo?{number}")).status, 200)


if __name__ == "__main__":
    unittest.main()
