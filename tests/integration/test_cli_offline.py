"""The tool without a daemon: what works by itself, and, against a daemon that this test plays, what it prints,
how it ends, and what it sends. SLUICE_BIN_DIR says where the binary is."""

import json
import os
import socket
import subprocess
import tempfile
import threading
import unittest

SLUICE = os.path.join(os.environ.get("SLUICE_BIN_DIR", "build/dev/bin"), "sluice")

RULE = {"id": "r-1a2b3c", "verdict": "deny", "text": "deny host .a.example", "reason": "HR-231", "owner": "",
        "ticket": "", "shadow": False, "stage": "connection", "file": "/p", "line": 3, "hits": 1234, "first_hit": 0, "last_hit": 0}


def sluice(*arguments, **environment):
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", **environment}
    return subprocess.run([SLUICE, *arguments], env=env, capture_output=True, text=True, timeout=60)


class Workplace(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def write(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path


class PlayedDaemon:
    """Answers one request on a Unix socket with the given lines, and keeps what it was asked."""

    def __init__(self, path, *replies):
        self.path = path
        self.replies = replies
        self.request = None
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(path)
        self.listener.listen(1)
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        connection, _ = self.listener.accept()
        with connection, connection.makefile("r", encoding="utf-8") as lines:
            self.request = json.loads(lines.readline())
            for reply in self.replies:
                connection.sendall((reply if isinstance(reply, str) else json.dumps(reply)).encode() + b"\n")

    def close(self):
        self.thread.join(timeout=30)
        self.listener.close()


class CommandLine(unittest.TestCase):
    def test_help_and_version_are_ok(self):
        self.assertIn("Exit codes", sluice("--help").stdout)
        self.assertTrue(sluice("--version").stdout.startswith("sluice "))
        self.assertEqual(sluice("policy", "deny", "--help").returncode, 0)

    def test_mistakes_are_usage_errors_that_name_the_next_command(self):
        for arguments, expected in (((), "needs one of: status, config"), (("polcy", "list"), "did you mean `policy`?"),
                                    (("policy", "lst"), "did you mean `list`?"), (("status", "x"), "x"),
                                    (("-o", "xml", "status"), "xml"), (("policy", "deny"), "everything"),
                                    (("cache", "show"), "URL"), (("status", "--no-such"), "--no-such")):
            with self.subTest(arguments=arguments):
                result = sluice(*arguments)
                self.assertEqual(result.returncode, 2, result)
                self.assertEqual(result.stdout, "")
                self.assertIn(expected, result.stderr)
                self.assertRegex(result.stderr.splitlines()[-1], "^next: sluice .*--help$")

    def test_completion_is_a_script_that_bash_takes(self):
        script = sluice("completion", "bash").stdout
        result = subprocess.run(["bash", "-c", script + r"""
            complete_words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sluice; echo "${COMPREPLY[*]}"; }
            complete_words sluice ''
            complete_words sluice pol
            complete_words sluice -o json policy re
            complete_words sluice policy deny --url
            complete_words sluice policy splice --sn
            complete_words sluice -o ''
            complete_words sluice status --wa
        """], capture_output=True, text=True, timeout=60)
        self.assertEqual(result.stderr, "")
        self.assertEqual(result.stdout.splitlines(),
                         ["status config policy lists cache log pac drain completion", "policy", "redirect remove replay reload",
                          "--url-regex", "--sni", "table json", "--watch"])


class Configuration(Workplace):
    def test_a_good_file_is_said_to_be_good(self):
        path = self.write("sluice.yaml", "cache: {memory: 64MiB}\n")
        result = sluice("config", "check", path)
        self.assertEqual((result.returncode, result.stdout), (0, path + ": good\n"))
        result = sluice("-o", "json", "config", "check", path, "--set", "workers=3")
        self.assertEqual(json.loads(result.stdout)["configuration"]["workers"], 3)
        self.assertEqual(json.loads(result.stdout)["configuration"]["cache"]["memory"], 64 << 20)

    def test_everything_wrong_is_said_at_once(self):
        path = self.write("sluice.yaml", "cashe: {}\nworkers: many\n")
        result = sluice("config", "check", path)
        self.assertEqual(result.returncode, 3)
        self.assertIn(path + ":1:1: error: unknown key `cashe`; did you mean `cache`?", result.stderr)
        self.assertIn(path + ":2:10: error: `many` is not a whole number", result.stderr)
        self.assertIn("2 errors", result.stderr)
        diagnostics = json.loads(sluice("-o", "json", "config", "check", path).stderr)["error"]["diagnostics"]
        self.assertEqual([one["line"] for one in diagnostics], [1, 2])

    def test_the_defaults_are_a_good_file(self):
        for option in ("--defaults", "--packaged"):
            path = self.write("sluice.yaml", sluice("config", "show", option).stdout)
            self.assertEqual(sluice("config", "check", path).returncode, 0)


class PolicyFiles(Workplace):
    POLICY = 'deny host .gambling.example reason "HR-231"\ndeny to 10.0.0.0/8\nallow\n'

    def test_check(self):
        path = self.write("policy", self.POLICY)
        result = sluice("policy", "check", path)
        self.assertEqual(result.returncode, 0, result.stderr)
        lines = result.stdout.splitlines()
        self.assertEqual(lines[-1], path + ": good, 3 rules")
        self.assertEqual([line.split()[1] for line in lines[1:-1]], ["connection", "packet", "packet"])
        result = sluice("policy", "check", self.write("bad", "deny hosts x\nallow\n"))
        self.assertEqual(result.returncode, 3)
        self.assertIn(":1:", result.stderr)

    def test_test(self):
        path = self.write("policy", self.POLICY)
        result = sluice("policy", "test", "http://bet.GAMBLING.example./", "--to", "192.0.2.1", "--policy", path)
        self.assertEqual(result.returncode, 1, result)
        self.assertTrue(result.stdout.startswith("DENY  http://bet.gambling.example/  by "), result.stdout)
        self.assertIn("reason: HR-231", result.stdout)
        result = sluice("policy", "test", "http://a.example/", "--to", "192.0.2.1", "--policy", path)
        self.assertEqual(result.returncode, 0, result)
        result = sluice("policy", "test", "http://10.1.2.3/", "--policy", path, "-o", "json")
        self.assertEqual((result.returncode, json.loads(result.stdout)["verdict"]), (1, "deny"))
        result = sluice("policy", "test", "a.example:443", "--method", "CONNECT", "--policy", path, "-o", "json")
        answer = json.loads(result.stdout)
        self.assertEqual((answer["verdict"], answer["otherwise"], len(answer["waits_for"])), ("undecided", "allow", 1))

    def test_what_cannot_be_read_is_a_usage_error(self):
        path = self.write("policy", self.POLICY)
        for arguments in (("nonsense",), ("http://a.example/", "--to", "10.0.0"), ("http://a/", "--method", "G T")):
            self.assertEqual(sluice("policy", "test", *arguments, "--policy", path).returncode, 2, arguments)
        self.assertEqual(sluice("policy", "check", "/nonexistent").returncode, 2)

    def test_list(self):
        path = self.write("policy", self.POLICY)
        rules = json.loads(sluice("policy", "list", "--policy", path, "-o", "json").stdout)["rules"]
        self.assertEqual([rule["verdict"] for rule in rules], ["deny", "deny", "allow"])


class WithDaemon(Workplace):
    def ask(self, arguments, *replies):
        path = os.path.join(self.directory, "s")
        daemon = PlayedDaemon(path, *replies)
        result = sluice("--socket", path, *arguments)
        daemon.close()
        os.unlink(path)
        return result, daemon.request

    def test_the_starting_policies_are_good_and_their_tests_cover_every_rule(self):
        folder = os.path.join(os.path.dirname(__file__), "..", "..", "packaging", "policies")
        names = sorted(name for name in os.listdir(folder) if name.endswith(".sluice"))
        self.assertEqual(len(names), 4)
        for name in names:
            path = os.path.join(folder, name)
            checked = sluice("policy", "check", path)
            self.assertEqual((checked.returncode, checked.stderr), (0, ""), name)
            self.assertEqual(sluice("policy", "fmt", "--check", path).returncode, 0, name)
            tested = json.loads(sluice("policy", "test-all", "--policy", path, "-o", "json").stdout)
            self.assertEqual((tested["failures"], tested["uncovered"]), ([], []), name)

    def test_what_is_over_is_said_by_a_check(self):
        path = os.path.join(self.directory, "over.sluice")
        with open(path, "w", encoding="utf-8") as file:
            file.write("deny host a.example until 2020-01-01\ndeny host b.example until 2199-01-01\nallow\n")
        checked = sluice("policy", "check", path)
        self.assertIn("`until 2020-01-01` is over", checked.stdout + checked.stderr)
        self.assertNotIn("2199-01-01` is over", checked.stdout + checked.stderr)

    def test_formatting_is_idempotent_and_keeps_comments(self):
        path = os.path.join(self.directory, "unformatted.sluice")
        with open(path, "w", encoding="utf-8") as file:
            file.write("# head\n\n\ndeny  host a.example ,b.example  # why\nallow")
        once = sluice("policy", "fmt", path)
        self.assertEqual(once.stdout, "# head\n\ndeny host a.example, b.example  # why\nallow\n")
        self.assertEqual(sluice("policy", "fmt", "--check", path).returncode, 1)
        self.assertEqual(sluice("policy", "fmt", "-w", path).returncode, 0)
        self.assertEqual(sluice("policy", "fmt", "--check", path).returncode, 0)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), once.stdout)

    def test_no_daemon(self):
        result = sluice("status", SLUICE_SOCKET=os.path.join(self.directory, "none"))
        self.assertEqual(result.returncode, 4)
        self.assertIn("no daemon answers at " + self.directory, result.stderr)
        self.assertIn("--socket", result.stderr.splitlines()[-1])

    def test_a_quick_edit_says_what_changed_and_how_to_undo_it(self):
        change = {"rule": RULE, "version": 418, "milliseconds": 3, "tunnels_closed": 2}
        result, request = self.ask(("policy", "deny", "--from", "10.0.0.0/8,192.0.2.1", "a.example", "-m", "HR-231"),
                                   {"ok": True, "result": change})
        self.assertEqual(request, {"command": "policy.add", "arguments": {
            "line": 'deny host .a.example from 10.0.0.0/8, 192.0.2.1 reason "HR-231"', "message": "HR-231"}})
        self.assertEqual(result.returncode, 0, result)
        self.assertEqual(result.stdout.splitlines(), [
            "+ r-1a2b3c deny host .a.example", "  live in 3.0 ms as policy v418; 2 open tunnels closed",
            f"  undo: sluice --socket {self.directory}/s policy remove r-1a2b3c"])

    def test_a_removed_rule_can_be_put_back_at_its_place(self):
        result, request = self.ask(("policy", "remove", "r-1a2b3c"),
                                   {"ok": True, "result": {"rule": RULE, "version": 419, "previous": 418}})
        self.assertEqual(request["arguments"]["id"], "r-1a2b3c")
        self.assertTrue(result.stdout.startswith("- r-1a2b3c "))
        self.assertIn("policy rollback 418", result.stdout)

    def test_every_error_has_its_exit_code_and_next_command(self):
        for code, expected in (("invalid_policy", 3), ("rolled_back", 5), ("not_found", 1), ("failed", 6),
                               ("not_permitted", 4), ("bad_request", 2)):
            result, _ = self.ask(("policy", "reload"),
                                 {"ok": False, "error": {"code": code, "message": "it is so", "next": "sluice status"}})
            self.assertEqual(result.returncode, expected, code)
            self.assertEqual(result.stderr, f"sluice: it is so\nnext: sluice --socket {self.directory}/s status\n")

    def test_rules_are_listed_and_completed(self):
        reply = {"ok": True, "result": {"version": 7, "file": "/p", "rules": [RULE]}}
        result, _ = self.ask(("policy", "list"), reply)
        self.assertEqual(result.stdout.splitlines(), [
            "ID        STAGE        HITS  LAST HIT  RULE", "r-1a2b3c  connection  1,234  -         deny host .a.example",
            "policy v7  /p"])
        result, _ = self.ask(("policy", "list", "-o", "json"), reply)
        self.assertEqual(json.loads(result.stdout)["rules"], [RULE])

    def test_status(self):
        status = {"version": "0.1.0", "pid": 7, "uptime": 75, "workers": 2, "requests_per_second": 12.34,
                  "hit_ratio": 0.5, "denied": 3, "listeners": [{"address": "127.0.0.1:4711", "mode": "explicit"}],
                  "requests": {"total": 1000, "by_outcome": {"hit": 500, "miss": 500}},
                  "memory_cache": {"enabled": True, "responses": 9, "budget": 1 << 20}}
        result, _ = self.ask(("status",), {"ok": True, "result": status})
        self.assertEqual(result.returncode, 0, result)
        for text in ("sluiced 0.1.0  pid 7  up 1 min 15 s  2 workers", "127.0.0.1:4711  explicit",
                     "1,000  12.3/s  hit ratio 50.0 %  denied 3", "9 responses", "hit 500  miss 500"):
            self.assertIn(text, result.stdout)
        self.assertNotIn("\033", result.stdout)
        result, request = self.ask(("status", "--watch", "-o", "json"), {"ok": True, "result": status},
                                   {"ok": True, "result": status})
        self.assertTrue(request["arguments"]["watch"])
        self.assertEqual([json.loads(line)["pid"] for line in result.stdout.splitlines()], [7, 7])
        self.assertEqual(result.returncode, 4, "it goes on until Ctrl-C: here the daemon ended")

    def test_an_answer_that_cannot_be_written_is_an_error(self):
        with open("/dev/full", "wb") as full:
            result = subprocess.run([SLUICE, "completion", "bash"], stdout=full, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(result.returncode, 6)
        self.assertIn(b"could not be written", result.stderr)

    def test_log_lines_are_printed_until_the_end(self):
        result, request = self.ask(("log", "tail", "-f", "-n", "2"), {"ok": True, "result": {"line": "a"}},
                                   {"ok": True, "result": {"line": "b"}})
        self.assertEqual((result.returncode, result.stdout), (4, "a\nb\n"))
        self.assertIn("the daemon ended", result.stderr)
        self.assertEqual(request["arguments"], {"lines": 2, "follow": True})
        result, _ = self.ask(("log", "tail"), {"ok": True, "result": {"line": "a"}})
        self.assertEqual((result.returncode, result.stdout), (0, "a\n"))

    def test_nothing_stored_is_a_difference(self):
        result, _ = self.ask(("cache", "show", "http://a.example/"), {"ok": True, "result": {"key": "k"}})
        self.assertEqual(result.returncode, 1)
        result, _ = self.ask(("cache", "purge", "http://a.example/"),
                             {"ok": True, "result": {"scope": "url", "name": "http://a.example/", "mode": "soft", "number": 4,
                                                     "responses": 1}})
        self.assertEqual(result.returncode, 0)
        self.assertIn("- url  http://a.example/\n  1 stored response made stale, purge 4", result.stdout)
        result, request = self.ask(("cache", "purge", "--tag", "news", "--hard"),
                                   {"ok": True, "result": {"scope": "tag", "name": "news", "mode": "hard", "number": 5}})
        self.assertEqual((result.returncode, request["arguments"]["tag"], request["arguments"]["hard"]), (0, "news", True))
        self.assertIn("not used any more, purge 5", result.stdout)

    def test_a_daemon_that_goes_away_or_talks_otherwise_is_an_error(self):
        self.assertEqual(self.ask(("status",))[0].returncode, 4)
        self.assertEqual(self.ask(("status",), "HTTP/1.1 400 Bad Request")[0].returncode, 6)


if __name__ == "__main__":
    unittest.main()
