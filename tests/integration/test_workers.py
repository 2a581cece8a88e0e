"""What workers share, used by all of them at once: stores, fills, policy, configuration, log. Each answer is right all the same.

Under ThreadSanitizer this is where races would be seen.
"""

import hashlib
import itertools
import os
import random
import signal
import threading
import time
import unittest

from support.case import SluiceTestCase
from support.client import Client, Closed
from support.daemon import ALLOW_LOOPBACK
from support.metrics import Metrics
from support.origin import reply
from support.tool import DIFFERENT, OK
from support.waiting import TIME_SCALE, eventually

REQUESTS = int(os.environ.get("SLUICE_TEST_WORKER_REQUESTS", "150"))  # of each client
CLIENTS = 8
KEYS = 12
MIB = 1 << 20
# Kinds of responses: Cache-Control, octets of content, further fields.
KINDS = {"fresh": ("max-age=600", 3000, {}),
         "checked": ("max-age=0, must-revalidate", 20000, {"ETag": '"1"'}),
         "stale": ("max-age=0, stale-while-revalidate=600", 500, {"ETag": '"1"'}),
         "varied": ("max-age=600", 2000, {"Vary": "Accept-Language"}),
         "passed": ("no-store", 1000, {}),
         "large": ("max-age=600", 3 * MIB, {}),
         "growing": ("max-age=600", 100000, {})}


