"""The real sluiced, started on ports of the kernel's choice with a state directory of its own."""

import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from . import tool
from .waiting import TIME_SCALE, eventually

BIN_DIR = os.environ.get("SLUICE_BIN_DIR", "")

# Where a test does not care. One keeps tests simple to think about; ThreadSanitizer has more to see with several.
WORKERS = os.environ.get("SLUICE_TEST_WORKERS", "1")

# How a sanitizer begins to report: a finding fails the test however the daemon ended, by kill -9 too.
SANITIZER_REPORT = re.compile(r"(WARNING|ERROR): \w+Sanitizer|runtime error: ")

# The default policy keeps every client out of the gateway's own networks, and the origins of these tests live there.
# First match decides, so one line ahead of it is enough.
OWN_NETWORKS = 'deny to local, self reason "the gateway\'s own networks"\n'
ALLOW_LOOPBACK = "allow to 127.0.0.0/8, ::1\n" + OWN_NETWORKS + "deny method CONNECT unless port 443\nallow\n"


def binary(name):
    path = os.path.join(BIN_DIR, name)
    if not os.access(path, os.X_OK):
        raise RuntimeError(f"no program at {path}: set SLUICE_BIN_DIR to build/<preset>/bin")
    return path


class Daemon:
    """One sluiced. start() returns when it is ready; stop() asserts that it ended cleanly.

    settings: configuration keys, as for --set. policy: the text of its policy file, None for the built-in default.
    """

    def __init__(self, settings=None, policy=ALLOW_LOOPBACK, arguments=(), environment=None, descriptors=None,
                 pass_fds=(), preexec=None):
        self.directory = tempfile.mkdtemp(prefix="sluice-test-")
        self.state = os.path.join(self.directory, "state")
        os.mkdir(self.state)
        self.settings = {"listeners": "127.0.0.1:0", "admin.metrics": "127.0.0.1:0", "workers": WORKERS,
                         "cache.memory": "64MiB", "log.format": "json", **(settings or {})}
        self.arguments = list(arguments)
        self.environment = environment or {}
        self.descriptors = descriptors
        self.pass_fds = pass_fds
        self.preexec = preexec
        self.process = None
        self.lines = []
        self.ports = []
        self.metrics_port = None
        if policy is not None:
            self.write_policy(policy)

    # ---- life

    def start(self, ready=True):
        self.lines, self.ports, self.metrics_port = [], [], None
        self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, env={**os.environ, **self.environment},
                                        pass_fds=self.pass_fds, preexec_fn=self._in_child)
        self._reader = threading.Thread(target=self._read_lines, args=(self.process.stderr,), daemon=True)
        self._reader.start()
        if ready:
            self.wait_for_line(r"^sluiced: ready", timeout=30)
        return self

    def command(self):
        command = [binary("sluiced"), "--state-directory", self.state]
        if "--config" not in self.arguments:
            command.append("--defaults")  # whatever this machine has in /etc
        for key, value in self.settings.items():
            command += ["--set", f"{key}={value}"]
        return command + self.arguments

    def _in_child(self):
        if self.descriptors:
            resource.setrlimit(resource.RLIMIT_NOFILE, (self.descriptors, self.descriptors))
        if self.preexec:
            self.preexec()

    def _read_lines(self, stream):
        for raw in stream:
            line = raw.decode(errors="replace").rstrip("\n")
            if match := re.match(r"sluiced: listening on \S+ \S*:(\d+)", line):
                self.ports.append(int(match[1]))
            if match := re.match(r"sluiced: metrics on http://\S*:(\d+)/", line):
                self.metrics_port = int(match[1])
            self.lines.append(line)

    def wait_for_line(self, pattern, timeout=10.0, since=0):
        def look():
            for line in self.lines[since:]:
                if match := re.search(pattern, line):
                    return match
            if self.process.poll() is not None:
                self._reader.join(5)
                found = [m for line in self.lines[since:] if (m := re.search(pattern, line))]
                if found:
                    return found[0]
                raise AssertionError(f"sluiced ended with {self.process.returncode}:\n" + self.tail())
            return None

        return eventually(look, lambda: f"the line {pattern!r}; so far:\n{self.tail()}", timeout)

    def send(self, number):
        self.process.send_signal(number)

    def stop(self, number=signal.SIGTERM, timeout=40.0, expected=0):
        """Ends it and checks the exit status. Safe to call twice."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            status = self.process.wait(timeout * TIME_SCALE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"sluiced did not end within {timeout:g} s of {number.name}:\n{self.tail()}") from None
        finally:
            self._reader.join(5)
            self.process.stderr.close()
            process, self.process = self.process, None
        if report := self.sanitizer_report():
            raise AssertionError(f"a sanitizer reported:\n{report}")
        if expected is not None and status != expected:
            raise AssertionError(f"sluiced (pid {process.pid}) ended with {status}, not {expected}:\n{self.tail(60)}")

    def kill(self):
        """kill -9: nothing is flushed, nothing is said."""
        self.stop(signal.SIGKILL, expected=-signal.SIGKILL)

    def restart(self, number=signal.SIGTERM):
        self.stop(number, expected=0 if number != signal.SIGKILL else -signal.SIGKILL)
        return self.start()

    def close(self):
        """For addCleanup: ends it with its default deadline shortened by a second signal, then removes its state."""
        try:
            if self.process is not None and self.process.poll() is None:
                self.process.send_signal(signal.SIGTERM)
                time.sleep(0)
                try:
                    self.process.wait(3 * TIME_SCALE)
                except subprocess.TimeoutExpired:
                    self.process.kill()  # the drain limit is for tests about draining
                    self.stop(signal.SIGKILL, expected=None)
                    return
            self.stop()
        finally:
            shutil.rmtree(self.directory, ignore_errors=True)

    # ---- what it has written and what it uses

    def tail(self, count=40):
        return "\n".join(self.lines[-count:])

    def sanitizer_report(self):
        """From the first report to the end; empty where there is none."""
        first = next((number for number, line in enumerate(self.lines) if SANITIZER_REPORT.search(line)), None)
        return "" if first is None else "\n".join(self.lines[first:])

    @property
    def port(self):
        return self.ports[0]

    @property
    def proxy(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self):
        return self.process.pid

    @property
    def policy_file(self):
        return os.path.join(self.state, "policy.sluice")

    @property
    def access_log(self):
        return os.path.join(self.state, "access.log")

    @property
    def control_socket(self):
        return os.path.join(self.state, "control.sock")

    def write_policy(self, text):
        with open(self.policy_file, "w", encoding="utf-8") as file:
            file.write(text)

    def tool(self, *arguments, **options):
        return tool.run(self.control_socket, *arguments, **options)

    def log_lines(self):
        try:
            with open(self.access_log, encoding="utf-8") as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return []

    def rss(self):
        """Resident octets now."""
        with open(f"/proc/{self.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * resource.getpagesize()

    def descriptor_count(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def cpu_seconds(self):
        """User and system time so far."""
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
