"""The shared cache as its clients and origins see it: RFC 9111, RFC 5861 and RFC 9211."""

import json
import os
import random
import signal
import threading
import time
import unittest

from support import tool
from support.case import SluiceTestCase
from support.client import Client, Closed
from support.http import chunked
from support.origin import Gate, now_http, reply
from support.waiting import eventually

FRESH = {"Cache-Control": "max-age=600"}


class Storing(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.origin = self.start_origin()
        self.daemon = self.start_daemon()

    def fetch(self, path, fields=(), **options):
        return self.get(self.daemon, self.origin.url(path), fields, **options)

    def test_what_is_kept_and_what_is_not(self):
        cases = [
            ("max-age", 200, {"Cache-Control": "max-age=60"}, True),
            ("s-maxage wins", 200, {"Cache-Control": "max-age=0, s-maxage=60"}, True),
            ("Expires", 200, {"Expires": now_http(60)}, True),
            ("heuristic from Last-Modified", 200, {"Last-Modified": now_http(-864000)}, True),
            ("a cacheable 404", 404, {"Cache-Control": "max-age=60"}, True),
            ("a permanent redirect", 301, {"Cache-Control": "max-age=60", "Location": "/"}, True),
            ("no-store", 200, {"Cache-Control": "no-store, max-age=60"}, False),
            ("private", 200, {"Cache-Control": "private, max-age=60"}, False),
            ("Vary: *", 200, {"Cache-Control": "max-age=60", "Vary": "*"}, False),
            ("expired on arrival without a validator", 200, {"Expires": "0"}, False),
            ("nothing said about it", 200, {}, False),
            ("an upstream error", 500, {}, False),
        ]
        for number, (what, status, fields, kept) in enumerate(cases):
            with self.subTest(what):
                path = f"/case{number}"
                self.origin.on(path, reply(status, b"content", fields, "Text"))
                self.fetch(path)
                again = self.fetch(path)
                self.assertEqual(again.is_hit, kept, again.cache_status)
                self.assertEqual((again.status, again.body), (status, b"content"))
                self.assertEqual(self.origin.count(path), 1 if kept else 2)

    def test_authorization_keeps_a_response_out_unless_it_is_public(self):
        for path, control, kept in (("/closed", "max-age=60", False), ("/open", "public, max-age=60", True)):
            self.origin.on(path, reply(body=b"x", fields={"Cache-Control": control}))
            self.fetch(path, {"Authorization": "Basic YTpi"})
            self.assertEqual(self.fetch(path, {"Authorization": "Basic YTpi"}).is_hit, kept, control)

    def test_a_hit_carries_age_and_says_so(self):
        self.origin.on("/x", reply(body=b"x", fields={**FRESH, "Date": now_http(-30)}))
        first = self.fetch("/x")
        self.assertIn("fwd=uri-miss", first.cache_status)
        self.assertIn("stored", first.cache_status)
        again = self.fetch("/x")
        self.assertTrue(again.cache_status.startswith("sluice; hit"), again.cache_status)
        self.assertIn("ttl=", again.cache_status)
        self.assertGreaterEqual(int(again.fields["Age"]), 30)
        self.assertLess(int(again.fields["Age"]), 60)
        self.assertEqual(again.fields["Date"], first.fields["Date"])

    def test_equivalent_spellings_of_a_url_share_one_response(self):
        self.origin.on("/a/~b", reply(body=b"x", fields=FRESH))
        host = f"127.0.0.1:{self.origin.port}"
        for target in (f"http://{host}/a/~b", f"HTTP://{host}/a/~b", f"http://{host}/a/%7Eb", f"http://{host}/a/%7eb"):
            with Client(self.daemon.port) as client:
                client.send(f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n")
                self.assertEqual(client.response().status, 200, target)
        self.assertLessEqual(self.origin.count(), 1)

    def test_what_is_asked_for_with_dot_segments_is_nobody_elses(self):
        self.origin.default = lambda exchange: reply(body=exchange.request.target, fields=FRESH)
        host = f"127.0.0.1:{self.origin.port}"
        for target in ("/q/../x", "/q/%2e%2E/x", "/./x", "/x"):
            with Client(self.daemon.port) as client:
                client.send(f"GET http://{host}{target} HTTP/1.1\r\nHost: {host}\r\n\r\n")
                answer = client.response()
            self.assertEqual((answer.body.decode(), answer.is_hit), (target, False))

    def test_different_queries_are_different_responses(self):
        self.origin.on("/q", lambda exchange: reply(body=exchange.request.target, fields=FRESH))
        for _ in range(2):
            for query in ("?a=1", "?a=2", "?", ""):
                self.assertEqual(self.fetch("/q" + query).body.decode().rstrip("?"), ("/q" + query).rstrip("?"))

    def test_vary_keeps_a_variant_for_each_language(self):
        self.origin.on("/v", lambda exchange: reply(body=exchange.fields.get("Accept-Language", "none"),
                                                    fields={**FRESH, "Vary": "Accept-Language"}))
        for expected_hit in (False, True):
            for language in ("de", "en", "fr"):
                answer = self.fetch("/v", {"Accept-Language": language})
                self.assertEqual((answer.body.decode(), answer.is_hit), (language, expected_hit))
        self.assertEqual(self.origin.count("/v"), 3)

    def test_head_is_answered_from_a_stored_get(self):
        self.origin.on("/x", reply(body=b"12345", fields=FRESH))
        self.fetch("/x")
        answer = self.fetch("/x", method="HEAD")
        self.assertTrue(answer.is_hit)
        self.assertEqual(answer.fields["Content-Length"], "5")
        self.assertEqual(self.origin.count("/x"), 1)

    def test_request_directives(self):
        self.origin.on("/x", reply(body=b"x", fields={**FRESH, "Date": now_http(-100)}))
        self.fetch("/x")
        for directive, hit in (("no-cache", False), ("max-age=5", False), ("min-fresh=590", False), ("max-age=500", True),
                               ("max-stale", True)):
            with self.subTest(directive):
                self.assertEqual(self.fetch("/x", {"Cache-Control": directive}).is_hit, hit)

    def test_only_if_cached(self):
        self.origin.on("/x", reply(body=b"x", fields=FRESH))
        self.assertEqual(self.fetch("/x", {"Cache-Control": "only-if-cached"}).status, 504)
        self.assertEqual(self.origin.count("/x"), 0)
        self.fetch("/x")
        self.assertEqual(self.fetch("/x", {"Cache-Control": "only-if-cached"}).body, b"x")

    def test_chunked_content_with_trailers_is_stored_whole(self):
        content = chunked(b"a" * 70000, b"b" * 5, trailers="X-Sum: 1\r\n")
        self.origin.on("/c", reply(fields={**FRESH, "Transfer-Encoding": "chunked"}) + content)
        for hit in (False, True):
            answer = self.fetch("/c")
            self.assertEqual((answer.body, answer.is_hit), (b"a" * 70000 + b"b" * 5, hit))

    def test_a_range_of_a_stored_response(self):
        content = bytes(range(256)) * 100
        self.origin.on("/r", reply(body=content, fields={**FRESH, "ETag": '"1"'}))
        self.fetch("/r")
        cases = [("bytes=0-0", 206, content[:1]), ("bytes=-10", 206, content[-10:]), ("bytes=25000-", 206, content[25000:]),
                 ("bytes=99999-", 416, None), ("lines=1-2", 200, content), ("bytes=5-2", 200, content)]
        for value, status, expected in cases:
            with self.subTest(value):
                answer = self.fetch("/r", {"Range": value})
                self.assertEqual(answer.status, status)
                if expected is not None:
                    self.assertEqual(answer.body, expected)
                else:
                    self.assertEqual(answer.fields["Content-Range"], f"bytes */{len(content)}")
        self.assertEqual(self.fetch("/r", {"Range": "bytes=0-9", "If-Range": '"1"'}).status, 206)
        self.assertEqual(self.fetch("/r", {"Range": "bytes=0-9", "If-Range": '"2"'}).status, 200)
        self.assertEqual(self.origin.count("/r"), 1)

    def test_conditional_requests_are_answered_from_the_store(self):
        self.origin.on("/x", reply(body=b"x", fields={**FRESH, "ETag": '"abc"', "Last-Modified": now_http(-5000)}))
        self.fetch("/x")
        answer = self.fetch("/x", {"If-None-Match": '"abc"'})
        self.assertEqual((answer.status, answer.body), (304, b""))
        self.assertEqual(answer.fields["ETag"], '"abc"')
        self.assertEqual(self.fetch("/x", {"If-None-Match": '"other"'}).status, 200)
        self.assertEqual(self.fetch("/x", {"If-Modified-Since": now_http(-10)}).status, 304)
        self.assertEqual(self.origin.count("/x"), 1)


class Validating(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.origin = self.start_origin()
        self.daemon = self.start_daemon()

    def fetch(self, path, fields=(), **options):
        return self.get(self.daemon, self.origin.url(path), fields, **options)

    def test_a_304_freshens_what_is_stored(self):
        def answer(exchange):
            if exchange.fields.get("If-None-Match") == '"v1"':
                return reply(304, fields={"Cache-Control": "max-age=600", "ETag": '"v1"', "X-Round": "2"}, reason="Not Modified")
            return reply(body=b"content", fields={"Cache-Control": "max-age=0", "ETag": '"v1"', "X-Round": "1"})

        self.origin.on("/x", answer)
        self.fetch("/x")
        validated = self.fetch("/x")
        self.assertEqual((validated.status, validated.body), (200, b"content"))
        self.assertIn("fwd=stale", validated.cache_status)
        again = self.fetch("/x")
        self.assertTrue(again.is_hit, again.cache_status)
        self.assertEqual((again.body, again.fields["X-Round"]), (b"content", "2"))
        self.assertEqual(self.origin.count("/x"), 2)

    def test_last_modified_validates_as_well(self):
        date = now_http(-1000)

        def answer(exchange):
            if exchange.fields.get("If-Modified-Since") == date:
                return reply(304, reason="Not Modified")
            return reply(body=b"content", fields={"Cache-Control": "no-cache", "Last-Modified": date})

        self.origin.on("/x", answer)
        self.fetch("/x")
        self.assertEqual(self.fetch("/x").body, b"content")
        self.assertIn("If-Modified-Since", self.origin.last("/x").fields)

    def test_a_changed_response_replaces_the_stored_one(self):
        def answer(exchange):
            number = self.origin.count("/x")
            return reply(body=f"version {number}", fields={"Cache-Control": "max-age=0" if number == 1 else "max-age=600",
                                                           "ETag": f'"{number}"'})

        self.origin.on("/x", answer)
        self.assertEqual(self.fetch("/x").body, b"version 1")
        self.assertEqual(self.fetch("/x").body, b"version 2")
        self.assertEqual(self.fetch("/x").body, b"version 2")

    def test_the_clients_own_condition_is_still_its_own(self):
        def answer(exchange):
            if exchange.fields.get("If-None-Match"):
                return reply(304, fields={"ETag": '"v1"', "Cache-Control": "max-age=0"}, reason="Not Modified")
            return reply(body=b"content", fields={"Cache-Control": "max-age=0", "ETag": '"v1"'})

        self.origin.on("/x", answer)
        self.fetch("/x")
        self.assertEqual(self.fetch("/x", {"If-None-Match": '"v1"'}).status, 304)
        self.assertEqual(self.fetch("/x", {"If-None-Match": '"v0"'}).body, b"content")

    def test_an_unsafe_method_invalidates(self):
        for method, status, gone in (("POST", 200, True), ("PUT", 204, True), ("DELETE", 200, True), ("POST", 500, False)):
            with self.subTest(f"{method} {status}"):
                path = f"/{method}{status}"
                self.origin.on(path, lambda exchange, status=status: reply(status, b"", reason="Text") if exchange.request.method != "GET"
                               else reply(body=b"x", fields=FRESH))
                self.fetch(path)
                self.assertTrue(self.fetch(path).is_hit)
                self.fetch(path, method=method, body=b"new")
                self.assertEqual(self.fetch(path).is_hit, not gone)

    def test_what_was_asked_for_ahead_of_an_invalidation_is_not_stored(self):
        """RFC 9111 4.4, with a request that nobody shares: it has no place in the table of fills until its response begins."""
        old = reply(body=b"old", fields={"Cache-Control": "public, max-age=600", "ETag": '"1"'})
        new = reply(body=b"new", fields={"Cache-Control": "public, max-age=600", "ETag": '"2"'})

        alone = {"Authorization": "Basic YTpi"}
        for path, stored, asked in (("/alone", None, alone), ("/validated", old, {**alone, "Cache-Control": "no-cache"})):
            with self.subTest(path):
                gate = Gate()
                self.addCleanup(gate.open)
                if stored:
                    self.origin.on(path, stored)
                    self.fetch(path)
                answer = reply(304, b"", {"ETag": '"1"'}, "Not Modified") if stored else old
                url = self.origin.on(path, lambda exchange, gate=gate, answer=answer: gate.wait() or answer)
                client = self.connect(self.daemon)
                client.send_request(url, fields=asked)
                eventually(lambda gate=gate: gate.waiting == 1, "the request at the origin server")
                self.origin.on(path, reply(204, b"", reason="No Content"))
                self.assertEqual(self.fetch(path, method="PUT", body=b"new").status, 204)
                self.origin.on(path, new)
                gate.open()
                self.assertEqual(client.response().body, b"old")
                self.assertEqual(self.fetch(path).body, b"new")

    def test_fields_that_are_not_stored_reach_the_client_that_asked(self):
        self.origin.on("/x", reply(body=b"x", fields={"Cache-Control": 'max-age=600, private="X-Own", no-cache="X-New"',
                                                      "X-Own": "1", "X-New": "2", "X-All": "3"}))
        first, again = self.fetch("/x"), self.fetch("/x")
        self.assertEqual([first.fields.get(name) for name in ("X-Own", "X-New", "X-All")], ["1", "2", "3"])
        self.assertTrue(again.is_hit)
        self.assertEqual([again.fields.get(name) for name in ("X-Own", "X-New", "X-All")], [None, None, "3"])

    def test_location_of_an_unsafe_answer_is_invalidated_on_the_same_origin(self):
        self.origin.on("/list", reply(body=b"x", fields=FRESH))
        self.origin.on("/add", reply(201, b"", {"Location": "/list"}, "Created"))
        self.fetch("/list")
        self.fetch("/add", method="POST", body=b"new")
        self.assertFalse(self.fetch("/list").is_hit)


class TargetedFields(SluiceTestCase):
    """RFC 9213 with a list of the operator's own."""

    def test_the_list_of_targets_is_configured_and_reloaded(self):
        origin = self.start_origin()
        path = os.path.join(self.scratch(), "sluice.yaml")

        def configure(text):
            with open(path, "w", encoding="ascii") as file:
                file.write(f"cache: {{targets: {text}}}\n")

        def reload(text):
            configure(text)
            since = len(daemon.lines)
            daemon.send(signal.SIGHUP)
            daemon.wait_for_line("reloaded", since=since)

        def is_stored(name, fields):
            url = origin.on(name, reply(body=b"x", fields=fields))
            self.get(daemon, url)
            return self.get(daemon, url).is_hit

        configure("[Edge-Cache-Control, CDN-Cache-Control]")
        daemon = self.start_daemon(arguments=["--config", path])
        edge = {"Cache-Control": "no-store", "CDN-Cache-Control": "no-store", "Edge-Cache-Control": "max-age=600"}
        cdn = {"Cache-Control": "no-store", "CDN-Cache-Control": "max-age=600"}
        self.assertTrue(is_stored("/edge", edge))
        self.assertTrue(is_stored("/cdn", cdn))
        self.assertFalse(is_stored("/invalid", {**edge, "Edge-Cache-Control": "max-age=600,"}))
        self.assertFalse(is_stored("/other", {"Cache-Control": "no-store", "Sluice-Cache-Control": "max-age=600"}))
        answer = self.get(daemon, origin.url("/edge"))
        self.assertEqual((answer.is_hit, answer.fields.get("Edge-Cache-Control")), (True, "max-age=600"))
        self.assertNotIn("Sluice-Directives", answer.fields)
        explained = daemon.tool("cache", "explain", origin.url("/edge")).out
        self.assertIn("Edge-Cache-Control max-age", explained)

        reload("[CDN-Cache-Control]")
        self.assertFalse(is_stored("/edge2", edge))
        self.assertTrue(is_stored("/cdn2", cdn))
        self.assertTrue(self.get(daemon, origin.url("/edge")).is_hit, "what is stored keeps its directives")
        reload("[]")
        self.assertFalse(is_stored("/cdn3", cdn))

    def test_a_304_brings_the_directives_of_the_list_in_force(self):
        origin = self.start_origin()
        daemon = self.start_daemon({"cache.targets": "Sluice-Cache-Control,CDN-Cache-Control"})
        stale = {"CDN-Cache-Control": "max-age=10", "Age": "20", "ETag": '"1"', "Cache-Control": "max-age=600"}
        url = origin.on("/x", reply(body=b"x", fields=stale))
        self.assertFalse(self.get(daemon, url).is_hit)
        origin.on("/x", reply(304, b"", {"ETag": '"1"', "CDN-Cache-Control": "max-age=600"}, "Not Modified"))
        self.assertIn("fwd-status=304", self.get(daemon, url).cache_status)
        self.assertTrue(self.get(daemon, url).is_hit)
        self.assertEqual(origin.count("/x"), 2)

    def test_the_own_name_of_the_internal_field_means_nothing(self):
        origin = self.start_origin()
        daemon = self.start_daemon()
        for path, fields in (("/a", {"Sluice-Directives": "max-age=600"}),
                             ("/b", {"Cache-Control": "no-store", "Sluice-Directives": "max-age=600"})):
            url = origin.on(path, reply(body=b"x", fields=fields))
            self.assertNotIn("Sluice-Directives", self.get(daemon, url).fields)
            self.assertFalse(self.get(daemon, url).is_hit)


class Stale(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.origin = self.start_origin()
        self.daemon = self.start_daemon()

    def stored_stale(self, control):
        """A response that is stale at once but may be used for longer."""
        def answer(exchange):
            number = self.origin.count("/x")
            return reply(body=f"version {number}", fields={"Cache-Control": control, "Date": now_http(-60), "ETag": f'"{number}"'})

        url = self.origin.on("/x", answer)
        self.get(self.daemon, url)
        return url

    def test_stale_while_revalidate_answers_at_once_and_validates_behind(self):
        url = self.stored_stale("max-age=30, stale-while-revalidate=600")
        gate = Gate()
        self.addCleanup(gate.open)

        def slow(exchange):
            gate.wait()
            return reply(body=b"new", fields=FRESH)

        self.origin.on("/x", slow)
        for _ in range(3):
            self.assertEqual(self.get(self.daemon, url).body, b"version 1")
        eventually(lambda: gate.waiting == 1, "one validation in the background")
        gate.open()
        eventually(lambda: self.get(self.daemon, url).body == b"new", "the new response")
        self.assertEqual(gate.waiting, 1)

    def test_stale_if_error_covers_for_a_failing_origin(self):
        url = self.stored_stale("max-age=30, stale-if-error=600")
        self.origin.on("/x", reply(503, b"broken", reason="Service Unavailable"))
        self.assertEqual(self.get(self.daemon, url).body, b"version 1")
        self.origin.stop()
        self.assertEqual(self.get(self.daemon, url).body, b"version 1")

    REPLACEMENTS = [
        (404, {}), (410, {"Cache-Control": "no-store"}), (401, {"WWW-Authenticate": "Basic"}), (302, {"Location": "/y"}),
        (200, {"Cache-Control": "no-store"}), (200, {"Cache-Control": "private"}),
    ]

    def test_what_the_origin_server_replaced_is_not_served_again_behind_the_clients_back(self):
        for status, fields in self.REPLACEMENTS:
            with self.subTest(status=status, fields=fields):
                url = self.stored_stale("max-age=30, stale-while-revalidate=600")
                old = self.get(self.daemon, url).body
                self.origin.on("/x", reply(status, b"new", fields, "Text"))
                eventually(lambda: self.get(self.daemon, url).body == b"new", "the new response")
                self.assertNotEqual(old, b"new")
                self.assertEqual(self.get(self.daemon, url).status, status)
                self.daemon.tool("cache", "show", url, expect=tool.DIFFERENT)

    def test_what_a_client_saw_replaced_does_not_come_back_with_an_error(self):
        for status, fields in self.REPLACEMENTS:
            with self.subTest(status=status, fields=fields):
                url = self.stored_stale("max-age=30, stale-if-error=600")
                self.origin.on("/x", reply(status, b"new", fields, "Text"))
                self.assertEqual(self.get(self.daemon, url).status, status)
                self.origin.on("/x", reply(503, b"broken", reason="Service Unavailable"))
                self.assertEqual(self.get(self.daemon, url).status, 503)

    def test_an_answer_that_speaks_of_one_request_alone_replaces_nothing(self):
        for status, request in ((429, {}), (400, {}), (403, {"Cookie": "a=b"}), (200, {"Authorization": "Basic YTpi"})):
            with self.subTest(status=status, request=request):
                url = self.stored_stale("max-age=30, stale-if-error=600")
                self.origin.on("/x", reply(status, b"for one", reason="Text"))
                self.assertEqual(self.get(self.daemon, url, request).body, b"for one")
                self.origin.on("/x", reply(503, b"broken", reason="Service Unavailable"))
                self.assertEqual(self.get(self.daemon, url).body, b"version 1")
                self.daemon.tool("cache", "purge", "--hard", url)
                self.origin.requests.clear()

    def test_what_is_too_large_to_be_stored_replaces_what_is(self):
        daemon = self.start_daemon({"cache.memory": "8MiB", "cache.memory_largest": "64KiB", "cache.disk": "0"})
        for framing in ({}, {"Transfer-Encoding": "chunked"}):
            with self.subTest(framing):
                fields = {"Cache-Control": "max-age=30, stale-if-error=600", "Date": now_http(-60)}
                url = self.origin.on("/large", reply(body=b"old", fields=fields))
                self.get(daemon, url)
                large = b"n" * 100_000
                body = chunked(large) if framing else large
                self.origin.on("/large", reply(body=body, fields={**FRESH, **framing}))
                self.assertEqual(self.get(daemon, url).body, large)
                self.origin.on("/large", reply(503, b"broken", reason="Service Unavailable"))
                eventually(lambda: self.get(daemon, url).status == 503, "the old one has gone")
                daemon.tool("cache", "show", url, expect=tool.DIFFERENT)

    def test_stale_is_served_without_permission_for_a_day_at_most(self):
        def stored(age, **settings):
            daemon = self.start_daemon(settings)
            origin = self.start_origin()
            url = origin.on("/x", reply(body=b"old", fields={"Cache-Control": "max-age=1", "Age": str(age), "ETag": '"1"'}))
            self.get(daemon, url)
            origin.stop()
            return self.get(daemon, url).status

        self.assertEqual(stored(86_000), 200)
        self.assertIn(stored(86_500), (502, 504))
        self.assertIn(stored(90_000_000), (502, 504))
        self.assertEqual(stored(86_500, **{"cache.stale_when_unreachable": "2d"}), 200)
        self.assertIn(stored(30, **{"cache.stale_when_unreachable": "0"}), (502, 504))

    def test_must_revalidate_forbids_stale(self):
        url = self.stored_stale("max-age=30, stale-if-error=600, must-revalidate")
        self.origin.stop()
        self.assertIn(self.get(self.daemon, url).status, (502, 504))

    def test_without_permission_an_error_is_an_error(self):
        url = self.stored_stale("max-age=30")
        self.origin.on("/x", reply(503, b"broken", reason="Service Unavailable"))
        self.assertEqual(self.get(self.daemon, url).status, 503)


class Collapsing(SluiceTestCase):
    CLIENTS = 50

    def setUp(self):
        super().setUp()
        self.origin = self.start_origin()
        self.daemon = self.start_daemon({"workers": "2"})
        self.gate = Gate()
        self.addCleanup(self.gate.open)

    def ask_all(self, url):
        clients = [self.connect(self.daemon) for _ in range(self.CLIENTS)]
        for client in clients:
            client.send_request(url)
        return clients

    def test_one_forward_for_fifty_clients(self):
        content = b"content" * 100000

        def slow(_):
            self.gate.wait()
            return reply(body=content, fields=FRESH)

        clients = self.ask_all(self.origin.on("/x", slow))
        eventually(lambda: self.gate.waiting == 1, "the one forward")
        self.gate.open()
        answers = [client.response() for client in clients]
        self.assertTrue(all(answer.body == content for answer in answers))
        self.assertEqual(self.origin.count("/x"), 1)
        self.assertTrue(any("collapsed" in answer.cache_status for answer in answers))

    def test_followers_read_while_the_response_grows(self):
        def growing(exchange):
            exchange.send(reply(fields={**FRESH, "Content-Length": "200000"}) + b"a" * 100000)
            self.gate.wait()
            return b"b" * 100000

        clients = self.ask_all(self.origin.on("/x", growing))
        for client in clients:
            client.read_until(b"\r\n\r\n")
            self.assertEqual(client.take(50000), b"a" * 50000)
        self.gate.open()
        for client in clients:
            self.assertEqual(client.take(150000), b"a" * 50000 + b"b" * 100000)
        self.assertEqual(self.origin.count("/x"), 1)

    def test_what_each_reuse_must_validate_is_nobody_elses(self):
        """RFC 9111 4: collapsed requests are served what the cache may reuse for them, and nothing else."""
        cases = (
            {"ETag": '"1"'},
            {"ETag": '"1"', "Cache-Control": "max-age=0, must-revalidate"},
            {"Last-Modified": now_http(-1000), "Cache-Control": "no-cache"},
            {"ETag": '"1"', "Expires": "0", "Set-Cookie": "id=1"},
            {"Cache-Control": "max-age=10", "Age": "20", "ETag": '"1"'},
        )
        for number, fields in enumerate(cases):
            gate = Gate()
            self.addCleanup(gate.open)

            def mine(exchange, gate=gate, fields=fields):
                gate.wait()
                return reply(body=exchange.fields["Cookie"].encode(), fields=fields)

            with self.subTest(fields):
                url = self.origin.on(f"/own{number}", mine)
                for _ in range(2):  # from nothing, and when one of them is stored
                    clients = [(self.connect(self.daemon), f"id={i}") for i in range(10)]
                    for client, cookie in clients:
                        client.send_request(url, fields={"Cookie": cookie})
                    eventually(lambda gate=gate: gate.waiting >= 1 or gate.event.is_set(), "a forward")
                    gate.open()
                    for client, cookie in clients:
                        self.assertEqual(client.response().body, cookie.encode())

    def test_one_forward_for_each_variant(self):
        plain, packed = Gate(), Gate()
        self.addCleanup(plain.open)
        self.addCleanup(packed.open)

        def growing(exchange):
            is_packed = "gzip" in exchange.fields.get("Accept-Encoding", "")
            coding = {"Content-Encoding": "gzip"} if is_packed else {}
            exchange.send(reply(fields={**FRESH, **coding, "Vary": "Accept-Encoding", "Content-Length": "200"}) + b"a" * 100)
            (packed if is_packed else plain).wait()
            return b"b" * 100

        url = self.origin.on("/x", growing)
        first = self.connect(self.daemon)
        first.send_request(url)
        first.read_until(b"\r\n\r\n")
        clients = [self.connect(self.daemon) for _ in range(20)]
        for client in clients:
            client.send_request(url, fields={"Accept-Encoding": "gzip"})
            self.assertIn(b"Content-Encoding: gzip", client.read_until(b"\r\n\r\n"))
        self.assertEqual(self.origin.count("/x"), 2)
        packed.open()
        plain.open()
        for client in clients + [first]:
            self.assertEqual(client.take(200), b"a" * 100 + b"b" * 100)

    def test_who_comes_late_is_told_the_age_and_gets_nothing_stale(self):
        def growing(exchange):
            if self.origin.count("/x") > 1:
                return reply(body=b"new", fields=FRESH)
            exchange.send(reply(fields={"Cache-Control": "max-age=60", "Age": "7", "Content-Length": "200"}) + b"a" * 100)
            self.gate.wait()
            return b"b" * 100

        url = self.origin.on("/x", growing)
        first = self.connect(self.daemon)
        first.send_request(url)
        self.assertIn(b"Age: 7", first.read_until(b"\r\n\r\n"))
        late = self.connect(self.daemon)
        late.send_request(url)
        head = late.read_until(b"\r\n\r\n")
        self.assertRegex(head, rb"\r\nAge: ([7-9]|[1-5][0-9])\r\n")
        self.assertEqual(head.count(b"Age:"), 1)
        for wish in ("no-cache", "max-age=5", "min-fresh=59"):
            self.assertEqual(self.get(self.daemon, url, {"Cache-Control": wish}).body, b"new", wish)
        self.gate.open()
        self.assertEqual(late.take(200), b"a" * 100 + b"b" * 100)

    def test_clients_that_hold_a_copy_share_the_forward(self):
        def slow(exchange):
            self.gate.wait()
            if exchange.fields.get("If-None-Match") == '"new"':
                return reply(304, fields={**FRESH, "ETag": '"new"'})
            return reply(body=b"whole", fields={**FRESH, "ETag": '"new"'})

        url = self.origin.on("/x", slow)
        leader = self.connect(self.daemon)
        leader.send_request(url, fields={"If-None-Match": '"old"'})
        eventually(lambda: self.gate.waiting == 1, "the one forward")
        clients = [(self.connect(self.daemon), tag) for tag in ('"old"', '"new"', '"other"') * 5]
        for client, tag in clients:
            client.send_request(url, fields={"If-None-Match": tag})
        self.gate.open()
        self.assertEqual(leader.response().body, b"whole")
        for client, tag in clients:
            answer = client.response()
            self.assertEqual((answer.status, answer.body), (304, b"") if tag == '"new"' else (200, b"whole"))
        self.assertEqual(self.origin.count("/x"), 1)
        self.assertTrue(self.get(self.daemon, url).is_hit)

    def test_a_304_for_one_clients_copy_is_no_answer_to_others(self):
        url = self.origin.on("/x", lambda exchange: self.gate.wait() or (
            reply(304, fields={**FRESH, "ETag": '"1"'}) if "If-None-Match" in exchange.fields
            else reply(body=b"whole", fields={**FRESH, "ETag": '"1"'})))
        leader = self.connect(self.daemon)
        leader.send_request(url, fields={"If-None-Match": '"1"'})
        eventually(lambda: self.gate.waiting == 1, "the forward")
        others = [self.connect(self.daemon) for _ in range(5)]
        for other in others:
            other.send_request(url)
        self.gate.open()
        self.assertEqual(leader.response().status, 304)
        for other in others:
            answer = other.response()
            self.assertEqual((answer.status, answer.body), (200, b"whole"))

    def test_an_origin_that_recovers_is_asked_once(self):
        url = self.origin.on("/x", reply(503, b"no"))
        self.assertEqual(self.get(self.daemon, url).status, 503)
        failed = time.monotonic()

        def growing(exchange):
            exchange.send(reply(fields={**FRESH, "Content-Length": "200"}) + b"a" * 100)
            self.gate.wait()
            return b"b" * 100

        self.origin.on("/x", growing)
        eventually(lambda: time.monotonic() - failed > 1.2, "the trouble to be forgotten")
        asked = self.origin.count("/x")
        clients = self.ask_all(url)
        for client in clients:
            client.read_until(b"\r\n\r\n")
        self.assertEqual(self.origin.count("/x") - asked, 1)
        self.gate.open()

    def test_uncacheable_answers_do_not_queue(self):
        url = self.origin.on("/x", reply(body=b"x", fields={"Cache-Control": "no-store"}))
        self.get(self.daemon, url)

        def slow(_):
            self.gate.wait()
            return reply(body=b"x", fields={"Cache-Control": "no-store"})

        self.origin.on("/x", slow)
        clients = self.ask_all(url)
        eventually(lambda: self.gate.waiting == self.CLIENTS, lambda: f"all forwards side by side; {self.gate.waiting} are")
        self.gate.open()
        for client in clients:
            self.assertEqual(client.response().body, b"x")

    def test_who_wants_nothing_stored_shares_with_nobody(self):
        def slow(_):
            self.gate.wait()
            return reply(body=b"x", fields=FRESH)

        daemon = self.start_daemon({"cache.collapse_wait": "10m"})
        url = self.origin.on("/x", slow)
        wishes = ("no-store", 'no-store="x"', "no-store=1")
        clients = [self.connect(daemon) for _ in wishes]
        for client, wish in zip(clients, wishes):
            client.send_request(url, fields={"Cache-Control": wish})
        eventually(lambda: self.gate.waiting == len(wishes), lambda: f"a forward each; {self.gate.waiting} are")
        self.gate.open()
        for client in clients:
            self.assertEqual(client.response().body, b"x")

    def test_what_one_client_wants_not_stored_is_shared_by_the_others(self):
        for wish in ({"Cache-Control": "no-store"}, {"Authorization": "Basic YTpi"}):
            with self.subTest(wish):
                gate = Gate()
                self.addCleanup(gate.open)
                path = "/" + next(iter(wish))
                url = self.origin.on(path, reply(body=b"x", fields=FRESH))
                self.get(self.daemon, url, wish)

                def slow(_, gate=gate):
                    gate.wait()
                    return reply(body=b"x", fields=FRESH)

                self.origin.on(path, slow)
                asked = self.origin.count(path)
                clients = self.ask_all(url)
                eventually(lambda gate=gate: gate.waiting >= 1, "the one forward")
                gate.open()
                for client in clients:
                    self.assertEqual(client.response().body, b"x")
                self.assertEqual(self.origin.count(path) - asked, 1)

    def test_a_leader_that_fails_does_not_take_the_others_down_with_wrong_octets(self):
        def failing(exchange):
            self.gate.wait()
            if self.origin.count("/x") == 1:
                exchange.close = True
                return b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 100\r\n\r\nabc"
            return reply(body=b"whole", fields=FRESH)

        clients = self.ask_all(self.origin.on("/x", failing))
        eventually(lambda: self.gate.waiting >= 1, "the forward")
        self.gate.open()
        for client in clients:
            try:
                answer = client.response()
                if answer.status == 200:
                    self.assertEqual(answer.body, b"whole")
            except Closed as cut:
                self.assertNotIn(b"whole", cut.octets)

    def test_the_leader_going_away_does_not_hurt_the_followers(self):
        def growing(exchange):
            exchange.send(reply(fields={**FRESH, "Content-Length": "200000"}) + b"a" * 100000)
            self.gate.wait()
            return b"b" * 100000

        url = self.origin.on("/x", growing)
        leader = self.connect(self.daemon)
        leader.send_request(url)
        leader.read_until(b"\r\n\r\n")
        followers = self.ask_all(url)
        for follower in followers:
            follower.read_until(b"\r\n\r\n")
        leader.close()
        self.gate.open()
        for follower in followers:
            self.assertEqual(follower.take(200000), b"a" * 100000 + b"b" * 100000)
        self.assertEqual(self.origin.count("/x"), 1)

    def test_a_slow_follower_does_not_hold_up_the_others(self):
        content = bytes(range(256)) * (4 << 12)  # 4 MiB
        url = self.origin.on("/x", reply(body=content, fields=FRESH))
        stopped = self.connect(self.daemon, receive_buffer=4096)
        stopped.send_request(url)
        stopped.read_until(b"\r\n\r\n")
        answers = [client.response().body for client in self.ask_all(url)[:10]]
        self.assertTrue(all(body == content for body in answers))


class Purging(SluiceTestCase):
    def test_purge_show_and_stats(self):
        origin = self.start_origin()
        daemon = self.start_daemon()
        url = origin.on("/x", reply(body=b"x", fields=FRESH))
        self.assertEqual(daemon.tool("cache", "show", url, expect=None).status, tool.DIFFERENT)
        self.get(daemon, url)
        shown = daemon.tool("cache", "show", url, "-o", "json").json()
        self.assertIn("max-age=600", str(shown))
        stats = daemon.tool("cache", "stats", "-o", "json").json()
        self.assertTrue(stats)
        daemon.tool("cache", "purge", url)
        answer = self.get(daemon, url)
        self.assertFalse(answer.is_hit)
        self.assertIn("purged", answer.cache_status + self.cause(daemon), "the miss names its cause")

    def test_the_cause_why_an_answer_was_not_stored_is_told(self):
        origin = self.start_origin()
        daemon = self.start_daemon()
        ranged = {"Range": "bytes=0-1"}
        part = {"Cache-Control": "max-age=60", "Content-Range": "bytes 0-1/9", "ETag": '"1"'}
        cases = [
            ("no-store", reply(fields={"Cache-Control": "no-store"}), {}, "no-store"),
            ("private", reply(fields={"Cache-Control": "private"}), {}, "private"),
            ("Vary: *", reply(fields={**FRESH, "Vary": "*"}), {}, "vary"),
            ("no freshness", reply(), {}, "not-admitted"),
            ("a part, no-store", reply(206, b"ab", {**part, "Cache-Control": "no-store"}), ranged, "no-store"),
            ("a part, to a request with no-store", reply(206, b"ab", part), {**ranged, "Cache-Control": "no-store"}, "no-store"),
            ("a part, Authorization", reply(206, b"ab", part), {**ranged, "Authorization": "Basic YTpi"}, "authorization"),
            ("a part, under a condition", reply(206, b"ab", part), {**ranged, "If-None-Match": '"2"'}, "range"),
        ]
        for number, (what, answer, request, cause) in enumerate(cases):
            with self.subTest(what):
                url = origin.on(f"/case{number}", answer)
                for _ in range(3):
                    self.assertIn("detail=" + cause, self.get(daemon, url, request).cache_status)
        for number in range(5):
            explained = daemon.tool("cache", "explain", origin.url(f"/case{number}"), expect=tool.DIFFERENT).out
            self.assertIn("because: " + cases[number][3], explained)
            self.assertIn("was not stored last time: " + cases[number][3], explained)

    def test_what_made_room_for_others_is_told_from_what_never_was_there(self):
        origin = self.start_origin()
        origin.default = lambda exchange: reply(body=b"x" * 20000, fields=FRESH)
        for tier, settings in (("memory", {"cache.disk": "0"}), ("disk", {"cache.disk": "32MiB"})):
            with self.subTest(tier):
                daemon = self.start_daemon({"cache.memory": "1MiB", **settings})
                numbers = iter(range(20000))
                while daemon.tool("cache", "stats", "-o", "json").json()[tier]["evictions"] == 0:
                    for _ in range(100):
                        self.get(daemon, origin.url(f"/{next(numbers)}"))
                eventually(lambda daemon=daemon: "because: evicted" in self.explained(daemon, origin.url("/0")), "the eviction")
                self.assertIn("detail=evicted", self.get(daemon, origin.url("/0")).cache_status)
                self.assertIn("detail=cold", self.get(daemon, origin.url("/never")).cache_status)
                self.assertGreater(daemon.tool("cache", "stats", "-o", "json").json()["misses"]["evicted"], 0)

    @staticmethod
    def explained(daemon, url):
        return daemon.tool("cache", "explain", url, expect=None).out

    def test_what_was_too_large_is_told(self):
        origin = self.start_origin()
        daemon = self.start_daemon({"cache.disk": "0", "cache.memory_largest": "64KiB"})
        url = origin.on("/x", reply(body=b"x" * 100_000, fields=FRESH))
        self.assertIn("detail=too-large", self.get(daemon, url).cache_status)
        explained = daemon.tool("cache", "explain", url, expect=tool.DIFFERENT).out
        self.assertIn("because: too-large", explained)
        self.assertIn("was not stored last time: too-large", explained)

    def test_nobody_purged_what_a_head_made_stale(self):
        origin = self.start_origin()
        daemon = self.start_daemon()
        url = origin.on("/x", reply(body=b"old", fields={**FRESH, "ETag": '"1"'}))
        self.get(daemon, url)
        origin.on("/x", reply(body=b"", fields={**FRESH, "ETag": '"1"', "Content-Length": "9"}, length=False))
        self.get(daemon, url, {"Cache-Control": "no-cache"}, method="HEAD")
        explained = daemon.tool("cache", "explain", url, "-o", "json", expect=tool.DIFFERENT).json()
        self.assertEqual((explained["outcome"], explained["cause"], explained["purges"]), ("validate", "expired", []))
        origin.on("/x", reply(body=b"different", fields={**FRESH, "ETag": '"2"'}))
        self.assertIn("detail=expired", self.get(daemon, url).cache_status)

    def test_list_top_and_explain(self):
        origin = self.start_origin()
        daemon = self.start_daemon()
        url = origin.on("/x", reply(body=b"x", fields={**FRESH, "ETag": '"1"', "Cache-Tag": "t"}))
        for path in ("/x", "/x", "/x", "/y"):
            self.get(daemon, origin.url(path))
        listed = daemon.tool("cache", "list", "--host", "127.0.0.1", "-o", "json").json()["responses"]
        self.assertEqual([response["key"] for response in listed], [url])
        self.assertIn(url, daemon.tool("cache", "list", "--tag", "t").out)
        daemon.tool("cache", "list", "--tag", "other", expect=tool.DIFFERENT)
        top = daemon.tool("cache", "top", "-n", "1", "-o", "json").json()["keys"]
        self.assertEqual(top, [{"key": url, "requests": 3, "hits": 2}])
        explained = daemon.tool("cache", "explain", url).out
        for part in ("hit  " + url, "of 10 min (max-age)", 'validator  "1"', "tags       t", "a miss when"):
            self.assertIn(part, explained)
        missed = daemon.tool("cache", "explain", url, "-H", "Cache-Control: no-cache", expect=tool.DIFFERENT).out
        self.assertIn("validate", missed)
        self.assertIn("because: cold", daemon.tool("cache", "explain", origin.url("/z"), expect=tool.DIFFERENT).out)
        self.assertIn("sluice cache top --help", daemon.tool("cache", "top", "-n", "-1", expect=tool.USAGE).error)
        stats = daemon.tool("cache", "stats").out
        for cause in ("cold", "expired", "vary", "no-store", "private", "authorization", "set-cookie", "range", "method",
                      "too-large", "not-admitted", "no-room", "evicted", "purged", "error", "bypass", "disk-slow"):
            self.assertIn(cause, stats)
        self.assertEqual(sum(daemon.tool("cache", "stats", "-o", "json").json()["miss_shares"].values()), 1)

    @staticmethod
    def cause(daemon):
        eventually(lambda: len(daemon.log_lines()) >= 2, "the log")
        return daemon.log_lines()[-1]

    def test_cache_disabled_passes_everything_through(self):
        origin = self.start_origin()
        daemon = self.start_daemon({"cache.enabled": "false"})
        url = origin.on("/x", reply(body=b"x", fields=FRESH))
        for _ in range(2):
            self.assertFalse(self.get(daemon, url).is_hit)
        self.assertEqual(origin.count("/x"), 2)

    def test_responses_that_are_too_large_are_passed_through(self):
        origin = self.start_origin()
        daemon = self.start_daemon({"cache.disk": "0", "cache.memory_largest": "64KiB"})
        content = b"x" * 200000
        url = origin.on("/x", reply(body=content, fields=FRESH))
        parts = origin.on("/y", reply(fields={**FRESH, "Transfer-Encoding": "chunked"}) + chunked(content))
        for address in (url, parts, url, parts):
            answer = self.get(daemon, address)
            self.assertEqual((answer.body, answer.is_hit), (content, False))

    def test_content_on_its_way_counts_against_the_budget(self):
        """Clients that take nothing ask for four times the budget: what gets no room passes through, and is whole all the same."""
        budget, count = 32 << 20, 10
        content = bytes(range(256)) * (48 << 10)  # 12 MiB: more than the kernel keeps for a client
        for disk in ("0", "256MiB"):
            with self.subTest(disk=disk):
                origin = self.start_origin()
                daemon = self.start_daemon({"cache.memory": "32MiB", "cache.memory_largest": "14MiB", "cache.disk": disk})
                origin.default = lambda exchange: reply(body=content, fields=FRESH)
                clients = []
                for number in range(count):
                    clients.append(Client(daemon.port, receive_buffer=4096))
                    self.addCleanup(clients[-1].close)
                    clients[-1].send_request(origin.url(f"/{number}"))
                    memory = self.memory(daemon)
                    self.assertLessEqual(memory["octets"], budget)
                    self.assertLessEqual(memory["held"], budget // 2)
                for client in clients:
                    client.read_until(b"\r\n\r\n")
                    self.assertEqual(client.take(1000), content[:1000])
                eventually(lambda: self.memory(daemon)["held"] > 0, "they are on their way")
                self.assertIn("on its way", daemon.tool("status").out)
                for client in clients:
                    self.assertEqual(client.take(len(content) - 1000), content[1000:])
                eventually(lambda: self.memory(daemon)["held"] == 0, "all have it")
                self.assertLessEqual(self.memory(daemon)["octets"], budget)
                eventually(lambda: len(daemon.log_lines()) == count, "the log")
                lines = [json.loads(line) for line in daemon.log_lines()]
                without = [line for line in lines if not line.get("stored")]
                self.assertEqual({line["cause"] for line in without}, {"no-room"} if disk == "0" else set())
                self.assertLessEqual({line["cause"] for line in lines if line.get("stored")}, {"cold"})

    @staticmethod
    def memory(daemon):
        return daemon.tool("cache", "stats", "-o", "json").json()["memory"]

    @unittest.skipIf(os.environ.get("SLUICE_TEST_SANITIZED"), "a sanitizer keeps freed memory for a while")
    def test_memory_stays_within_its_budget(self):
        origin = self.start_origin()
        daemon = self.start_daemon({"cache.memory": "16MiB", "cache.disk": "0"})
        origin.default = lambda exchange: reply(body=b"x" * 100000, fields=FRESH)
        start = daemon.rss()
        with Client(daemon.port) as client:
            for number in range(600):
                client.request(origin.url(f"/{number}"))
        self.assertLess(daemon.rss() - start, 40 << 20)


class Interrupted(SluiceTestCase):
    def test_an_origin_that_closes_early_is_seen_and_nothing_is_stored(self):
        origin = self.start_origin()
        daemon = self.start_daemon()

        def early(exchange):
            exchange.close = True
            return reply(fields={**FRESH, "Content-Length": "1000000"}) + b"x" * 500000

        url = origin.on("/x", early)
        for _ in range(3):
            with Client(daemon.port) as client, self.assertRaises(Closed) as cut:
                client.request(url)
            self.assertLessEqual(len(cut.exception.octets), 500000)
        self.assertEqual(origin.count("/x"), 3)
        self.assertEqual(daemon.tool("cache", "show", url, expect=None).status, tool.DIFFERENT)

    def test_of_a_thousand_cut_answers_none_is_taken_for_whole_or_reused(self):
        """Cut after any octet but the last: in the head, in content of known length, in chunks and between them."""
        chance = random.Random(3)
        origin = self.start_origin()
        daemon = self.start_daemon({"cache.memory_largest": "64KiB"})  # the largest go to the disk as they come

        def whole_answer(number):
            content = (b"%d." % number) * chance.choice((20, 2000, 30000))
            if number % 2:
                return reply(body=content, fields=FRESH), content
            pieces = [content[at:at + 7000] for at in range(0, len(content), 7000)]
            return reply(fields={**FRESH, "Transfer-Encoding": "chunked"}) + chunked(*pieces), content

        answers = {f"/{number}": whole_answer(number) for number in range(1000)}

        def cut(exchange):
            exchange.close = True
            octets = answers[exchange.request.target][0]
            head = octets.index(b"\r\n\r\n") + 4
            return octets[:chance.randrange(*((1, head) if chance.random() < 0.1 else (head, len(octets))))]

        origin.default = cut
        broken = 0
        for path in answers:
            with Client(daemon.port) as client:
                try:
                    self.assertEqual(client.request(origin.url(path)).status, 502, path)
                except Closed:
                    broken += 1
        self.assertGreater(broken, 500)
        asked = origin.count()
        origin.default = lambda exchange: answers[exchange.request.target][0]
        with Client(daemon.port) as client:
            for path, (_, content) in answers.items():
                answer = client.request(origin.url(path))
                self.assertEqual((answer.status, answer.is_hit), (200, False), path)
                self.assertEqual(answer.body, content, path)
        self.assertEqual(origin.count() - asked, len(answers))

    def test_a_client_that_goes_away_stops_the_forward(self):
        origin = self.start_origin()
        daemon = self.start_daemon()
        stopped = threading.Event()

        def endless(exchange):
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n")
            try:
                while True:
                    exchange.send(b"x" * 65536)
            except OSError:
                stopped.set()
                raise

        url = origin.on("/x", endless)
        with Client(daemon.port) as client:
            client.send_request(url)
            client.take(1000000)
        self.assertTrue(stopped.wait(20), "the origin is told")


if __name__ == "__main__":
    unittest.main()
