"""Every exchange is on record: access log in three formats, reopened on demand, and Prometheus metrics."""

import json
import os
import re
import signal
import unittest
import urllib.error
import urllib.request

from support.case import SluiceTestCase
from support.client import Client, exchange
from support.metrics import Metrics
from support.origin import reply, unused_port
from support.waiting import eventually

# time elapsed client code/status bytes method URL user hierarchy/peer type
SQUID = re.compile(r"^ *\d+\.\d{3} +\d+ \S+ [A-Z_]+/\d{3} \d+ \S+ \S+ \S+ [A-Z_]+/\S+ \S+$")
COMBINED = re.compile(r'^\S+ \S+ \S+ \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "(?:[^"\\]|\\.)*" \d{3} (?:\d+|-) '
                      r'"(?:[^"\\]|\\.)*" "(?:[^"\\]|\\.)*"')


class AccessLog(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.origin = self.start_origin()
        self.url = self.origin.on("/x", reply(body=b"content", fields={"Cache-Control": "max-age=60", "Content-Type": "text/plain"}))

    def traffic(self, daemon):
        """A miss, a hit, a denial, an error, a tunnel, and a request that cannot be read. Returns how many. Each waits for the
        line of the one ahead of it: workers hand their lines over by themselves, and a tunnel is recorded at its end."""
        self.get(daemon, self.url, {"User-Agent": 'a "quoted" agent\t'.strip(), "Referer": "http://from.example/"})
        self.lines(daemon, 1)
        self.get(daemon, self.url)
        self.lines(daemon, 2)
        self.get(daemon, "http://denied.example/")
        self.lines(daemon, 3)
        self.get(daemon, f"http://127.0.0.1:{unused_port()}/")
        self.lines(daemon, 4)
        with Client(daemon.port) as client:
            client.connect_to(self.origin.authority)
            client.send("GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
            client.response()
        self.lines(daemon, 5)
        exchange(daemon.port, b"GET http://127.0.0.1/ HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n")
        return 6

    def start(self, form):
        return self.start_daemon({"log.format": form},
                                 policy='deny host .denied.example reason "HR-231"\nallow\n')

    def lines(self, daemon, count):
        eventually(lambda: len(daemon.log_lines()) >= count, lambda: f"{count} lines:\n" + "\n".join(daemon.log_lines()))
        return daemon.log_lines()

    def test_json(self):
        daemon = self.start("json")
        records = [json.loads(line) for line in self.lines(daemon, self.traffic(daemon))]
        self.assertEqual(len(records), 6)
        text = [json.dumps(record) for record in records]
        self.assertIn("cold", text[0])
        self.assertEqual([record["status"] for record in records], [200, 200, 403, 502, 200, 400])
        self.assertEqual([record["method"] for record in records[:5]], ["GET", "GET", "GET", "GET", "CONNECT"])
        self.assertEqual(records[0]["url"], self.url)
        self.assertIn("HR-231", text[2])
        self.assertIn("http_request_denied", text[2])
        self.assertIn("connection_refused", text[3])
        self.assertIn("http_request_error", text[5])
        self.assertEqual(len({record["id"] for record in records}), 6)
        self.assertTrue(all(record["client"].startswith("127.0.0.1") for record in records))

    def test_squid(self):
        daemon = self.start("squid")
        lines = self.lines(daemon, self.traffic(daemon))
        for line in lines:
            self.assertRegex(line, SQUID)
        codes = [line.split()[3] for line in lines]
        self.assertEqual(codes[0], "TCP_MISS/200")
        self.assertIn(codes[1], ("TCP_HIT/200", "TCP_MEM_HIT/200"))
        self.assertEqual(codes[2], "TCP_DENIED/403")
        self.assertEqual(codes[4], "TCP_TUNNEL/200")

    def test_combined(self):
        daemon = self.start("combined")
        lines = self.lines(daemon, self.traffic(daemon))
        for line in lines:
            self.assertRegex(line, COMBINED)
        self.assertIn('a \\"quoted\\" agent', lines[0])
        self.assertIn('"http://from.example/"', lines[0])
        for line, status in zip(lines, ("200", "200")):
            self.assertIn(f'" {status} {len(b"content")} "', line, "octets of content, as web servers count them")
        page = self.get(daemon, "http://denied.example/")
        self.assertIn(f'" 403 {len(page.body)} "', self.lines(daemon, 7)[6])

    def test_the_request_id_of_a_refusal_page_is_the_one_in_the_log(self):
        daemon = self.start("json")
        page = self.get(daemon, "http://denied.example/", {"Accept": "application/json"})
        record = json.loads(self.lines(daemon, 1)[0])
        self.assertIn(record["id"].encode(), page.body)

    def test_nothing_a_client_sends_breaks_a_line(self):
        for form in ("json", "squid", "combined"):
            with self.subTest(form):
                daemon = self.start(form)
                self.get(daemon, self.origin.url('/?"\\%0a<>{}'), {"User-Agent": '\\" \xe4\xff "', "Referer": "a\tb"})
                self.get(daemon, self.url)
                self.assertEqual(len(self.lines(daemon, 2)), 2)
                if form == "json":
                    for line in daemon.log_lines():
                        json.loads(line)

    def test_it_is_reopened_on_sigusr1(self):
        daemon = self.start("json")
        self.get(daemon, self.url)
        self.lines(daemon, 1)
        moved = daemon.access_log + ".1"
        os.rename(daemon.access_log, moved)
        daemon.send(signal.SIGUSR1)
        eventually(lambda: os.path.exists(daemon.access_log), "the new file")
        self.get(daemon, self.url)
        self.lines(daemon, 1)
        with open(moved, encoding="utf-8") as file:
            self.assertEqual(len(file.read().splitlines()), 1)

    def test_no_log_at_all(self):
        daemon = self.start("none")
        self.get(daemon, self.url)
        daemon.stop()
        self.assertEqual(daemon.log_lines(), [])

    def test_what_is_logged_at_the_end_is_written_at_the_end(self):
        daemon = self.start("json")
        with Client(daemon.port) as client:
            for _ in range(500):
                client.request(self.url)
        daemon.stop()
        self.assertEqual(len(daemon.log_lines()), 500)


class Exposition(SluiceTestCase):
    def test_metrics_are_valid_described_and_move(self):
        origin = self.start_origin()
        daemon = self.start_daemon(policy="deny host .denied.example\nallow\n")
        url = origin.on("/x", reply(body=b"content", fields={"Cache-Control": "max-age=60"}))
        before = Metrics.of(daemon)
        self.assertTrue(Metrics.content_type.startswith("text/plain"))
        self.get(daemon, url)
        self.get(daemon, url)
        self.get(daemon, "http://denied.example/")
        self.get(daemon, f"http://127.0.0.1:{unused_port()}/")
        after = Metrics.of(daemon)

        def moved(name, **labels):
            return after.total(name, **labels) - before.total(name, **labels)

        self.assertEqual(moved("sluice_requests_total"), 4)
        self.assertEqual(moved("sluice_requests_total", outcome="hit"), 1)
        self.assertEqual(moved("sluice_requests_total", outcome="denied"), 1)
        for name in after.names():
            family = re.sub(r"_(bucket|sum|count)$", "", name)
            self.assertTrue(name in after.types or family in after.types, f"{name} has no TYPE")
            self.assertTrue(name in after.help or family in after.help, f"{name} has no HELP")
            self.assertTrue(name.startswith("sluice_"), name)
        for kind in after.types:
            if after.types[kind] == "counter":
                self.assertTrue(kind.endswith("_total"), kind)

    def test_histograms_add_up(self):
        origin = self.start_origin()
        daemon = self.start_daemon()
        url = origin.on("/x", reply(body=b"x"))
        for _ in range(5):
            self.get(daemon, url)
        metrics = Metrics.of(daemon)
        for family, kind in metrics.types.items():
            if kind != "histogram":
                continue
            buckets = sorted((float(dict(pairs)["le"].replace("+Inf", "inf")), value)
                             for (name, pairs), value in metrics.samples.items() if name == family + "_bucket")
            values = [value for _, value in buckets]
            self.assertEqual(values, sorted(values), family)
            self.assertEqual(buckets[-1][0], float("inf"))
            self.assertEqual(values[-1], metrics.total(family + "_count"))

    def test_only_the_metrics_are_there_and_only_locally(self):
        daemon = self.start_daemon()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with self.assertRaises(urllib.error.HTTPError) as refused:
            opener.open(f"http://127.0.0.1:{daemon.metrics_port}/other", timeout=10)
        self.assertEqual(refused.exception.code, 404)
        refused.exception.close()


if __name__ == "__main__":
    unittest.main()
