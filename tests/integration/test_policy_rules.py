"""Rules beyond allow and deny by host: response conditions, shadow rules and setting lines, through the real daemon."""

import json
import os
import unittest

from support.case import SluiceTestCase
from support.client import Closed
from support.daemon import ALLOW_LOOPBACK
from support.http import chunked
from support.origin import Gate, reply
from support.waiting import eventually

FRESH = {"Cache-Control": "max-age=600"}


class Rules(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.origin = self.start_origin()

    def serve(self, rules, **options):
        self.daemon = self.start_daemon(policy=rules + ALLOW_LOOPBACK, **options)

    def fetch(self, path, fields=(), **options):
        return self.get(self.daemon, self.origin.url(path), fields, **options)

    def logged(self, path):
        """The access log's line for a path, once it was written."""
        def look():
            lines = [json.loads(line) for line in self.daemon.log_lines()]
            return [line for line in lines if path in line.get("url", "")]
        return eventually(look, lambda: f"a line for {path}")[-1]


class Responses(Rules):
    def test_a_response_is_denied_by_its_type_streamed_and_stored(self):
        self.serve('deny type application/x-msdownload unless from 192.0.2.1 reason "no programs" id programs\n')
        self.origin.on("/a.exe", reply(body=b"MZ", fields={"Content-Type": "application/x-msdownload", **FRESH}))
        self.origin.on("/a.txt", reply(body=b"text", fields={"Content-Type": "text/plain", **FRESH}))
        for _ in range(2):
            denied = self.fetch("/a.exe")
            self.assertEqual(denied.status, 403)
            self.assertIn(b"no programs", denied.body)
            self.assertNotIn(b"MZ", denied.body)
            self.assertEqual(self.fetch("/a.txt").body, b"text")
        self.assertEqual(self.logged("/a.exe")["rule"], "programs")
        self.assertEqual(self.logged("/a.exe")["verdict"], "deny")
        self.assertEqual(self.logged("/a.txt")["verdict"], "allow")

    def test_status_size_and_fields(self):
        self.serve('deny status 500-599\ndeny size over 1KiB\ndeny response field X-Secret ~ "."\n')
        self.origin.on("/bad", reply(502, b"x"))
        self.origin.on("/large", reply(body=b"x" * 1025))
        self.origin.on("/exact", reply(body=b"x" * 1024))
        self.origin.on("/untold", lambda _: reply(fields={"Transfer-Encoding": "chunked"}) + chunked(b"x" * 2000))
        self.origin.on("/secret", reply(body=b"x", fields={"X-Secret": "1"}))
        for path, status in (("/bad", 403), ("/large", 403), ("/exact", 200), ("/untold", 200), ("/secret", 403)):
            self.assertEqual(self.fetch(path).status, status, path)

    def test_an_allow_for_what_comes_back_ahead_of_a_deny(self):
        self.serve("allow type image/* to 127.0.0.1\ndeny path /pictures\n")
        self.origin.on("/pictures/a.png", reply(body=b"png", fields={"Content-Type": "image/png"}))
        self.origin.on("/pictures/a.js", reply(body=b"js", fields={"Content-Type": "text/javascript"}))
        self.assertEqual(self.fetch("/pictures/a.png").body, b"png")
        self.assertEqual(self.fetch("/pictures/a.js").status, 403)

    def test_a_tunnel_is_decided_without_a_response(self):
        self.serve("deny type image/*\n")
        with self.connect(self.daemon) as client:
            self.assertEqual(client.connect_to(self.origin.authority).status, 200)

    def test_requests_by_field_path_and_query(self):
        self.serve('deny field User-Agent ~ "^Old"\ndeny path /admin\ndeny query debug\n')
        self.origin.default = lambda _: reply(body=b"x")
        self.assertEqual(self.fetch("/").status, 200)
        self.assertEqual(self.fetch("/", {"User-Agent": "OldThing/1"}).status, 403)
        self.assertEqual(self.fetch("/admin/x").status, 403)
        self.assertEqual(self.fetch("/administrator").status, 200)
        self.assertEqual(self.fetch("/?debug=1").status, 403)

    def test_the_listener_of_the_client(self):
        self.daemon = self.prepare_daemon({"listeners": "127.0.0.1:0,127.0.0.2:0"})
        self.daemon.write_policy(ALLOW_LOOPBACK)
        self.daemon.start()
        self.origin.default = lambda _: reply(body=b"x")
        self.daemon.write_policy(f"deny listener {self.daemon.ports[0]}\n" + ALLOW_LOOPBACK)
        self.daemon.tool("policy", "reload")
        self.assertEqual(self.fetch("/").status, 403)
        done = self.run_program("curl", "--silent", "--proxy", f"http://127.0.0.2:{self.daemon.ports[1]}", "--noproxy", "",
                                self.origin.url("/"))
        self.assertEqual(done.stdout, b"x")

    def test_included_files(self):
        self.daemon = self.prepare_daemon()
        with open(os.path.join(self.daemon.state, "extra.sluice"), "w", encoding="utf-8") as file:
            file.write("deny path /closed id extra\n")
        self.daemon.write_policy('include "extra.sluice"\n' + ALLOW_LOOPBACK)
        self.daemon.start()
        self.origin.default = lambda _: reply(body=b"x")
        self.assertEqual(self.fetch("/closed").status, 403)
        self.assertEqual(self.fetch("/open").status, 200)
        refused = self.daemon.tool("policy", "remove", "extra", expect=None)
        self.assertIn("included file", refused.error)


class Shadows(Rules):
    def test_are_logged_and_do_not_act(self):
        self.serve("deny path /a shadow id future\ndeny type text/html shadow id later\nstrip query in log shadow id quiet\n")
        self.origin.on("/a", reply(body=b"x"))
        self.origin.on("/b", reply(body=b"x", fields={"Content-Type": "text/html"}))
        self.assertEqual(self.fetch("/a?q=1").status, 200)
        self.assertEqual(self.fetch("/b").status, 200)
        line = self.logged("/a?q=1")
        self.assertEqual((line["shadow"], line["shadow_verdict"], line["verdict"]), ("future", "deny", "allow"))
        self.assertEqual(line["shadow_setting"], "quiet")
        self.assertEqual(self.logged("/b")["shadow"], "later")


class Fields(Rules):
    def test_of_requests_are_set_and_removed(self):
        self.serve('set request field X-From "office" path /a\nremove request field Cookie\n')
        self.origin.default = lambda _: reply(body=b"x")
        self.fetch("/a", {"X-From": "nobody", "Cookie": "a=b"})
        seen = self.origin.last("/a").fields
        self.assertEqual(seen["X-From"], "office")
        self.assertNotIn("Cookie", seen)
        self.fetch("/b", {"X-From": "nobody"})
        self.assertEqual(self.origin.last("/b").fields["X-From"], "nobody")

    def test_of_responses_are_set_and_removed_streamed_and_stored(self):
        self.serve('set response field X-Frame-Options "DENY" type text/html\nremove response field Server\n')
        self.origin.on("/a", reply(body=b"x", fields={"Content-Type": "text/html", "Server": "s", **FRESH}))
        for hit in (False, True):
            got = self.fetch("/a")
            self.assertEqual(got.is_hit, hit)
            self.assertEqual(got.fields["X-Frame-Options"], "DENY")
            self.assertNotIn("Server", got.fields)
            self.assertEqual(got.body, b"x")


class Settings(Rules):
    def test_the_query_is_kept_out_of_the_log(self):
        self.serve("strip query in log path /private\n")
        self.origin.default = lambda _: reply(body=b"x")
        self.fetch("/private?token=secret")
        self.fetch("/open?shown=1")
        self.assertTrue(self.logged("/private")["url"].endswith("/private"))
        self.assertTrue(self.logged("/open")["url"].endswith("/open?shown=1"))
        self.assertFalse(any("secret" in line for line in self.daemon.log_lines()))

    def test_a_name_is_connected_elsewhere(self):
        self.serve(f"connect to 127.0.0.1:{self.origin.port} host search.example\n", settings=None)
        self.origin.default = lambda exchange: reply(body=exchange.fields["Host"].encode(), fields=FRESH)
        for _ in range(2):
            got = self.get(self.daemon, "http://search.example/q")
            self.assertEqual(got.body, b"search.example")
            self.assertFalse(got.is_hit)
        with self.connect(self.daemon) as client:
            self.assertEqual(client.connect_to("search.example:443").status, 200)
            self.assertEqual(client.request("http://search.example/inside").body, b"search.example")

    def test_where_a_name_is_connected_is_judged(self):
        self.daemon = self.start_daemon(
            policy="connect to 127.0.0.1 host search.example\ndeny to local, self\nallow\n")
        self.assertEqual(self.get(self.daemon, f"http://search.example:{self.origin.port}/").status, 403)
        self.assertEqual(self.origin.connections, 0)

    def test_content_is_limited_whether_its_size_is_told_or_not(self):
        self.serve("limit size 1KiB path /limited\n")
        self.origin.on("/limited/told", reply(body=b"x" * 1025))
        self.origin.on("/limited/exact", reply(body=b"x" * 1024))
        self.origin.on("/open", reply(body=b"x" * 5000))
        self.origin.on("/limited/untold",
                       lambda _: reply(fields={"Transfer-Encoding": "chunked"}) + chunked(b"x" * 600, b"y" * 600, b"z" * 900))
        told = self.fetch("/limited/told")
        self.assertEqual(told.status, 502)
        self.assertIn("http_response_body_size", told.fields["Proxy-Status"])
        self.assertEqual(self.fetch("/limited/exact").status, 200)
        self.assertEqual(len(self.fetch("/open").body), 5000)
        try:
            self.assertEqual(self.fetch("/limited/untold").status, 502)
        except Closed:
            pass  # the head was on its way: cut


class Caching(Rules):
    def twice(self, path, **options):
        self.fetch(path, **options)
        return self.fetch(path, **options)

    def test_a_lifetime_in_place_of_the_responses_own(self):
        self.serve("cache ttl 7d path /long\ncache ttl 0s path /short\n")
        for name, fields in (("undated", {}), ("expired", {"Cache-Control": "max-age=0", "Expires": "0"}),
                             ("zero", {"Cache-Control": "s-maxage=0, must-revalidate"})):
            path = f"/long/{name}"
            self.origin.on(path, reply(body=b"x", fields=fields))
            got = self.twice(path)
            self.assertTrue(got.is_hit, f"{name}: {got.cache_status}")
            self.assertIn("ttl=604", got.cache_status)
            self.assertNotIn("Sluice-Cache-Control", got.fields)
            self.assertEqual(got.fields.get("Cache-Control"), fields.get("Cache-Control"))
        self.origin.on("/long/no-store", reply(body=b"x", fields={"Cache-Control": "no-store"}))
        self.assertFalse(self.twice("/long/no-store").is_hit)
        self.origin.on("/long/missing", reply(404, b"x"))
        self.assertFalse(self.twice("/long/missing").is_hit, "a lifetime is not for errors")
        self.origin.on("/short", reply(body=b"x", fields=FRESH))
        self.assertFalse(self.twice("/short").is_hit)

    def test_errors_are_kept_for_as_long_as_the_rule_says(self):
        self.serve("cache negative 60s\n")
        for status in (404, 403, 500, 503):
            path = f"/{status}"
            self.origin.on(path, reply(status, b"x"))
            self.assertTrue(self.twice(path).is_hit, status)
            self.assertEqual(self.origin.count(path), 1)

    def test_grace_serves_stale_while_the_origin_fails(self):
        self.serve("cache grace 1h path /g\n")
        state = {"fail": False}
        handler = lambda _: reply(503, b"no") if state["fail"] else reply(
            body=b"good", fields={"Cache-Control": "max-age=0, must-revalidate", "ETag": '"a"'})
        self.origin.on("/g", handler)
        self.origin.on("/other", handler)
        self.fetch("/g"), self.fetch("/other")
        state["fail"] = True
        self.assertEqual(self.fetch("/g").body, b"good")
        self.assertEqual(self.fetch("/other").status, 503)

    def test_grace_makes_nothing_storable(self):
        self.serve("cache grace 1h\n")
        for path, status, fields in (("/undated", 200, {}), ("/cookie", 200, {"Set-Cookie": "id=1"}),
                                     ("/moved", 302, {"Location": "/"}), ("/broken", 503, {})):
            self.origin.on(path, reply(status, b"x", fields))
            self.assertFalse(self.twice(path).is_hit, path)
            self.assertEqual(self.origin.count(path), 2, path)

    def test_an_error_behind_the_clients_back_leaves_what_grace_keeps(self):
        for rules in ("cache grace 1h\n", "cache ttl 0s\ncache grace 1h\n"):
            with self.subTest(rules):
                self.serve(rules)
                path = f"/page{len(rules)}"
                self.origin.on(path, reply(body=b"good", fields={"Cache-Control": "max-age=0", "ETag": '"a"'}))
                self.fetch(path)
                self.origin.on(path, reply(500, b"broken"))

                def validated(times, path=path):
                    self.assertEqual(self.fetch(path).body, b"good")
                    return self.origin.count(path) > times

                # One that is still under way takes the place of the next.
                for times in range(1, 5):
                    eventually(lambda times=times: validated(times), "the validation")

    def test_a_lifetime_hands_no_cookies_on(self):
        self.serve("cache ttl 7d\n")
        self.origin.on("/page", reply(body=b"x", fields={"Set-Cookie": "id=1"}))
        self.origin.on("/dated", reply(body=b"x", fields={"Set-Cookie": "id=1", "Cache-Control": "max-age=1"}))
        self.assertFalse(self.twice("/page").is_hit)
        got = self.twice("/dated")
        self.assertTrue(got.is_hit, "the origin server said that it may be kept")
        self.assertIn("ttl=604", got.cache_status)

    def test_answers_to_one_clients_credentials_or_pace_are_not_kept(self):
        self.serve("cache negative 60s\n")
        for status in (401, 412, 417, 421, 425, 428, 429, 431):
            path = f"/{status}"
            self.origin.on(path, reply(status, b"x"))
            self.assertFalse(self.twice(path).is_hit, status)

    def test_never_by_request_and_by_response(self):
        self.serve("cache never path /live\ncache never type video/*\n")
        self.origin.on("/live/a", reply(body=b"x", fields=FRESH))
        self.origin.on("/film", reply(body=b"x", fields={"Content-Type": "video/mp4", **FRESH}))
        self.origin.on("/page", reply(body=b"x", fields=FRESH))
        self.assertFalse(self.twice("/live/a").is_hit)
        self.assertFalse(self.twice("/film").is_hit)
        self.assertTrue(self.twice("/page").is_hit)

    def test_cookies_are_taken_off_what_is_kept(self):
        self.serve("cache ignore set-cookie path /static\n")
        fields = {"Set-Cookie": "id=1", "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}
        self.origin.on("/static/a", reply(body=b"x", fields=fields))
        self.origin.on("/page", reply(body=b"x", fields=fields))
        got = self.twice("/static/a")
        self.assertTrue(got.is_hit)
        self.assertNotIn("Set-Cookie", got.fields)
        got = self.twice("/page")
        self.assertFalse(got.is_hit)
        self.assertEqual(got.fields["Set-Cookie"], "id=1")

    def test_keys_without_some_parameters_and_in_order(self):
        self.serve("cache key drop-query utm_*, fbclid\ncache key sort-query\n")
        self.origin.default = lambda exchange: reply(body=exchange.request.target.encode(), fields=FRESH)
        first = self.fetch("/a?x=1&utm_source=mail&y=2&fbclid=3")
        self.assertEqual(first.body, b"/a?x=1&utm_source=mail&y=2&fbclid=3", "the origin gets what the client sent")
        for same in ("/a?y=2&x=1", "/a?utm_medium=z&x=1&y=2"):
            got = self.fetch(same)
            self.assertTrue(got.is_hit, same)
            self.assertEqual(got.body, first.body)
        self.assertFalse(self.fetch("/a?x=2&y=2").is_hit)
        self.fetch("/b?fbclid=1")
        self.assertTrue(self.fetch("/b").is_hit)
        self.fetch("/a?fbclid=9&x=1&y=2", method="POST")
        self.assertFalse(self.fetch("/a?x=1&y=2").is_hit, "an unsafe method invalidates by the same key")

    def test_what_every_client_left_is_finished_up_to_a_size(self):
        self.serve("cache finish-aborted under 64KiB path /finish\n")
        for path, finishes in (("/finish/small", True), ("/give-up", False)):
            gate = Gate()

            def handler(exchange, gate=gate):
                exchange.send(reply(body=b"", fields={**FRESH, "Content-Length": "20000"}, length=False) + b"x" * 100)
                gate.wait()
                exchange.send(b"x" * 19900)

            self.origin.on(path, handler)
            client = self.connect(self.daemon)
            client.send_request(self.origin.url(path))
            client.read_until(b"xxxx")
            client.close()
            gate.open()
            if finishes:
                eventually(lambda path=path: self.fetch(path).is_hit, lambda: f"{path} is kept")
                self.assertEqual(self.origin.count(path), 1)


if __name__ == "__main__":
    unittest.main()
