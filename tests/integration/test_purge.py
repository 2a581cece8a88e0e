"""Purging: by URL, host, prefix and tag; soft and hard; through the tool, PURGE and JSON; over a restart."""

import json
import signal
import threading
import unittest

from support import tool
from support.case import SluiceTestCase
from support.client import Client
from support.daemon import ALLOW_LOOPBACK
from support.origin import Gate, reply
from support.waiting import eventually

FRESH = {"Cache-Control": "max-age=600"}
MAY_PURGE = "allow method PURGE from 127.0.0.1\n" + ALLOW_LOOPBACK


class Purging(SluiceTestCase):
    settings = {}

    def setUp(self):
        super().setUp()
        self.origin = self.start_origin()
        self.origin.default = self.answer
        self.daemon = self.start_daemon(self.settings, policy=MAY_PURGE)
        self.host = f"127.0.0.1:{self.origin.port}"

    def answer(self, exchange):
        """Tagged by its path: /a/news has the tags `a`, `news` and `all`."""
        if exchange.fields.get("If-None-Match") == '"1"':
            return reply(304, fields={**FRESH, "ETag": '"1"'}, reason="Not Modified")
        tags = exchange.request.target.strip("/").replace("/", " ") + " all"
        return reply(body=exchange.request.target, fields={**FRESH, "ETag": '"1"', "Surrogate-Key": tags,
                                                           "Cache-Tag": tags.replace(" ", ",")})

    def fetch(self, path, fields=(), **options):
        return self.get(self.daemon, self.origin.url(path), fields, **options)

    def is_hit(self, path):
        return self.fetch(path).is_hit

    def fill(self, *paths):
        for path in paths:
            self.fetch(path)
            self.assertTrue(self.is_hit(path), path)

    def purge(self, *arguments, **options):
        return self.daemon.tool("cache", "purge", *arguments, "-o", "json", **options).json()

    def PURGE(self, path="/", fields=(), content=None):
        body = b"" if content is None else json.dumps(content).encode()
        if content is not None:
            fields = {**dict(fields), "Content-Type": "application/json"}
        answer = self.get(self.daemon, self.origin.url(path), fields, method="PURGE", body=body)
        return answer.status, json.loads(answer.body) if answer.status in (200, 404) else answer


