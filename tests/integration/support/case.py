"""The base of all system tests."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from . import tls
from .client import Client, get
from .daemon import Daemon
from .dns import FakeDns
from .origin import ManualOrigin
from .waiting import TIME_SCALE

# tests/run has installed every program that the tests need: there a missing one is a failure, not a skip.
ALL_PROGRAMS_INSTALLED = os.environ.get("SLUICE_TEST_REQUIRE_PROGRAMS") == "1"


class SluiceTestCase(unittest.TestCase):
    """Starts daemons and origins that end with the test. When a test fails, what the daemons said is printed."""

    maxDiff = 4000

    def setUp(self):
        self.daemons = []

    def run(self, result=None):
        result = result if result is not None else self.defaultTestResult()
        before = len(result.failures) + len(result.errors)
        done = super().run(result)
        if len(result.failures) + len(result.errors) > before:
            for number, daemon in enumerate(self.daemons):
                print(f"\n---- {self.id()}: sluiced {number} said:\n{daemon.tail(80)}\n----", file=sys.stderr)
        return done

    # ---- parts

    def start_daemon(self, settings=None, ready=True, **options):
        daemon = self.prepare_daemon(settings, **options)
        return daemon.start(ready)

    def prepare_daemon(self, settings=None, **options):
        daemon = Daemon(settings, **options)
        self.daemons.append(daemon)
        self.addCleanup(daemon.close)
        return daemon

    def start_origin(self, **options):
        origin = ManualOrigin(**options)
        self.addCleanup(origin.close)
        return origin

    def start_tls_origin(self, **options):
        return self.start_origin(tls=tls.self_signed(), **options)

    def start_dns(self, records=None, **options):
        dns = FakeDns(records, **options)
        self.addCleanup(dns.close)
        return dns

    def connect(self, daemon, **options):
        client = Client(daemon.port, **options)
        self.addCleanup(client.close)
        return client

    def get(self, daemon, url, fields=(), **options):
        return get(daemon.port, url, fields, **options)

    def scratch(self):
        directory = tempfile.mkdtemp(prefix="sluice-test-")
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        return directory

    # ---- programs

    def require(self, *programs):
        missing = [program for program in programs if not find_program(program)]
        if missing and ALL_PROGRAMS_INSTALLED:
            self.fail("not installed: " + ", ".join(missing))
        if missing:
            self.skipTest("not installed: " + ", ".join(missing))

    def run_program(self, *command, timeout=60, check=True, environment=None, **options):
        clean = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
        done = subprocess.run([str(part) for part in command], capture_output=True, stdin=subprocess.DEVNULL, check=False,
                              timeout=timeout * TIME_SCALE, env={**clean, **(environment or {})}, **options)
        if check and done.returncode != 0:
            self.fail(f"{' '.join(map(str, command))} ended with {done.returncode}\n{done.stdout.decode(errors='replace')}"
                      f"{done.stderr.decode(errors='replace')}")
        return done

    def curl(self, daemon, *arguments, **options):
        self.require("curl")
        return self.run_program("curl", "--silent", "--show-error", "--max-time", "40", "--noproxy", "", "--proxy",
                                daemon.proxy, *arguments, **options)


def find_program(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/local/sbin")
