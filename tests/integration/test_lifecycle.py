"""Start, reload, drain and end; systemd's notifications and sockets; privileges; what --check and --version say."""

import os
import pwd
import signal
import socket
import subprocess
import threading
import unittest

from support.case import SluiceTestCase
from support.client import Client, Closed, get
from support.daemon import ALLOW_LOOPBACK, binary
from support.http import read_head
from support.metrics import Metrics
from support.origin import Gate, reply, unused_port
from support.waiting import Stopwatch, eventually


class StartAndStop(SluiceTestCase):
    def test_it_ends_cleanly_on_either_signal(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number.name):
                daemon = self.start_daemon()
                watch = Stopwatch()
                daemon.stop(number)
                self.assertLess(watch.seconds(), 5, "with nothing open there is nothing to wait for")
                self.assertNotIn("new clients wait", daemon.tail())

    def test_a_signal_in_the_middle_of_the_start_ends_it_cleanly(self):
        daemon = self.start_daemon(ready=False)
        daemon.wait_for_line("listening on")
        daemon.stop()

    def test_a_state_directory_is_for_one_daemon(self):
        daemon = self.start_daemon({"cache.disk": "0"})
        other = self.prepare_daemon({"cache.disk": "0", "admin.socket": os.path.join(daemon.directory, "other.sock")})
        other.state = daemon.state
        other.start(ready=False)
        other.wait_for_line(f"another sluiced is running with the state directory {daemon.state}")
        eventually(lambda: other.process.poll() is not None, "its end")
        other.stop(expected=None)
        daemon.restart()  # which holds it no longer when it ends

    def test_idle_connections_do_not_hold_up_the_end(self):
        origin = self.start_origin()
        daemon = self.start_daemon()
        client = self.connect(daemon)
        client.request(origin.on("/x", reply(body=b"x")))
        silent = self.connect(daemon)
        watch = Stopwatch()
        daemon.stop()
        self.assertLess(watch.seconds(), 10)
        self.assertTrue(client.is_closed_by_peer())
        self.assertTrue(silent.is_closed_by_peer())

    def test_draining_finishes_what_is_under_way_and_accepts_nothing_new(self):
        origin = self.start_origin()
        daemon = self.start_daemon({"timeouts.drain": "30s"})
        gate = Gate()
        self.addCleanup(gate.open)

        def slow(exchange):
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf")
            gate.wait()
            return b"done"

        url = origin.on("/slow", slow)
        client = self.connect(daemon)
        client.send_request(url)
        client.read_until(b"half")
        port = daemon.port
        daemon.send(signal.SIGTERM)
        eventually(lambda: self.is_refused(port), "new connections are refused")
        self.assertIsNone(daemon.process.poll(), "it waits for the response")
        gate.open()
        self.assertEqual(client.read_to_end(), b"done")
        daemon.stop()

    @staticmethod
    def is_refused(port):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            return True
        return False

    def test_what_does_not_finish_is_cut_at_the_drain_limit(self):
        origin = self.start_origin()
        daemon = self.start_daemon({"timeouts.drain": "1s"})
        gate = Gate()
        self.addCleanup(gate.open)
        url = origin.on("/never", lambda exchange: gate.wait())
        half = origin.on("/half", lambda exchange: exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf") or gate.wait())
        client, reader, tunnel = self.connect(daemon), self.connect(daemon), self.connect(daemon)
        tunnel.connect_to(origin.authority)
        client.send_request(url)
        reader.send_request(half)
        origin.wait_for("/never")
        origin.wait_for("/half")
        watch = Stopwatch()
        daemon.stop()
        self.assertLess(watch.seconds(), 6)
        self.assertTrue(tunnel.is_closed_by_peer())
        lines = daemon.log_lines()
        for said in ("CONNECT", "/never", "/half"):
            self.assertEqual(sum(said in line for line in lines), 1, f"{said} is on record once")

    def test_the_tool_drains_as_well(self):
        daemon = self.start_daemon()
        daemon.tool("drain")
        self.assertEqual(daemon.process.wait(20), 0)

    def test_a_port_in_use_is_said_and_ends_it(self):
        taken = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(taken.close)
        port = taken.getsockname()[1]
        daemon = self.start_daemon({"listeners": f"127.0.0.1:{port}"}, ready=False)
        self.assertNotEqual(daemon.process.wait(20), 0)
        daemon._reader.join(5)
        self.assertIn(str(port), daemon.tail())
        daemon.process.stderr.close()
        daemon.process = None

    def test_a_second_daemon_on_the_same_state_is_refused(self):
        first = self.start_daemon()
        second = self.prepare_daemon()
        second.state = first.state
        second.start(ready=False)
        self.assertNotEqual(second.process.wait(20), 0)
        second._reader.join(5)
        second.process.stderr.close()
        second.process = None
        self.assertEqual(first.tool("status").status, 0)

    def test_idle_memory_is_small_and_does_not_depend_on_limits(self):
        sizes = []
        for limit in (1024, 16384):
            daemon = self.start_daemon({"cache.memory": "256MiB"}, descriptors=limit)
            sizes.append(daemon.rss())
            daemon.stop()
        if not os.environ.get("SLUICE_TEST_SANITIZED"):
            self.assertLess(max(sizes), 64 << 20)
        self.assertLess(abs(sizes[0] - sizes[1]), 8 << 20)


class Reload(SluiceTestCase):
    def test_no_request_fails_while_it_reloads_under_load(self):
        origin = self.start_origin()
        daemon = self.start_daemon({"workers": "2"})
        kept = origin.on("/kept", reply(body=b"kept", fields={"Cache-Control": "max-age=600"}))
        passed = origin.on("/passed", reply(body=b"passed", fields={"Cache-Control": "no-store"}))
        stop, failures, served = threading.Event(), [], [0] * 6
        tunnel = self.connect(daemon)
        tunnel.connect_to(origin.authority)

        def load(number):
            try:
                with Client(daemon.port) as client:
                    while not stop.is_set():
                        for url, body in ((kept, b"kept"), (passed, b"passed")):
                            answer = client.request(url)
                            if (answer.status, answer.body) != (200, body):
                                failures.append(answer)
                            served[number] += 1
                        if served[number] % 20 == 0:  # new connections too
                            if get(daemon.port, kept).body != b"kept":
                                failures.append("fresh connection")
            except (Closed, OSError) as error:
                failures.append(error)

        threads = [threading.Thread(target=load, args=(number,)) for number in range(len(served))]
        for thread in threads:
            thread.start()
        for round_ in range(30):
            goal = sum(served) + 60
            if round_ % 2:
                daemon.write_policy(ALLOW_LOOPBACK + f"# edit {round_}\n")
            daemon.send(signal.SIGHUP)
            eventually(lambda goal=goal: sum(served) >= goal or failures, "the load goes on")
        stop.set()
        for thread in threads:
            thread.join(20)
        self.assertEqual(failures, [])
        tunnel.send("GET /kept HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertEqual(tunnel.response().body, b"kept", "an open tunnel lives on")

    def test_a_broken_policy_changes_nothing_and_is_said(self):
        origin = self.start_origin()
        daemon = self.start_daemon()
        url = origin.on("/x", reply(body=b"x"))
        self.get(daemon, url)
        daemon.write_policy("dney everything\n")
        seen = len(daemon.lines)
        daemon.send(signal.SIGHUP)
        daemon.wait_for_line(r"dney", since=seen)
        self.assertEqual(self.get(daemon, url).body, b"x")

    def test_an_edited_file_is_live_after_sighup(self):
        origin = self.start_origin()
        daemon = self.start_daemon()
        url = origin.on("/x", reply(body=b"x"))
        client = self.connect(daemon)
        self.assertEqual(client.request(url).status, 200)
        daemon.write_policy("deny to 127.0.0.0/8\nallow\n")
        daemon.send(signal.SIGHUP)
        eventually(lambda: client.request(url).status == 403, "the same connection is judged anew")

    def test_a_broken_configuration_changes_nothing_and_is_said(self):
        path = os.path.join(self.scratch(), "sluice.yaml")
        with open(path, "w", encoding="ascii") as file:
            file.write("log:\n  format: squid\n")
        daemon = self.prepare_daemon(arguments=["--config", path])
        del daemon.settings["log.format"]
        daemon.start()
        with open(path, "w", encoding="ascii") as file:
            file.write("log:\n  fromat: json\n")
        seen = len(daemon.lines)
        daemon.send(signal.SIGHUP)
        daemon.wait_for_line(r"fromat", since=seen)
        self.assertEqual(daemon.tool("status").status, 0)


class CommandLine(SluiceTestCase):
    def sluiced(self, *arguments):
        return subprocess.run([binary("sluiced"), "--state-directory", self.scratch(), *arguments], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=30, check=False)

    def configuration(self, text):
        path = os.path.join(self.scratch(), "sluice.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_version(self):
        done = self.sluiced("--version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"sluiced? \d+\.\d+")

    def test_check_accepts_a_good_file(self):
        done = self.sluiced("--check", "--config", self.configuration("listeners:\n  - 127.0.0.1:0\nworkers: 2\n"))
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_check_names_every_error_with_its_place_and_the_nearest_key(self):
        done = self.sluiced("--check", "--config", self.configuration(
            "wrokers: 2\ntimeouts:\n  haed: 10s\n  keep_alive: soon\ncache:\n  memory: lots\n"))
        self.assertNotEqual(done.returncode, 0)
        said = done.stderr + done.stdout
        for expected in ("wrokers", "workers", "haed", "head", "keep_alive", "memory", ":1:", ":3:", ":4:", ":6:"):
            self.assertIn(expected, said)

    def test_an_unknown_key_on_the_command_line(self):
        done = self.sluiced("--check", "--set", "timeouts.haed=2s")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("head", done.stderr + done.stdout)

    def test_an_unknown_option_is_a_usage_error(self):
        self.assertNotEqual(self.sluiced("--daemonise").returncode, 0)


class Systemd(SluiceTestCase):
    def test_it_notifies_ready_reloading_and_stopping(self):
        path = os.path.join(self.scratch(), "notify")
        inbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(inbox.close)
        inbox.bind(path)
        inbox.settimeout(20)
        daemon = self.start_daemon(environment={"NOTIFY_SOCKET": path})
        self.await_message(inbox, "READY=1")
        daemon.send(signal.SIGHUP)
        self.await_message(inbox, "RELOADING=1")
        self.await_message(inbox, "READY=1")
        daemon.stop()
        self.await_message(inbox, "STOPPING=1")

    @staticmethod
    def await_message(inbox, wanted):
        while wanted not in inbox.recv(4096).decode().splitlines():
            pass

    def test_it_serves_on_sockets_it_is_handed(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        port = listener.getsockname()[1]
        origin = self.start_origin()
        daemon = self.prepare_daemon()
        command = daemon.command()
        shell = ["/bin/bash", "-c", 'exec 3<&"$0"; export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@"', str(listener.fileno()), *command]
        daemon.command = lambda: shell
        daemon.pass_fds = (listener.fileno(),)
        daemon.start()
        self.assertEqual(get(port, origin.on("/x", reply(body=b"x"))).body, b"x")
        self.assertEqual(daemon.ports, [port])

    def test_a_client_that_came_before_the_daemon_is_served(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        origin = self.start_origin()
        with Client(listener.getsockname()[1]) as client:
            client.send_request(origin.on("/x", reply(body=b"x")))
            daemon = self.prepare_daemon()
            command = daemon.command()
            shell = ["/bin/bash", "-c", 'exec 3<&"$0"; export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@"', str(listener.fileno()), *command]
            daemon.command = lambda: shell
            daemon.pass_fds = (listener.fileno(),)
            daemon.start()
            self.assertEqual(client.response().body, b"x")


@unittest.skipUnless(os.geteuid() == 0, "only root can give privileges up")
class Privileges(SluiceTestCase):
    def test_it_drops_to_the_configured_user(self):
        user = pwd.getpwnam("nobody")
        daemon = self.prepare_daemon({"user": "nobody", "listeners": "127.0.0.1:0"})
        os.chmod(daemon.directory, 0o755)
        daemon.start()
        with open(f"/proc/{daemon.pid}/status", encoding="ascii") as file:
            status = dict(line.split(":", 1) for line in file.read().splitlines())
        self.assertEqual(set(status["Uid"].split()), {str(user.pw_uid)})
        self.assertEqual(set(status["Gid"].split()), {str(user.pw_gid)})
        self.assertEqual(int(status["CapEff"], 16), 0)
        self.assertIn(status["Groups"].split(), ([], [str(user.pw_gid)]))
        origin = self.start_origin()
        url = origin.on("/x", reply(body=b"x", fields={"Cache-Control": "max-age=60"}))
        self.get(daemon, url)
        self.assertTrue(self.get(daemon, url).is_hit)
        daemon.tool("policy", "deny", "denied.example")
        self.assertEqual(self.get(daemon, "http://denied.example/").status, 403)
        daemon.restart()
        self.assertEqual(self.get(daemon, "http://denied.example/").status, 403)

    def test_a_user_that_does_not_exist_is_said(self):
        daemon = self.start_daemon({"user": "no-such-user"}, ready=False)
        self.assertNotEqual(daemon.process.wait(20), 0)
        daemon._reader.join(5)
        self.assertIn("no-such-user", daemon.tail())
        daemon.process.stderr.close()
        daemon.process = None


class Descriptors(SluiceTestCase):
    LIMIT = 96

    def test_at_the_descriptor_limit_established_clients_are_served_and_it_recovers(self):
        origin = self.start_origin()
        daemon = self.start_daemon(descriptors=self.LIMIT)
        kept = origin.on("/kept", reply(body=b"kept", fields={"Cache-Control": "max-age=600"}))
        established = [self.connect(daemon) for _ in range(5)]
        for client in established:
            self.assertEqual(client.request(kept).body, b"kept")
        crowd = [self.connect(daemon) for _ in range(self.LIMIT * 2)]
        for client in established:
            self.assertEqual(client.request(kept).body, b"kept", "who is in goes on")
        cpu, watch = daemon.cpu_seconds(), Stopwatch()
        eventually(lambda: watch.seconds() > 1, "a second at the limit is observed")
        self.assertLess(daemon.cpu_seconds() - cpu, 0.5, "no spinning on accept")
        self.assertIn("new clients wait: ", daemon.tail(), "the operator is told")
        for client in crowd:
            client.close()
        watch = Stopwatch()
        self.assertEqual(self.get(daemon, kept).body, b"kept")
        self.assertLess(watch.seconds(), 2)
        passed = origin.on("/passed", reply(body=b"passed"))
        self.assertEqual(self.get(daemon, passed).body, b"passed")

    def test_more_clients_than_configured_wait_or_are_refused(self):
        origin = self.start_origin()
        daemon = self.start_daemon({"workers": "1", "limits.connections": "10"})  # the limit is divided among workers
        kept = origin.on("/kept", reply(body=b"kept", fields={"Cache-Control": "max-age=600"}))
        established = [self.connect(daemon) for _ in range(10)]
        for client in established:
            client.request(kept)
        extra = self.connect(daemon, timeout=1)
        try:
            extra.send_request(kept)
            self.assertEqual(read_head(extra).status, 503)
        except (Closed, OSError):
            pass  # closed at once or left in the backlog
        for client in established:
            self.assertEqual(client.request(kept).body, b"kept")
        for client in established:
            client.close()
        eventually(lambda: self.served(daemon, kept), "there is room again")
        self.assertEqual(Metrics.of(daemon).total("sluice_tunnels"), 0)

    @staticmethod
    def served(daemon, url):
        try:
            return get(daemon.port, url).status == 200
        except (Closed, OSError):
            return False


if __name__ == "__main__":
    unittest.main()