class ByTheTool(Purging):
    def test_what_each_scope_touches(self):
        paths = ("/a/news", "/a/sport", "/b/news", "/b")
        cases = [(("--tag", "news"), {"/a/news", "/b/news"}),
                 (("--tag", "b"), {"/b/news", "/b"}),
                 (("--prefix", self.origin.url("/a/")), {"/a/news", "/a/sport"}),
                 (("--host", self.host), set(paths)),
                 (("--host", "127.0.0.1"), set(paths)),
                 (("--host", "localhost"), set()),
                 ((self.origin.url("/b"),), {"/b"})]
        for hard in (False, True):
            for arguments, touched in cases:
                with self.subTest(arguments=arguments, hard=hard):
                    self.fill(*paths)
                    answer = self.purge(*arguments, *(["--hard"] if hard else []))
                    self.assertEqual(answer["mode"], "hard" if hard else "soft")
                    for path in paths:
                        self.assertEqual(self.is_hit(path), path not in touched, path)
                        self.assertTrue(self.is_hit(path), "and then it is stored again")

    def test_soft_means_stale_and_hard_means_gone(self):
        self.fill("/x")
        self.purge("--tag", "x")
        validated = self.fetch("/x")
        self.assertIn("fwd=stale", validated.cache_status)
        self.assertIn("detail=purged", validated.cache_status)
        self.assertIn("If-None-Match", self.origin.requests[-1].fields, "it is validated")
        self.purge("--tag", "x", "--hard")
        fetched = self.fetch("/x")
        self.assertIn("fwd=uri-miss", fetched.cache_status)
        self.assertIn("detail=purged", fetched.cache_status)
        self.assertNotIn("If-None-Match", self.origin.requests[-1].fields, "it is fetched anew")

    def test_soft_is_served_while_the_origin_fails_and_hard_is_not(self):
        self.fill("/x", "/y")
        self.purge("--tag", "x")
        self.purge("--tag", "y", "--hard")
        self.origin.close()
        self.assertEqual(self.fetch("/x").body, b"/x")
        self.assertEqual(self.fetch("/y").status, 502)

    def test_soft_is_served_while_it_is_validated(self):
        fields = {"Cache-Control": "max-age=600, stale-while-revalidate=60", "Surrogate-Key": "s"}
        self.origin.on("/s", lambda exchange: reply(body=str(self.origin.count("/s")), fields=fields))
        self.assertEqual(self.fetch("/s").body, b"1")
        self.purge("--tag", "s")
        stale = self.fetch("/s")
        self.assertEqual((stale.body, stale.is_hit), (b"1", True))
        eventually(lambda: self.fetch("/s").body == b"2", "the new response")

    def test_all_variants_of_a_url(self):
        self.origin.on("/v", lambda exchange: reply(body=exchange.fields.get("Accept-Language", "none"),
                                                    fields={**FRESH, "Vary": "Accept-Language"}))
        for hard in ((), ("--hard",)):
            for language in ("de", "en", "fr"):
                self.fetch("/v", {"Accept-Language": language})
            self.assertEqual(self.purge(self.origin.url("/v"), *hard)["responses"], 3)
            for language in ("de", "en", "fr"):
                self.assertFalse(self.fetch("/v", {"Accept-Language": language}).is_hit)

    def test_nothing_stored_is_a_difference_and_nonsense_is_refused(self):
        self.daemon.tool("cache", "purge", self.origin.url("/never"), expect=tool.DIFFERENT)
        wild = self.daemon.tool("cache", "purge", self.origin.url("/a/*"), expect=tool.DIFFERENT)
        self.assertIn("cache purge --prefix " + self.origin.url("/a/"), wild.out)
        for arguments in ((), ("--tag", "two words"), ("--host", "http://a.example/"), ("--prefix", "/a"),
                          ("http://a.example/", "--tag", "a")):
            self.daemon.tool("cache", "purge", *arguments, expect=tool.USAGE)

    def test_tags_do_not_reach_the_client(self):
        self.fill("/a/news")
        for answer in (self.fetch("/a/other"), self.fetch("/a/news"), self.fetch("/a/news", {"If-None-Match": '"1"'}),
                       self.fetch("/a/news", method="HEAD"), self.fetch("/a/news", {"Range": "bytes=0-1"}),
                       self.fetch("/a/news", {"Cache-Control": "no-store"}, method="POST", body=b"x")):
            self.assertNotIn("Surrogate-Key", answer.fields)
            self.assertNotIn("Cache-Tag", answer.fields)

    def test_a_response_on_its_way_is_touched_as_well(self):
        for number, scope in enumerate(("--tag", "--host", "URL")):
            with self.subTest(scope):
                gate = Gate()
                path = f"/slow{number}"

                def slow(exchange, gate=gate):
                    exchange.send(reply(fields={**FRESH, "Content-Length": "8", "Surrogate-Key": "slow"}, length=False) + b"half")
                    gate.wait()
                    return b"half"

                self.origin.on(path, slow)
                answers = []
                client = threading.Thread(target=lambda path=path: answers.append(self.fetch(path)))
                client.start()
                eventually(lambda gate=gate: gate.waiting == 1, "the request")
                named = {"--tag": ("--tag", "slow"), "--host": ("--host", self.host), "URL": (self.origin.url(path),)}[scope]
                self.purge(*named, "--hard", expect=None)
                gate.open()
                client.join(20)
                self.assertEqual(answers[0].body, b"halfhalf", "its own client gets it")
                self.assertFalse(self.is_hit(path), "nobody else does")
                self.assertTrue(self.is_hit(path))

    def test_who_comes_after_a_purge_does_not_follow_a_fill_of_before(self):
        gate = Gate()
        self.origin.on("/f", lambda exchange: gate.wait() or reply(body="old", fields={**FRESH, "Cache-Tag": "f"}))
        answers = []
        first = threading.Thread(target=lambda: answers.append(self.fetch("/f")))
        first.start()
        eventually(lambda: gate.waiting == 1, "the request")
        self.purge("--tag", "f")
        second = threading.Thread(target=lambda: answers.append(self.fetch("/f")))
        second.start()
        gate.open()
        first.join(20)
        second.join(20)
        self.assertEqual(self.origin.count("/f"), 2)


class WithoutADisk(ByTheTool):
    settings = {"cache.disk": "0"}


