"""What the disk tier promises: kept over a restart, and never a wrong octet after kill -9."""

import hashlib
import os
import random
import signal
import threading
import time
import unittest

from support.case import SluiceTestCase
from support.client import Client, Closed
from support.origin import reply
from support.waiting import Stopwatch, eventually

FRESH = {"Cache-Control": "max-age=86400"}
ROUNDS = int(os.environ.get("SLUICE_TEST_KILL_ROUNDS", "100"))
PER_ROUND = 100  # responses asked for, of which a part is there when the kill comes
FILLERS = 4


def content_of(path):
    """Octets that belong to one path and to no other, of a length that the path decides too."""
    seed = hashlib.sha256(path.encode()).digest()
    length = (500, 20000, 150000, 700000)[seed[0] % 4] + seed[1]
    return (seed * (length // len(seed) + 1))[:length]


class Storage(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.origin = self.start_origin()
        self.origin.default = lambda exchange: reply(body=content_of(exchange.request.target), fields=FRESH)

    def test_a_restart_keeps_the_cache(self):
        daemon = self.start_daemon()
        paths = [f"/{number}" for number in range(60)]
        with Client(daemon.port) as client:
            for path in paths:
                client.request(self.origin.url(path))
        daemon.restart()
        with Client(daemon.port) as client:
            for path in paths:
                answer = client.request(self.origin.url(path))
                self.assertTrue(answer.is_hit, f"{path}: {answer.cache_status}")
                self.assertEqual(answer.body, content_of(path))
        self.assertEqual(self.origin.count(), len(paths))

    def test_a_restart_keeps_variants_and_purges(self):
        daemon = self.start_daemon()
        url = self.origin.on("/v", lambda exchange: reply(body=exchange.fields["Accept-Language"],
                                                          fields={**FRESH, "Vary": "Accept-Language"}))
        gone = self.origin.url("/gone")
        self.get(daemon, gone)
        for language in ("de", "en"):
            self.get(daemon, url, {"Accept-Language": language})
        daemon.tool("cache", "purge", gone)
        daemon.restart()
        for language in ("de", "en"):
            answer = self.get(daemon, url, {"Accept-Language": language})
            self.assertEqual((answer.body.decode(), answer.is_hit), (language, True))
        self.assertFalse(self.get(daemon, gone).is_hit)

    def test_both_budgets_change_while_it_serves(self):
        path = os.path.join(self.scratch(), "sluice.yaml")

        def write_budgets(memory, disk):
            with open(path, "w", encoding="ascii") as file:
                file.write(f"cache: {{memory: {memory}, memory_largest: 1MiB, disk: {disk}, disk_largest: 4MiB}}\n")

        def stats():
            return daemon.tool("cache", "stats", "-o", "json").json()

        def reload_with(memory, disk):
            write_budgets(memory, disk)
            seen = len(daemon.lines)
            daemon.send(signal.SIGHUP)
            daemon.wait_for_line(r"reloaded", since=seen)
            self.assertFalse([line for line in daemon.lines[seen:] if "waits for a restart" in line])

        write_budgets("48MiB", "200MiB")
        daemon = self.prepare_daemon(arguments=["--config", path])
        for key in ("cache.memory", "cache.disk"):
            daemon.settings.pop(key, None)
        daemon.start()
        self.origin.default = lambda exchange: reply(body=exchange.request.target.encode() * 3000, fields=FRESH)
        paths = [f"/{number:06}" for number in range(1200)]  # 24 MB
        with Client(daemon.port) as client:
            for name in paths:
                client.request(self.origin.url(name))
            eventually(lambda: stats()["disk"]["responses"] == len(paths), "everything is on the disk")
            self.assertEqual(stats()["memory"]["responses"], len(paths))
            reload_with("4MiB", "12MiB")
            for tier, budget in (("memory", 4 << 20), ("disk", 12 << 20)):
                eventually(lambda tier=tier, budget=budget: stats()[tier]["octets"] <= budget, f"{tier} has shrunk")
                self.assertEqual(stats()[tier]["budget"], budget)
                self.assertGreater(stats()[tier]["responses"], 50)
            asked = self.origin.count()
            for name in paths:
                answer = client.request(self.origin.url(name))
                self.assertEqual(answer.body, name.encode() * 3000)
            self.assertGreater(self.origin.count(), asked)
            reload_with("48MiB", "200MiB")
            for name in paths:
                client.request(self.origin.url(name))
            eventually(lambda: stats()["memory"]["responses"] == len(paths), "there is room for everything again")

    def test_what_was_cut_is_not_there_after_a_restart(self):
        def early(exchange):
            exchange.close = True
            return reply(fields={**FRESH, "Content-Length": "3000000"}) + b"x" * 2500000

        daemon = self.start_daemon()
        url = self.origin.on("/cut", early)
        with Client(daemon.port) as client, self.assertRaises(Closed):
            client.request(url)
        daemon.restart()
        self.origin.on("/cut", reply(body=b"whole", fields=FRESH))
        answer = self.get(daemon, url)
        self.assertEqual((answer.body, answer.is_hit), (b"whole", False))

    def test_what_was_replaced_does_not_come_back_from_a_tier_that_did_not_take_the_new_one(self):
        """Memory takes 100 KiB, then 4 MiB, at most and the disk 1 MiB: what is larger than either goes to the other, or nowhere."""
        sizes = {"both": 20_000, "disk": 600_000, "nowhere": 3_000_000}
        version = {}

        def versioned(exchange):
            number, size = version[exchange.request.target]
            return reply(body=(b"%09d " % number) * (size // 10), fields=FRESH)

        self.origin.default = versioned
        for largest, daemon in (("100KiB", self.daemon_with("100KiB", "1MiB")), ("4MiB", self.daemon_with("4MiB", "1MiB"))):
            with Client(daemon.port) as client:
                paths = [f"/{largest}/{first}-{then}" for first in sizes for then in sizes]
                for number in (1, 2):
                    for path in paths:
                        version[path] = (number, sizes[path.rpartition("/")[2].split("-")[number - 1]])
                        answer = client.request(self.origin.url(path), fields={"Cache-Control": "no-cache"})
                        self.assertEqual(answer.body[:9], b"%09d" % number)
                self.assert_newest(client, paths, "at once")
                for number in range(100):
                    path = f"/{largest}/filler/{number}"
                    version[path] = (1, 90_000)
                    client.request(self.origin.url(path))
                self.assert_newest(client, paths, "when memory has forgotten it")
            daemon.restart()
            with Client(daemon.port) as client:
                self.assert_newest(client, paths, "after a restart")

    def daemon_with(self, memory_largest, disk_largest):
        return self.start_daemon({"cache.memory": "4MiB", "cache.memory_largest": memory_largest, "cache.disk": "64MiB",
                                  "cache.disk_largest": disk_largest})

    def assert_newest(self, client, paths, when):
        old = [path for path in paths if client.request(self.origin.url(path)).body[:9] != b"%09d" % 2]
        self.assertEqual(old, [], when)

    def test_kill_9_while_storing_never_serves_a_wrong_octet(self):
        daemon = self.start_daemon()
        chance = random.Random(7)
        kept, asked = 0, set()
        for number in range(ROUNDS):
            stop = threading.Event()
            fillers = [threading.Thread(target=self.fill, args=(daemon.port, f"/r{number}/{n}/", stop, asked)) for n in range(FILLERS)]
            before = self.origin.count()
            for filler in fillers:
                filler.start()
            wanted = before + chance.randrange(PER_ROUND // 10, PER_ROUND * 9 // 10)
            eventually(lambda wanted=wanted: self.origin.count() >= wanted, "responses being stored", interval=0.001)
            daemon.kill()
            stop.set()
            for filler in fillers:
                filler.join(30)
            daemon.start()
            kept += self.compare_all(daemon, [path for path in asked if path.startswith(f"/r{number}/")])
        self.assertGreater(kept, 0, "something survives")
        self.compare_all(daemon, chance.sample(sorted(asked), min(400, len(asked))))

    def fill(self, port, prefix, stop, asked):
        for number in range(PER_ROUND // FILLERS):
            if stop.is_set():
                return
            path = f"{prefix}{number}"
            try:
                with Client(port) as client:
                    asked.add(path)
                    self.assertEqual(client.request(self.origin.url(path)).body, content_of(path))
            except (Closed, OSError):
                return  # killed in the middle

    def compare_all(self, daemon, paths):
        hits = 0
        with Client(daemon.port) as client:
            for path in paths:
                answer = client.request(self.origin.url(path))
                self.assertEqual(answer.status, 200)
                self.assertEqual(answer.body, content_of(path), f"{path} was served wrong")
                hits += answer.is_hit
        return hits

    def test_most_of_what_was_complete_well_before_the_kill_survives(self):
        daemon = self.start_daemon()
        paths = [f"/{number}" for number in range(100)]
        with Client(daemon.port) as client:
            for path in paths:
                client.request(self.origin.url(path))
        written = time.monotonic()
        eventually(lambda: time.monotonic() - written > 1.2, "the second that may be lost has passed")
        daemon.kill()
        daemon.start()
        self.assertGreaterEqual(self.compare_all(daemon, paths), 90)

    def test_a_start_after_kill_9_is_ready_quickly(self):
        daemon = self.start_daemon()
        with Client(daemon.port) as client:
            for number in range(100):
                client.request(self.origin.url(f"/{number}"))
        daemon.kill()
        watch = Stopwatch()
        daemon.start()
        self.assertLess(watch.seconds(), 5)

    def test_damaged_files_are_never_served(self):
        daemon = self.start_daemon({"cache.memory": "1MiB"})
        paths = [f"/{number}" for number in range(80)]
        with Client(daemon.port) as client:
            for path in paths:
                client.request(self.origin.url(path))
        daemon.stop()
        self.flip_pages(os.path.join(daemon.state, "cache"), random.Random(11))
        daemon.start()
        with Client(daemon.port) as client:
            for path in paths:
                answer = client.request(self.origin.url(path))
                self.assertEqual(answer.body, content_of(path), path)

    @staticmethod
    def flip_pages(directory, chance):
        """Damages content in place: pages of 4 KiB in every table and blob file."""
        for folder, _, names in os.walk(directory):
            for name in names:
                path = os.path.join(folder, name)
                size = os.path.getsize(path)
                if not name.endswith((".sst", ".blob")) or size < 8192:
                    continue
                with open(path, "r+b") as file:
                    for _ in range(max(1, size >> 20)):
                        file.seek(chance.randrange(size // 4096) * 4096)
                        file.write(chance.randbytes(4096))


if __name__ == "__main__":
    unittest.main()
