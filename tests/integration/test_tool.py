"""The tool, the control socket behind it, and policy edits that are live at once and for good."""

import json
import os
import socket
import stat
import unittest

from support import tool
from support.case import SluiceTestCase
from support.client import Client
from support.origin import reply
from support.waiting import TIME_SCALE, Stopwatch, eventually


class PolicyEdits(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.origin = self.start_origin()
        self.url = self.origin.on("/x", reply(body=b"x"))

    def test_a_denial_is_live_within_100_ms_and_survives_a_restart(self):
        daemon = self.start_daemon(policy="allow\n")
        client = self.connect(daemon)
        self.assertEqual(client.request(self.url).status, 200)
        done = daemon.tool("policy", "deny", "127.0.0.1", "-m", "HR-231")
        watch = Stopwatch()
        eventually(lambda: client.request(self.url).status == 403, "the denial", interval=0.001)
        self.assertLess(watch.seconds(), 0.1 * TIME_SCALE)
        self.assertRegex(done.out, r"r-\w+")
        self.assertIn("remove", done.out, "it names the command that undoes it")
        daemon.restart()
        response = self.get(daemon, self.url)
        self.assertEqual(response.status, 403)
        self.assertIn(b"HR-231", response.body)

    def test_removing_the_rule_undoes_it(self):
        daemon = self.start_daemon(policy="allow\n")
        before = daemon.tool("policy", "list", "-o", "json").json()
        daemon.tool("policy", "deny", "127.0.0.1")
        rule = self.rule_with(daemon, "127.0.0.1")
        self.assertEqual(self.get(daemon, self.url).status, 403)
        daemon.tool("policy", "remove", rule["id"])
        eventually(lambda: self.get(daemon, self.url).status == 200, "allowed again", timeout=1)
        self.assertEqual(len(rules(daemon.tool("policy", "list", "-o", "json").json())), len(rules(before)))

    def rule_with(self, daemon, text):
        found = [rule for rule in rules(daemon.tool("policy", "list", "-o", "json").json()) if text in json.dumps(rule)]
        self.assertEqual(len(found), 1)
        return found[0]

    def test_comments_and_order_of_the_file_survive_an_edit(self):
        daemon = self.start_daemon(policy="# our policy\nallow to 127.0.0.0/8\n\n# the rest\nallow\n")
        daemon.tool("policy", "deny", "denied.example")
        with open(daemon.policy_file, encoding="utf-8") as file:
            lines = file.read().splitlines()
        self.assertIn("# our policy", lines)
        self.assertLess(lines.index("# our policy"), lines.index("# the rest"))
        self.assertTrue(any("denied.example" in line for line in lines))

    def test_a_bad_rule_is_refused_with_its_place_and_changes_nothing(self):
        daemon = self.start_daemon()
        with open(daemon.policy_file, encoding="utf-8") as file:
            before = file.read()
        done = daemon.tool("policy", "add", "deny hsot .denied.example", expect=tool.INVALID_POLICY)
        self.assertIn("host", done.error + done.out)
        with open(daemon.policy_file, encoding="utf-8") as file:
            self.assertEqual(file.read(), before)

    def test_policy_test_says_what_would_happen_and_exits_accordingly(self):
        daemon = self.start_daemon(policy='deny host .denied.example reason "HR-231"\nallow\n')
        denied = daemon.tool("policy", "test", "http://www.denied.example/", expect=tool.DIFFERENT)
        self.assertIn("HR-231", denied.out)
        allowed = daemon.tool("policy", "test", "http://good.example/", expect=tool.OK)
        self.assertIn("allow", allowed.out.lower())
        answer = daemon.tool("policy", "test", "http://www.denied.example/", "-o", "json", expect=tool.DIFFERENT).json()
        self.assertEqual(answer["verdict"], "deny")

    def test_edits_from_many_hands_are_all_there(self):
        daemon = self.start_daemon()
        for number in range(10):
            daemon.tool("policy", "deny", f"n{number}.example")
        daemon.restart()
        text = json.dumps(daemon.tool("policy", "list", "-o", "json").json())
        for number in range(10):
            self.assertIn(f".n{number}.example", text)

    def test_the_log_names_rule_and_version(self):
        daemon = self.start_daemon(policy="allow\n")
        daemon.tool("policy", "deny", "127.0.0.1")
        rule = self.rule_with(daemon, "127.0.0.1")
        self.get(daemon, self.url)
        eventually(lambda: any(rule["id"] in line for line in daemon.log_lines()), "the rule's id in the log")


def rules(answer):
    return answer["rules"] if isinstance(answer, dict) else answer


class Tool(SluiceTestCase):
    def test_status(self):
        origin = self.start_origin()
        daemon = self.start_daemon()
        url = origin.on("/x", reply(body=b"x", fields={"Cache-Control": "max-age=60"}))
        for _ in range(2):
            self.get(daemon, url)
        answer = daemon.tool("status", "-o", "json").json()
        self.assertIn(str(daemon.port), json.dumps(answer))
        self.assertIn("version", json.dumps(answer))
        table = daemon.tool("status").out
        self.assertTrue(table.strip())
        self.assertNotIn("\x1b[", table, "no colour unless on a terminal")

    def test_an_unreachable_daemon_is_exit_4_with_the_next_step(self):
        done = tool.run(os.path.join(self.scratch(), "nothing.sock"), "status", expect=tool.UNREACHABLE)
        self.assertIn("sluiced", done.error)

    def test_usage_errors_are_exit_2(self):
        daemon = self.start_daemon()
        for arguments in (["frobnicate"], ["policy"], ["policy", "frobnicate"], ["status", "--frobnicate"], ["status", "-o", "xml"],
                          ["policy", "remove"], ["cache", "show"]):
            with self.subTest(" ".join(arguments)):
                self.assertTrue(daemon.tool(*arguments, expect=tool.USAGE).error)

    def test_every_command_explains_itself(self):
        daemon = self.start_daemon()
        for arguments in ([], ["status"], ["policy"], ["policy", "deny"], ["cache"], ["cache", "purge"], ["config"], ["log"], ["drain"]):
            self.assertTrue(daemon.tool(*arguments, "--help").out)

    def test_config_check_and_show(self):
        daemon = self.start_daemon()
        shown = daemon.tool("config", "show").out
        self.assertIn("listeners", shown)
        self.assertIn("64", shown)
        defaults = daemon.tool("config", "show", "--defaults").out
        self.assertIn("keep_alive", defaults)
        path = os.path.join(self.scratch(), "sluice.yaml")
        with open(path, "w", encoding="ascii") as file:
            file.write("wrokers: 2\n")
        self.assertNotEqual(daemon.tool("config", "check", path, expect=None).status, tool.OK)
        with open(path, "w", encoding="ascii") as file:
            file.write(defaults)
        self.assertEqual(daemon.tool("config", "check", path, expect=None).status, tool.OK, "what it shows it accepts")

    def test_log_tail(self):
        origin = self.start_origin()
        daemon = self.start_daemon()
        self.get(daemon, origin.on("/tailed", reply(body=b"x")))
        eventually(lambda: "/tailed" in daemon.tool("log", "tail").out, "the line")

    def test_bash_completion_is_valid_bash(self):
        daemon = self.start_daemon()
        script = daemon.tool("completion", "bash").out
        path = os.path.join(self.scratch(), "completion")
        with open(path, "w", encoding="utf-8") as file:
            file.write(script)
        self.run_program("bash", "-n", path)
        done = self.run_program("bash", "-c", f"source {path} && complete -p sluice")
        self.assertIn(b"sluice", done.stdout)

    def test_the_socket_is_closed_to_other_users(self):
        daemon = self.start_daemon()
        mode = os.stat(daemon.control_socket).st_mode
        self.assertTrue(stat.S_ISSOCK(mode))
        if os.geteuid() != 0:
            self.skipTest("only root can act as another user")
        os.chmod(daemon.directory, 0o755)
        os.chmod(daemon.state, 0o755)
        done = self.run_program("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "python3", "-c",
                                "import socket,sys;s=socket.socket(socket.AF_UNIX);s.settimeout(10)\n"
                                "try: s.connect(sys.argv[1]); s.sendall(b'{\"command\":\"status\"}\\n'); print(s.recv(4096))\n"
                                "except OSError as e: print('refused', e)", daemon.control_socket)
        self.assertNotIn(b'"uptime', done.stdout)
        self.assertNotIn(b"listeners", done.stdout)

    def test_nonsense_on_the_socket_hurts_nobody(self):
        daemon = self.start_daemon()
        for octets in (b"\0" * 10000, b"{" * 100000 + b"\n", b"[]\n", b'{"command":5}\n', b"GET / HTTP/1.1\r\n\r\n", b""):
            with socket.socket(socket.AF_UNIX) as sock:
                sock.settimeout(10)
                sock.connect(daemon.control_socket)
                try:
                    sock.sendall(octets)
                    sock.shutdown(socket.SHUT_WR)
                    while sock.recv(65536):
                        pass
                except OSError:
                    pass  # cut off is a fine answer
        self.assertEqual(daemon.tool("status").status, tool.OK)


class OpenTunnels(SluiceTestCase):
    def test_tunnels_that_are_still_allowed_outlive_an_edit(self):
        origin = self.start_origin()
        origin.on("/x", reply(body=b"x"))
        daemon = self.start_daemon()
        with Client(daemon.port) as client:
            client.connect_to(origin.authority)
            daemon.tool("policy", "deny", "denied.example")
            client.send("GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertEqual(client.response().body, b"x")


if __name__ == "__main__":
    unittest.main()