class OverARestart(Purging):
    def test_a_purge_survives(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            for hard in ((), ("--hard",)):
                with self.subTest(number=number, hard=hard):
                    self.fill("/a/news", "/a/sport", "/b", "/c")
                    self.wait_until_on_disk("/a/news", "/a/sport", "/b", "/c")
                    before = self.purge("--tag", "news", *hard)["number"]
                    self.purge("--prefix", self.origin.url("/b"), *hard)
                    self.purge(self.origin.url("/c"), *hard)
                    self.daemon.restart(number)
                    self.assertTrue(self.is_hit("/a/sport"))
                    for path in ("/a/news", "/b", "/c"):
                        self.assertFalse(self.is_hit(path), path)
                        self.assertTrue(self.is_hit(path), path)
                    self.assertGreater(self.purge("--tag", "other")["number"], before)

    def test_the_number_of_a_purge_by_url_survives(self):
        for _ in range(5):
            self.purge(self.origin.url("/never"), expect=None)
        self.fill("/a/news")
        self.wait_until_on_disk("/a/news")
        self.daemon.restart()
        self.purge("--prefix", self.origin.url("/a"), "--hard")
        self.assertFalse(self.is_hit("/a/news"))

    def wait_until_on_disk(self, *paths):
        for path in paths:
            eventually(lambda path=path: "disk" in [variant["tier"] for variant in self.daemon.tool(
                "cache", "show", self.origin.url(path), "-o", "json").json()["variants"]], f"{path} on disk")


class ByHttp(Purging):
    def test_the_method(self):
        self.fill("/a/news", "/b")
        status, answer = self.PURGE("/b")
        self.assertEqual(status, 200)
        self.assertEqual(answer["purged"], [{"scope": "url", "name": self.origin.url("/b"), "mode": "soft", "number": 1,
                                             "responses": 1, "survives_restart": True}])
        self.assertIn("fwd=stale", self.fetch("/b").cache_status)
        status, answer = self.PURGE("/b", {"Sluice-Purge": "hard"})
        self.assertEqual((status, answer["purged"][0]["mode"]), (200, "hard"))
        self.assertIn("fwd=uri-miss", self.fetch("/b").cache_status)
        status, answer = self.PURGE("/", {"Surrogate-Key": "a other"})
        self.assertEqual([purged["name"] for purged in answer["purged"]], ["a", "other"])
        self.assertFalse(self.is_hit("/a/news"))
        self.assertEqual(self.PURGE("/never")[0], 404)
        self.assertEqual([request for request in self.origin.requests if request.method == "PURGE"], [])

    def test_json(self):
        self.fill("/a/news", "/a/sport", "/b", "/c")
        status, answer = self.PURGE(content={"urls": [self.origin.url("/b")], "tags": ["news"], "hosts": ["other.example"],
                                             "prefixes": [self.origin.url("/c")], "hard": True})
        self.assertEqual(status, 200)
        self.assertEqual({(purged["scope"], purged["mode"]) for purged in answer["purged"]},
                         {(scope, "hard") for scope in ("url", "host", "prefix", "tag")})
        self.assertEqual([self.is_hit(path) for path in ("/a/news", "/a/sport", "/b", "/c")], [False, True, False, False])
        for content, why in (({}, "no urls"), ([], "object"), ({"urls": "x"}, "urls"), ({"tags": [1]}, "tags"),
                             ({"surprise": []}, "unknown member"), ({"tags": ["a b"]}, "tag"), ({"hard": 1, "tags": ["a"]}, "hard")):
            status, answer = self.PURGE(content=content)
            self.assertEqual(status, 400, content)
            self.assertIn(why, json.loads(answer.body)["error"])
        broken = self.get(self.daemon, self.origin.url("/"), {"Content-Type": "application/json"}, method="PURGE",
                          body=b'{"tags": [}')
        self.assertEqual((broken.status, json.loads(broken.body)["error"]),
                         (400, "the content is not JSON: it goes wrong at octet 11"))

    def test_a_url_is_purged_under_the_key_that_a_get_has(self):
        self.daemon.write_policy("cache key sort-query path /sorted\n"
                                 "cache key drop-query utm_* path /by-client from 127.0.0.1\n"
                                 "cache key drop-query x path /by-client from 192.0.2.1\n" + MAY_PURGE)
        self.daemon.tool("policy", "reload")
        purges = {
            "PURGE": lambda path: self.PURGE(path),
            "hard": lambda path: self.PURGE(path, {"Sluice-Purge": "hard"}),
            "JSON": lambda path: self.PURGE(content={"urls": [self.origin.url(path)]}),
            "tool": lambda path: (200, self.purge(self.origin.url(path))),
        }
        for how, purge in purges.items():
            for path, same in (("/sorted?b=2&a=1", "/sorted?a=1&b=2"), ("/by-client?x=1&utm_s=2", "/by-client?x=1&utm_s=3")):
                with self.subTest(how=how, path=path):
                    self.fill(path)
                    self.assertTrue(self.is_hit(same))
                    status, _ = purge(path)
                    self.assertEqual(status, 200)
                    self.assertFalse(self.is_hit(same))
        self.fill("/sorted?b=2&a=1")
        explained = self.daemon.tool("cache", "explain", self.origin.url("/sorted?b=2&a=1"), "-o", "json").json()
        self.assertEqual((explained["outcome"], explained["cause"]), ("hit", "-"))
        self.assertEqual(explained["key"], self.origin.url("/sorted?a=1&b=2"))

    def test_a_connection_goes_on_behind_it(self):
        self.fill("/x")
        with Client(self.daemon.port) as client:
            for _ in range(2):
                self.assertEqual(client.request(self.origin.url("/x"), "PURGE").status, 200)
                self.assertEqual(client.request(self.origin.url("/x")).status, 200)


class Policy(SluiceTestCase):
    def test_only_a_rule_that_names_purge_allows_it(self):
        origin = self.start_origin()
        url = origin.on("/x", reply(body=b"x", fields=FRESH))
        cases = [(ALLOW_LOOPBACK, 403),
                 ("allow method GET, PURGE from 127.0.0.1\n" + ALLOW_LOOPBACK, 200),
                 ("allow method PURGE from 192.0.2.1\n" + ALLOW_LOOPBACK, 403),
                 ("allow not method GET\n" + ALLOW_LOOPBACK, 403),
                 ("deny url ~ \"/x\" method PURGE\nallow method PURGE\n" + ALLOW_LOOPBACK, 403),
                 ("allow method PURGE host other.example\n" + ALLOW_LOOPBACK, 403)]
        for policy, status in cases:
            with self.subTest(policy):
                daemon = self.start_daemon(policy=policy)
                self.get(daemon, url)
                self.assertEqual(self.get(daemon, url, method="PURGE").status, status)
                self.assertEqual(self.get(daemon, url).is_hit, status == 403)
                daemon.tool("cache", "purge", url)
                daemon.stop()
        self.assertEqual([request.method for request in origin.requests if request.method == "PURGE"], [])

    def test_one_edit_opens_it(self):
        origin = self.start_origin()
        url = origin.on("/x", reply(body=b"x", fields=FRESH))
        daemon = self.start_daemon()
        self.get(daemon, url)
        self.assertEqual(self.get(daemon, url, method="PURGE").status, 403)
        denied = self.get(daemon, "http://other.example/", {"Accept": "application/json"}, method="PURGE")
        self.assertEqual(denied.status, 403)
        self.assertIn(b"names it", denied.body)
        daemon.tool("policy", "allow", "--method", "PURGE", "--from", "127.0.0.1", "--to", "127.0.0.1")
        self.assertEqual(self.get(daemon, url, method="PURGE").status, 200)

    def test_every_name_in_the_content_is_judged(self):
        origin = self.start_origin()
        url = origin.on("/x", reply(body=b"x", fields=FRESH))
        daemon = self.start_daemon(policy="allow method PURGE host 127.0.0.1\n" + ALLOW_LOOPBACK)
        self.get(daemon, url)
        for content in ({"urls": [url, "http://a.example/"]}, {"hosts": ["a.example"]}, {"prefixes": ["http://a.example/x"]}):
            answer = self.get(daemon, url, {"Content-Type": "application/json"}, method="PURGE", body=json.dumps(content).encode())
            self.assertEqual(answer.status, 403, content)
        self.assertTrue(self.get(daemon, url).is_hit, "nothing of a denied request is carried out")


if __name__ == "__main__":
    unittest.main()
