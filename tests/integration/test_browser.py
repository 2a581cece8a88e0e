"""A real browser, headless, with the gateway as its proxy: a page over http, one over https, and a refusal."""

import tempfile
import unittest

from support.case import SluiceTestCase
from support.client import Client
from support.origin import reply
from support.waiting import eventually

PAGE = """<!doctype html><title>page</title><link rel=stylesheet href=/style.css><script src=/script.js></script>
<body><p id=greeting>waiting</p><img src=/picture.svg><script>
fetch('/data.json').then(r => r.json()).then(data => { document.getElementById('greeting').textContent = made_by_script + data.word; });
</script></body>"""
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>'
HTML = {"Content-Type": "text/html; charset=utf-8"}
FRESH = {"Cache-Control": "max-age=600"}


class Browser(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.require("chromium")

    def build_site(self, origin):
        origin.on("/", reply(body=PAGE, fields={**HTML, **FRESH}))
        origin.on("/style.css", reply(body="p { color: green }", fields={"Content-Type": "text/css", **FRESH}))
        origin.on("/script.js", reply(body="const made_by_script = 'hello ';", fields={"Content-Type": "text/javascript", **FRESH}))
        origin.on("/picture.svg", reply(body=PICTURE, fields={"Content-Type": "image/svg+xml", **FRESH}))
        origin.on("/data.json", reply(body='{"word": "browser"}', fields={"Content-Type": "application/json", "Cache-Control": "no-store"}))
        return origin

    def visit(self, daemon, url):
        with tempfile.TemporaryDirectory(prefix="sluice-test-", ignore_cleanup_errors=True) as profile:
            done = self.run_program(
                "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
                "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
                "--disable-default-apps", "--disable-features=OptimizationHints,MediaRouter,HttpsUpgrades,DialMediaRouteProvider",
                "--ignore-certificate-errors", f"--user-data-dir={profile}", f"--proxy-server={daemon.proxy}",
                "--proxy-bypass-list=<-loopback>", "--virtual-time-budget=10000", "--dump-dom", url,
                environment={"HOME": profile}, timeout=120)
        return done.stdout.decode(errors="replace")

    def test_a_page_over_http_and_again_from_the_cache(self):
        daemon, origin = self.start_daemon(), self.build_site(self.start_origin())
        self.assertIn("hello browser", self.visit(daemon, origin.url("/")))
        first = origin.by_target()
        self.assertIn("hello browser", self.visit(daemon, origin.url("/")))
        again = origin.by_target() - first
        self.assertEqual({target for target in again if target in ("/", "/style.css", "/script.js", "/picture.svg")}, set(),
                         "a fresh browser is answered by the gateway")
        self.assertTrue(all("Via" in request.fields for request in origin.requests))

    def test_a_page_over_https(self):
        daemon, origin = self.start_daemon(), self.build_site(self.start_tls_origin())
        self.assertIn("hello browser", self.visit(daemon, origin.url("/")))
        eventually(lambda: any("CONNECT" in line for line in daemon.log_lines()), "the tunnel is on record")

    def test_a_refusal_is_shown_as_a_page(self):
        daemon = self.start_daemon(policy='deny host .denied.example reason "HR-231"\nallow\n')
        self.assertIn("HR-231", self.visit(daemon, "http://www.denied.example/"))
        with Client(daemon.port) as client:
            self.assertEqual(client.request("http://www.denied.example/").status, 403)


if __name__ == "__main__":
    unittest.main()
