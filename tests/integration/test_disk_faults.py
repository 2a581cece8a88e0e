"""A disk that fills up, that cannot be written, that comes back: no client notices, and caching goes on when it can."""

import os
import signal
import threading
import time
import unittest

from support import tool
from support.case import SluiceTestCase, find_program
from support.client import Client
from support.daemon import ALLOW_LOOPBACK
from support.origin import reply
from support.waiting import Stopwatch, eventually

FRESH = {"Cache-Control": "max-age=86400"}
MAY_PURGE = "allow method PURGE from 127.0.0.1\n" + ALLOW_LOOPBACK
DISK = 48 << 20
LARGE = 500_000


def content_of(path):
    """Octets that belong to one path."""
    return (path.encode() * (LARGE // len(path) + 1))[:LARGE]


class SmallDisk(SluiceTestCase):
    """Tests on a file system of their own."""

    def setUp(self):
        super().setUp()
        self.origin = self.start_origin()
        self.origin.default = lambda exchange: reply(body=content_of(exchange.request.target), fields=FRESH)

    def mount(self, directory, *options):
        os.makedirs(directory, exist_ok=True)
        done = self.run_program(find_program("mount"), "-t", "tmpfs", "-o", ",".join((f"size={DISK}", "mode=0777", *options)),
                                "tmpfs", directory, check=False)
        if done.returncode != 0:
            self.skipTest(f"no file system can be mounted here: {done.stderr.decode().strip()}")
        self.addCleanup(self.run_program, find_program("umount"), "--lazy", directory)

    def remount(self, directory, option):
        self.run_program(find_program("mount"), "-o", f"remount,{option}", directory)

    def fill_up(self, directory):
        """Takes all space that is left; removing the file gives it back."""
        path = os.path.join(directory, "ballast")
        with open(path, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 16))
            except OSError:
                return path

    def request_all(self, daemon, paths):
        """Each answer is whole and right. Returns how many were hits."""
        hits = 0
        with Client(daemon.port) as client:
            for path in paths:
                answer = client.request(self.origin.url(path))
                self.assertEqual(answer.status, 200)
                self.assertEqual(answer.body, content_of(path), path)
                hits += answer.is_hit
        return hits

    def stored_on_disk(self, daemon):
        return daemon.tool("cache", "stats", "-o", "json").json()["disk"]["responses"]


class FullDisk(SmallDisk):
    def test_no_client_notices_and_caching_resumes_when_there_is_space(self):
        daemon = self.prepare_daemon({"cache.memory": "8MiB", "cache.disk": "1GiB"})
        cache = os.path.join(daemon.state, "cache")
        self.mount(cache)
        daemon.start()
        self.request_all(daemon, [f"/before/{number}" for number in range(20)])
        eventually(lambda: self.stored_on_disk(daemon) == 20, "all of it is on disk")
        ballast = self.fill_up(cache)
        self.request_all(daemon, [f"/full/{number}" for number in range(60)])
        daemon.wait_for_line("cache: the disk failed")
        os.remove(ballast)
        watch, number = Stopwatch(), 0
        while self.stored_on_disk(daemon) <= 20 and watch.seconds() < 30:
            self.request_all(daemon, [f"/after/{number}"])
            number += 1
            time.sleep(0.2)
        self.assertLess(watch.seconds(), 10, daemon.tail())
        daemon.restart()
        self.assertGreater(self.request_all(daemon, [f"/before/{number}" for number in range(20)]), 0, "it is the same store")

    def test_what_was_replaced_while_it_was_full_does_not_come_back(self):
        daemon = self.prepare_daemon({"cache.memory": "4MiB", "cache.memory_largest": "1MiB", "cache.disk": "1GiB"})
        cache = os.path.join(daemon.state, "cache")
        self.mount(cache)
        version = 1
        self.origin.default = lambda exchange: reply(body=(b"%09d " % version) * (LARGE // 10), fields=FRESH)
        paths = [f"/{number}" for number in range(20)]

        def versions(fields=None):
            with Client(daemon.port) as client:
                return {client.request(self.origin.url(path), fields=fields or {}).body[:9] for path in paths}

        daemon.start()
        versions()
        eventually(lambda: self.stored_on_disk(daemon) == len(paths), "all of it is on disk")
        ballast = self.fill_up(cache)
        version = 2
        self.assertEqual(versions({"Cache-Control": "no-cache"}), {b"%09d" % 2})
        daemon.wait_for_line("cache: the disk failed")
        self.assertEqual(versions(), {b"%09d" % 2})
        os.remove(ballast)
        daemon.restart()
        self.assertEqual(versions(), {b"%09d" % 2})

    def test_full_from_the_start(self):
        daemon = self.prepare_daemon({"cache.memory": "8MiB", "cache.disk": "1GiB"})
        cache = os.path.join(daemon.state, "cache")
        self.mount(cache)
        ballast = self.fill_up(cache)
        daemon.start()
        self.request_all(daemon, [f"/{number}" for number in range(20)])
        os.remove(ballast)
        daemon.wait_for_line("is open again", timeout=15)
        self.request_all(daemon, ["/after"])
        eventually(lambda: self.stored_on_disk(daemon) > 0, "it is stored")

    def test_kill_9_while_it_is_full(self):
        daemon = self.prepare_daemon({"cache.memory": "8MiB", "cache.disk": "1GiB"})
        cache = os.path.join(daemon.state, "cache")
        self.mount(cache)
        daemon.start()
        paths = [f"/{number}" for number in range(150)]
        filler = threading.Thread(target=self.request_all, args=(daemon, paths))
        filler.start()
        filler.join()
        daemon.kill()
        daemon.start()
        self.request_all(daemon, paths)

    def test_a_start_with_hardly_any_room(self):
        daemon = self.prepare_daemon({"cache.memory": "8MiB", "cache.disk": "1GiB"})
        cache = os.path.join(daemon.state, "cache")
        self.mount(cache)
        paths = [f"/{number}" for number in range(8)]
        daemon.start()
        self.request_all(daemon, paths)
        eventually(lambda: self.stored_on_disk(daemon) == len(paths), "all of it is on disk")
        daemon.kill()
        for kibibytes in (4, 8, 16, 24, 64, 4096, 6144):
            ballast = self.fill_up(cache)
            os.truncate(ballast, os.path.getsize(ballast) - (kibibytes << 10))
            daemon.start()
            self.request_all(daemon, paths)
            daemon.kill() if kibibytes % 16 else daemon.stop()
            os.remove(ballast)
        daemon.start()
        self.assertEqual(self.request_all(daemon, paths), len(paths))

    def test_the_whole_state_directory_is_full(self):
        daemon = self.prepare_daemon({"cache.memory": "8MiB", "cache.disk": "1GiB"}, policy=None)
        self.mount(daemon.state)
        daemon.write_policy("allow\n")
        daemon.start()
        self.request_all(daemon, [f"/{number}" for number in range(5)])
        rules = daemon.tool("policy", "list", "-o", "json").out
        ballast = self.fill_up(daemon.state)
        refused = daemon.tool("policy", "deny", "ads.example", expect=None)
        self.assertNotEqual(refused.status, 0)
        self.assertIn("No space left on device", refused.error)
        self.assertEqual(daemon.tool("policy", "list", "-o", "json").out, rules, "nothing of it is in force")
        self.request_all(daemon, [f"/full/{number}" for number in range(20)])
        os.remove(ballast)
        daemon.tool("policy", "deny", "ads.example")
        self.assertEqual(self.get(daemon, "http://ads.example/").status, 403)


class PurgesOnAFullDisk(SmallDisk):
    def setUp(self):
        super().setUp()
        self.daemon = self.prepare_daemon({"cache.memory": "1MiB", "cache.disk": "1GiB"}, policy=MAY_PURGE)
        self.cache = os.path.join(self.daemon.state, "cache")
        self.mount(self.cache)
        self.daemon.start()
        self.paths = [f"/before/{number}" for number in range(6)]
        self.request_all(self.daemon, self.paths)
        eventually(lambda: self.stored_on_disk(self.daemon) == len(self.paths), "all of it is on disk")
        self.ballast = self.fill_up(self.cache)
        self.request_all(self.daemon, [f"/full/{number}" for number in range(60)])
        self.daemon.wait_for_line("cache: the disk failed")

    def purge_all(self):
        """In each way that there is; none of them is said to survive."""
        urls = [self.origin.url(path) for path in self.paths]
        refused = self.daemon.tool("cache", "purge", "--hard", urls[0], expect=6)
        self.assertIn("after a restart it may be forgotten", refused.error)
        self.daemon.tool("cache", "purge", urls[1], expect=6)
        self.daemon.tool("cache", "purge", "--prefix", urls[2], expect=6)
        for url, fields in ((urls[3], {}), (urls[4], {"Sluice-Purge": "hard"})):
            self.assertEqual(self.get(self.daemon, url, fields, method="PURGE").status, 500)
        self.get(self.daemon, urls[5], method="POST", body=b"x")

    def assert_all_gone(self):
        self.assertEqual(self.request_all(self.daemon, self.paths), 0)

    def test_they_are_written_when_there_is_space_with_no_traffic_at_all(self):
        self.purge_all()
        os.remove(self.ballast)
        eventually(lambda: self.daemon.tool("cache", "purge", "--tag", "x", expect=None).status == 0, "the disk takes purges")
        self.daemon.restart(signal.SIGKILL)
        self.assert_all_gone()

    def test_they_are_written_at_a_clean_end(self):
        self.purge_all()
        os.remove(self.ballast)
        self.daemon.restart()
        self.assert_all_gone()


class ReadOnlyDisk(SmallDisk):
    def test_it_is_opened_when_that_can_be_done_and_purges_are_not_forgotten(self):
        daemon = self.prepare_daemon({"cache.memory": "8MiB", "cache.disk": "1GiB"})
        cache = os.path.join(daemon.state, "cache")
        self.mount(cache)
        daemon.start()
        paths = [f"/{number}" for number in range(4)]
        self.request_all(daemon, paths)
        eventually(lambda: self.stored_on_disk(daemon) == len(paths), "all of it is on disk")
        daemon.stop()
        self.remount(cache, "ro")
        daemon.start()
        self.assertTrue(daemon.tool("cache", "stats", "-o", "json").json()["disk"]["closed"])
        self.assertIn("off: it cannot be opened", daemon.tool("status").out)
        daemon.tool("cache", "purge", "--prefix", self.origin.url("/0"))
        daemon.tool("cache", "purge", self.origin.url("/1"), expect=tool.DIFFERENT)  # nothing is known to be stored
        self.get(daemon, self.origin.url("/2"), method="POST", body=b"x")
        self.remount(cache, "rw")
        daemon.wait_for_line("is open again", timeout=15)
        eventually(lambda: self.stored_on_disk(daemon) > 0, "what is there is known")
        self.assertEqual(self.request_all(daemon, paths), 1)
        daemon.restart()
        self.assertEqual(self.request_all(daemon, paths), len(paths), "stored anew")

    def test_purges_survive_that_it_is_off_to_the_end(self):
        daemon = self.prepare_daemon({"cache.memory": "8MiB", "cache.disk": "1GiB"})
        cache = os.path.join(daemon.state, "cache")
        self.mount(cache)
        for off in ("read-only", "cache.disk is 0"):
            with self.subTest(off=off):
                daemon.start()
                self.request_all(daemon, ["/x"])
                eventually(lambda: self.stored_on_disk(daemon) > 0, "it is on disk")
                daemon.stop()
                if off == "read-only":
                    self.remount(cache, "ro")
                else:
                    daemon.settings["cache.disk"] = "0"
                daemon.start()
                daemon.tool("cache", "purge", "--hard", "--host", "127.0.0.1")
                daemon.stop()
                self.remount(cache, "rw")
                daemon.settings["cache.disk"] = "1GiB"
                daemon.start()
                self.assertIn("what was stored on disk is gone", daemon.tail())
                self.assertEqual(self.request_all(daemon, ["/x"]), 0)
                eventually(lambda: self.stored_on_disk(daemon) > 0, "it is on disk again")
                daemon.restart()
                self.assertEqual(self.request_all(daemon, ["/x"]), 1, "the purge counts once")
                daemon.stop()

    def test_it_goes_on_in_memory_and_says_so(self):
        daemon = self.prepare_daemon({"cache.memory": "8MiB", "cache.disk": "1GiB"})
        self.mount(os.path.join(daemon.state, "cache"), "ro")
        daemon.start()
        self.assertIn("going on in memory only", daemon.tail())
        self.request_all(daemon, ["/x"])
        self.assertEqual(self.request_all(daemon, ["/x"]), 1)


if __name__ == "__main__":
    unittest.main()