def content_of(kind, key, language=""):
    seed = hashlib.sha256(f"{kind}/{key}/{language}".encode()).digest()
    length = KINDS[kind][1]
    return (seed * (length // len(seed) + 1))[:length]


# However slow the machine: this is not about deadlines.
PATIENT = {"workers": "4", "timeouts.head": "10m", "timeouts.keep_alive": "10m", "timeouts.connect": "10m",
           "timeouts.first_byte": "10m", "timeouts.upstream_idle": "10m", "timeouts.write": "10m", "timeouts.dns": "1m"}


class Workers(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.origin = self.start_origin()
        self.origin.default = self.answer
        # An expression ahead of everything, so that every worker matches it all the time.
        policy = 'deny url ~ "\\.exe(\\?|$)"\n' + ALLOW_LOOPBACK
        # Small tiers, so that responses leave memory, come back from the disk, and stream past where they fit none.
        self.daemon = self.start_daemon({**PATIENT, "cache.memory": "8MiB", "cache.memory_largest": "1MiB", "cache.disk": "64MiB",
                                         "cache.disk_largest": "2MiB"}, policy=policy)
        self.stop = threading.Event()
        self.addCleanup(self.stop.set)
        self.failures = []
        self.served = itertools.count()

    def answer(self, exchange):
        _, kind, key = exchange.request.target.split("/")
        control, _, more = KINDS[kind]
        fields = {"Cache-Control": control, **more}
        if exchange.fields.get("If-None-Match") == more.get("ETag", "none"):
            return reply(304, fields=fields, reason="Not Modified")
        content = content_of(kind, key, exchange.fields.get("Accept-Language", "") if kind == "varied" else "")
        if kind != "growing":
            return reply(body=content, fields=fields)
        exchange.send(reply(fields={**fields, "Transfer-Encoding": "chunked"}))
        for start in range(0, len(content), 10000):
            piece = content[start:start + 10000]
            exchange.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        return b"0\r\n\r\n"

    # ---- what clients do

    def ask(self, client, chance):
        kind, key = chance.choice(list(KINDS)), chance.randrange(KEYS)
        language = chance.choice(("de", "en")) if kind == "varied" else ""
        fields = {"Accept-Language": language} if language else {}
        if chance.random() < 0.2:
            fields["Cache-Control"] = "no-cache"
        answer = client.request(self.origin.url(f"/{kind}/{key}"), fields=fields)
        if (answer.status, answer.body) != (200, content_of(kind, key, language)):
            self.failures.append(f"/{kind}/{key} {language}: {answer.status}, {len(answer.body)} octets, {answer.cache_status}")
        next(self.served)

    def clients(self, count, requests):
        def load(number):
            chance, left = random.Random(number), requests
            try:
                while left > 0 and not self.stop.is_set():
                    with Client(self.daemon.port, timeout=20 * TIME_SCALE) as client:
                        for _ in range(min(left, chance.randrange(1, 12))):  # then on another worker, perhaps
                            self.ask(client, chance)
                            left -= 1
            except (Closed, OSError, ValueError) as error:
                if not self.stop.is_set():
                    self.failures.append(f"client {number}: {error!r}")

        return self.started(load, count)

    def started(self, function, count):
        threads = [threading.Thread(target=function, args=(number,), daemon=True) for number in range(count)]
        for thread in threads:
            thread.start()
        return threads

    def finish(self, threads):
        deadline = time.monotonic() + 120 * TIME_SCALE
        for thread in threads:
            thread.join(max(0, deadline - time.monotonic()))
        self.assertFalse(any(thread.is_alive() for thread in threads), "every client comes to its end")
        self.assertEqual(self.failures[:5], [])

    def while_served(self, threads, *actions):
        """Runs the actions in turns until the clients have ended."""
        for action in itertools.cycle(actions):
            if not any(thread.is_alive() for thread in threads):
                break
            action()
        self.finish(threads)

    # ---- tests

    def test_every_answer_is_right_while_responses_come_and_go(self):
        threads = self.clients(CLIENTS, REQUESTS)
        purge = (self.origin.url(f"/{kind}/{key}") for kind, key in itertools.cycle(itertools.product(KINDS, range(KEYS))))
        self.while_served(threads, lambda: self.daemon.tool("cache", "purge", next(purge), expect=None),
                          lambda: self.daemon.tool("cache", "stats"),
                          lambda: self.daemon.tool("cache", "show", next(purge), expect=None))

    def test_every_answer_is_right_while_it_is_operated(self):
        threads = self.clients(CLIENTS, REQUESTS)
        names = itertools.count()
        self.while_served(threads, lambda: self.daemon.send(signal.SIGHUP), lambda: self.daemon.send(signal.SIGUSR1),
                          lambda: self.daemon.tool("policy", "deny", f"n{next(names)}.example", "-m", "test"),
                          lambda: self.daemon.tool("status"), lambda: self.daemon.tool("log", "tail", "-n", "5"),
                          lambda: Metrics.of(self.daemon))
        self.assertEqual(self.daemon.tool("policy", "test", "http://n0.example/", expect=None).status, DIFFERENT)
        self.assertEqual(self.daemon.tool("policy", "test", "http://other.example/", expect=None).status, OK)

    def test_tunnels_on_every_worker_are_judged_again(self):
        with_name = self.start_dns({"tunnel.example": ["127.0.0.1"]})
        daemon = self.start_daemon({**PATIENT, "upstream.dns_servers": with_name.server}, policy="allow\n")
        tunnels = [self.connect(daemon) for _ in range(24)]
        for client in tunnels:
            self.assertEqual(client.connect_to(f"tunnel.example:{self.origin.port}").status, 200)
        denied = daemon.tool("policy", "deny", "tunnel.example", "-m", "test")
        self.assertEqual(denied.status, OK)
        for client in tunnels:
            self.assertTrue(client.is_closed_by_peer())
        eventually(lambda: len(daemon.log_lines()) == len(tunnels), "every tunnel is recorded")

    def test_it_ends_in_the_middle_of_everything(self):
        threads = self.clients(CLIENTS, 10**6)
        eventually(lambda: next(self.served) > REQUESTS, "the load is under way")
        self.stop.set()
        self.daemon.send(signal.SIGTERM)
        self.daemon.send(signal.SIGTERM)
        self.daemon.stop()
        self.finish(threads)


if __name__ == "__main__":
    unittest.main()
