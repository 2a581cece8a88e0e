"""curl through the explicit proxy: what a person tries first."""

import hashlib
import json
import os
import unittest

from support.case import SluiceTestCase
from support.daemon import OWN_NETWORKS
from support.origin import reply

CACHEABLE = {"Cache-Control": "max-age=60"}


class Curl(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.origin = self.start_origin()

    def test_fetches_a_page_and_then_has_it_from_the_store(self):
        daemon = self.start_daemon()
        url = self.origin.on("/page", reply(body=b"hello", fields=CACHEABLE))
        for expected in ("fwd=uri-miss", "hit"):
            done = self.curl(daemon, "--include", url)
            head, _, body = done.stdout.partition(b"\r\n\r\n")
            self.assertEqual(body, b"hello")
            self.assertIn(f"sluice; {expected}".encode(), head)
            self.assertIn(b"Via: 1.1 sluice", head)
        self.assertEqual(self.origin.count("/page"), 1)

    def test_downloads_32_mib_octet_for_octet(self):
        daemon = self.start_daemon()
        content = os.urandom(1 << 20) * 32
        url = self.origin.on("/large", reply(body=content, fields=CACHEABLE))
        for _ in range(2):
            done = self.curl(daemon, url)
            self.assertEqual(hashlib.sha256(done.stdout).digest(), hashlib.sha256(content).digest())

    def test_several_urls_share_one_client_connection(self):
        daemon = self.start_daemon()
        url = self.origin.on("/page", reply(body=b"x"))
        done = self.curl(daemon, "--write-out", "\n%{num_connects}\n", *[url] * 5)
        self.assertEqual(done.stdout.split(), [b"x", b"1"] + [b"x", b"0"] * 4)
        self.assertEqual(self.origin.connections, 1, "the upstream connection is kept as well")

    def test_https_through_connect(self):
        daemon = self.start_daemon()
        origin = self.start_tls_origin()
        url = origin.on("/secret", reply(body=b"through the tunnel"))
        done = self.curl(daemon, "--insecure", "--include", url)
        self.assertTrue(done.stdout.startswith(b"HTTP/1.1 200"))
        self.assertTrue(done.stdout.endswith(b"through the tunnel"))
        self.assertNotIn(b"Via:", done.stdout.split(b"\r\n\r\n", 1)[1], "nothing is added inside a tunnel")

    def test_plain_http_through_connect(self):
        daemon = self.start_daemon()
        url = self.origin.on("/page", reply(body=b"tunnelled"))
        done = self.curl(daemon, "--proxytunnel", url)
        self.assertEqual(done.stdout, b"tunnelled")

    def test_uploads_with_expect_100_continue(self):
        daemon = self.start_daemon()
        content = os.urandom(3 << 20)
        seen = {}

        def take(exchange):
            seen["expect"] = exchange.fields.get("Expect")
            exchange.send("HTTP/1.1 100 Continue\r\n\r\n")
            seen["body"] = exchange.read_body()
            return reply(201, b"kept", reason="Created")

        url = self.origin.on("/upload", take, body=False)
        path = os.path.join(self.scratch(), "file")
        with open(path, "wb") as file:
            file.write(content)
        done = self.curl(daemon, "--header", "Expect: 100-continue", "--expect100-timeout", "30", "--upload-file", path, url)
        self.assertEqual(done.stdout, b"kept")
        self.assertEqual(seen["expect"], "100-continue")
        self.assertEqual(seen["body"], content)

    def test_uploads_in_chunks(self):
        daemon = self.start_daemon()
        seen = {}

        def take(exchange):
            seen["coding"] = exchange.fields.get("Transfer-Encoding")
            seen["body"] = exchange.request.body
            return reply(body=b"ok")

        url = self.origin.on("/upload", take)
        content = b"0123456789" * 50000
        path = os.path.join(self.scratch(), "file")
        with open(path, "wb") as file:
            file.write(content)
        self.curl(daemon, "--header", "Transfer-Encoding: chunked", "--header", "Expect:", "--upload-file", path, url)
        self.assertEqual(seen, {"coding": "chunked", "body": content})

    def test_posts_a_form(self):
        daemon = self.start_daemon()
        url = self.origin.on("/form", lambda exchange: reply(body=exchange.request.body[::-1]))
        done = self.curl(daemon, "--data", "name=value", url)
        self.assertEqual(done.stdout, b"eulav=eman")

    def test_range_out_of_a_stored_response(self):
        daemon = self.start_daemon()
        content = bytes(range(256)) * 40
        url = self.origin.on("/whole", reply(body=content, fields={**CACHEABLE, "ETag": '"v1"'}))
        self.curl(daemon, url)
        done = self.curl(daemon, "--include", "--range", "100-299", url)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"HTTP/1.1 206"), head)
        self.assertIn(b"Content-Range: bytes 100-299/10240", head)
        self.assertEqual(body, content[100:300])
        self.assertEqual(self.origin.count("/whole"), 1)

    def test_range_that_is_not_stored_goes_to_the_origin(self):
        daemon = self.start_daemon()
        content = bytes(range(256)) * 40

        def ranged(exchange):
            self.assertEqual(exchange.fields.get("Range"), "bytes=0-2097151", "its chunk, and what is read ahead")
            return reply(206, content, {"Content-Range": "bytes 0-10239/10240", **CACHEABLE}, "Partial Content")

        url = self.origin.on("/part", ranged)
        done = self.curl(daemon, "--range", "5-9", url)
        self.assertEqual(done.stdout, content[5:10])
        self.assertEqual(self.curl(daemon, "--range", "20-29", url).stdout, content[20:30])
        self.assertEqual(self.origin.count("/part"), 1)

    def test_http_1_0_client(self):
        daemon = self.start_daemon()
        parts = b"4\r\nabcd\r\n2\r\nef\r\n0\r\n\r\n"
        url = self.origin.on("/chunked", reply(fields={"Transfer-Encoding": "chunked"}) + parts)
        done = self.curl(daemon, "--http1.0", "--include", url)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        self.assertNotIn(b"transfer-encoding", head.lower(), "an HTTP/1.0 client knows no chunks")
        self.assertEqual(body, b"abcdef")

    def test_head_request(self):
        daemon = self.start_daemon()
        url = self.origin.on("/page", lambda exchange: reply(fields={"Content-Length": "1234", **CACHEABLE}))
        done = self.curl(daemon, "--head", url)
        self.assertIn(b"Content-Length: 1234", done.stdout)

    def test_a_denial_is_a_plain_page_that_names_its_rule(self):
        daemon = self.start_daemon(policy='allow to 127.0.0.0/8, ::1\ndeny host .denied.example reason "HR-231"\nallow\n')
        done = self.curl(daemon, "--include", "http://www.denied.example/x")
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"HTTP/1.1 403"), head)
        self.assertIn(b"Cache-Control: no-store", head)
        self.assertIn(b"http_request_denied", head)
        self.assertIn(b"HR-231", body)

    def test_a_denial_in_json_for_programs_and_html_for_browsers(self):
        daemon = self.start_daemon(policy='deny host .denied.example reason "HR-231"\nallow\n')
        done = self.curl(daemon, "--header", "Accept: application/json", "http://denied.example/")
        answer = json.loads(done.stdout)
        self.assertIn("HR-231", json.dumps(answer))
        self.assertTrue(any("request" in key for key in answer), answer)
        done = self.curl(daemon, "--include", "--header", "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8",
                         "http://denied.example/")
        self.assertIn(b"text/html", done.stdout)
        self.assertNotIn(b"http://", done.stdout.split(b"\r\n\r\n", 1)[1].replace(b"http://denied.example", b""),
                         "the page stands on its own")

    def test_a_denial_is_told_apart_from_the_origins_own_403(self):
        daemon = self.start_daemon()
        url = self.origin.on("/forbidden", reply(403, b"the origin says no", reason="Forbidden"))
        done = self.curl(daemon, "--include", url)
        self.assertTrue(done.stdout.endswith(b"the origin says no"))
        self.assertNotIn(b"http_request_denied", done.stdout)

    def test_a_denied_connect_answers_403_with_the_reason_in_proxy_status(self):
        daemon = self.start_daemon(policy='deny host .denied.example reason "HR-231"\nallow\n')
        done = self.curl(daemon, "--include", "https://denied.example/", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertTrue(done.stdout.startswith(b"HTTP/1.1 403"), done.stdout)
        self.assertIn(b"http_request_denied", done.stdout)

    def test_connect_to_other_ports_than_443_is_denied_by_default(self):
        daemon = self.start_daemon(policy=None)
        done = self.curl(daemon, "--include", "https://denied.example:25/", check=False)
        self.assertTrue(done.stdout.startswith(b"HTTP/1.1 403"), done.stdout)

    def test_allowing_a_local_origin_is_one_policy_line(self):
        daemon = self.start_daemon(policy=OWN_NETWORKS + "allow\n")
        url = self.origin.on("/page", reply(body=b"local"))
        self.assertTrue(self.curl(daemon, "--include", url).stdout.startswith(b"HTTP/1.1 403"))
        daemon.tool("policy", "allow", "127.0.0.1")
        self.assertEqual(self.curl(daemon, url).stdout, b"local")

    def test_ipv6_origin(self):
        try:
            origin = self.start_origin(address="::1")
        except OSError as error:
            self.skipTest(f"no IPv6 loopback here: {error}")
        daemon = self.start_daemon()
        url = origin.on("/six", reply(body=b"over six"))
        self.assertEqual(self.curl(daemon, "--globoff", url).stdout, b"over six")


if __name__ == "__main__":
    unittest.main()
