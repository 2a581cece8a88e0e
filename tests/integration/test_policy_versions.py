"""Versions of the policy: who changed what, when and why; the way back; transactions that survive whatever happens."""

import os
import threading
import time
import unittest

from support import tool
from support.case import SluiceTestCase
from support.daemon import ALLOW_LOOPBACK
from support.metrics import Metrics
from support.origin import reply
from support.waiting import eventually


class Versions(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.daemon = self.start_daemon()

    def sluice(self, *arguments, **options):
        return self.daemon.tool("policy", *arguments, **options)

    def history(self):
        return self.sluice("history", "-o", "json").json()

    def text(self):
        with open(self.daemon.policy_file, encoding="utf-8") as file:
            return file.read()

    def candidate(self, text):
        path = os.path.join(self.scratch(), "candidate.sluice")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    @staticmethod
    def write_beside(candidate, name, text):
        path = os.path.join(os.path.dirname(candidate), name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def status_of(self, path):
        return self.get(self.daemon, self.origin.url(path)).status


class History(Versions):
    def test_every_edit_is_a_version_with_author_time_and_reason(self):
        before = time.time()
        self.sluice("deny", "a.example", "-m", "HR-231")
        self.sluice("remove", self.sluice("list", "-o", "json").json()["rules"][2]["id"])
        self.daemon.write_policy(ALLOW_LOOPBACK + "# by hand\n")
        self.sluice("reload")
        history = self.history()
        self.assertEqual([v["version"] for v in history["versions"]], [4, 3, 2, 1])
        self.assertEqual(history["in_force"], 4)
        newest, removed, added, first = history["versions"]
        self.assertEqual(added["reason"], "HR-231")
        self.assertIn(f"({os.getuid()})", added["author"])
        self.assertTrue(removed["reason"].startswith("removed "), removed)
        self.assertEqual(newest["reason"], "edited by hand")
        self.assertEqual(first["author"], "file")
        self.assertTrue(before - 2 <= added["time"] <= time.time() + 2)
        self.assertFalse(any(v["damage"] for v in history["versions"]))
        self.assertEqual(len({v["hash"] for v in history["versions"]}), 4)
        table = self.sluice("history", "-n", "2").out
        self.assertIn("v4", table)
        self.assertNotIn("v2", table)

    def test_show_and_diff(self):
        self.sluice("deny", "a.example", "-m", "HR-231")
        self.assertEqual(self.sluice("show").out, self.text())
        self.assertEqual(self.sluice("show", "v1").out, ALLOW_LOOPBACK)
        self.sluice("show", "v9", expect=tool.DIFFERENT)
        self.sluice("show", "9x", expect=tool.USAGE)
        differs = self.sluice("diff", "v1", "v2", expect=tool.DIFFERENT)
        self.assertRegex(differs.out, r"^\+ r-\w+  deny host \.a\.example reason \"HR-231\"\n$")
        self.assertEqual(self.sluice("diff", "v2", "v2").out, "")
        file = self.candidate(ALLOW_LOOPBACK.replace("deny method CONNECT unless port 443\n", ""))
        self.assertIn("- ", self.sluice("diff", file, expect=tool.DIFFERENT).out)

    def test_numbers_and_texts_survive_a_restart(self):
        self.sluice("deny", "a.example")
        self.daemon.restart()
        self.assertEqual(self.history()["in_force"], 2)
        self.sluice("deny", "b.example")
        self.assertEqual(self.history()["in_force"], 3)

    def test_a_damaged_record_is_named_and_harms_nothing_else(self):
        for name in ("a", "b", "c"):
            self.sluice("deny", f"{name}.example")
        with open(os.path.join(self.daemon.state, "policy.versions", "3"), "r+b") as file:
            file.write(b"Sluice")
        damage = {v["version"]: v["damage"] for v in self.history()["versions"]}
        self.assertIn("damaged", damage[3])
        self.assertEqual((damage[4], damage[2]), ("", ""))
        self.sluice("rollback", "3", expect=tool.DIFFERENT)
        self.sluice("rollback", "2")

    def test_a_removed_rule_comes_back_at_its_place(self):
        self.daemon.write_policy("deny host a.example id a\ndeny host b.example id b\n" + ALLOW_LOOPBACK)
        self.sluice("reload")
        before = self.text()
        undo = [line for line in self.sluice("remove", "b").out.splitlines() if "undo:" in line][0]
        self.assertNotEqual(self.text(), before)
        self.daemon.tool(*undo.split("undo: sluice ")[1].split()[2:])
        self.assertEqual(self.text(), before)


class Transactions(Versions):
    def setUp(self):
        super().setUp()
        self.origin = self.start_origin()
        self.origin.default = lambda _: reply(body=b"x")

    def test_apply_puts_a_text_in_force_and_names_the_way_back(self):
        applied = self.sluice("apply", self.candidate("deny path /closed id c\n" + ALLOW_LOOPBACK), "-m", "clean-up")
        self.assertIn("+ c  deny path /closed", applied.out)
        self.assertIn("policy rollback 1", applied.out)
        self.assertEqual(self.status_of("/closed"), 403)
        self.assertEqual(self.history()["versions"][0]["reason"], "clean-up")
        rolled = self.sluice("rollback", "v1", "-m", "too much")
        self.assertIn("- c  deny path /closed", rolled.out)
        self.assertEqual(self.text(), ALLOW_LOOPBACK)
        self.assertEqual(self.status_of("/closed"), 200)
        self.assertEqual(self.history()["versions"][0]["reason"], "rollback to v1: too much")
        self.assertEqual(self.history()["in_force"], 3)

    def test_a_text_with_errors_changes_nothing(self):
        refused = self.sluice("apply", self.candidate("deny hots a\nallow nowhere\n"), expect=tool.INVALID_POLICY)
        self.assertIn("did you mean `host`?", refused.error)
        self.assertIn(":2:", refused.error, "all errors in one run")
        self.assertEqual(self.text(), ALLOW_LOOPBACK)
        self.assertEqual(self.history()["in_force"], 1)

    def test_dry_runs_say_what_would_change(self):
        dry = self.sluice("apply", "--dry-run", self.candidate("deny path /x\n" + ALLOW_LOOPBACK))
        self.assertIn("deny path /x", dry.out)
        self.assertIn("nothing was changed", dry.out)
        self.sluice("deny", "a.example")
        self.assertIn("nothing was changed", self.sluice("rollback", "1", "--dry-run").out)
        self.assertEqual(self.history()["in_force"], 2)

    def test_tunnels_that_are_denied_now_are_closed_and_counted(self):
        client = self.connect(self.daemon)
        self.daemon.write_policy("allow to 127.0.0.0/8\nallow\n")
        self.sluice("reload")
        self.assertEqual(client.connect_to(self.origin.authority).status, 200)
        applied = self.sluice("apply", self.candidate("deny\n"))
        self.assertIn("1 open tunnel closed", applied.out)
        self.assertTrue(client.is_closed_by_peer())

    def test_what_is_not_confirmed_rolls_itself_back(self):
        applied = self.sluice("apply", "--confirm", "2s", self.candidate("deny path /closed\n" + ALLOW_LOOPBACK))
        self.assertIn("policy confirm 2", applied.out)
        self.assertEqual(self.status_of("/closed"), 403)
        refused = self.sluice("deny", "a.example", expect=None)
        self.assertIn("waits to be confirmed", refused.error)
        eventually(lambda: self.status_of("/closed") == 200, "the rollback", timeout=20)
        self.assertEqual(self.text(), ALLOW_LOOPBACK)
        self.assertIn("was not confirmed in time", self.history()["versions"][0]["reason"])
        self.sluice("deny", "a.example")

    def test_what_is_confirmed_stays(self):
        self.sluice("apply", "--confirm", "1s", self.candidate("deny path /closed\n" + ALLOW_LOOPBACK))
        self.sluice("confirm", "2")
        self.sluice("confirm", "2", expect=tool.DIFFERENT)
        self.daemon.restart()
        self.assertEqual(self.history()["in_force"], 2)
        self.assertEqual(self.status_of("/closed"), 403)

    def test_a_restart_confirms_nothing(self):
        self.sluice("apply", "--confirm", "1s", self.candidate("deny path /closed\n" + ALLOW_LOOPBACK))
        self.daemon.kill()
        self.daemon.start()
        eventually(lambda: self.status_of("/closed") == 200, "the rollback", timeout=20)

    def test_an_editor_changes_the_text(self):
        editor = os.path.join(self.scratch(), "editor")
        with open(editor, "w", encoding="utf-8") as file:
            file.write('#!/bin/sh\nsed -i "1i deny path /closed" "$1"\n')
        os.chmod(editor, 0o755)
        os.environ["VISUAL"] = editor
        self.addCleanup(os.environ.pop, "VISUAL")
        self.sluice("edit", "-m", "by editor")
        self.assertEqual(self.text(), "deny path /closed\n" + ALLOW_LOOPBACK)
        self.assertEqual(self.history()["versions"][0]["reason"], "by editor")
        os.environ["VISUAL"] = "true"
        self.assertIn("nothing was changed", self.sluice("edit").out)

    def test_diagnostics_name_the_file_that_was_given(self):
        doubtful = "deny host .a.example\ndeny host b.a.example\n" + ALLOW_LOOPBACK
        candidate = self.candidate(doubtful)
        for arguments in (("apply", "--dry-run", candidate), ("apply", candidate)):
            said = self.sluice(*arguments).error
            self.assertIn(f"{candidate}:2:1: warning: ", said)
            self.assertNotIn(self.daemon.policy_file, said)
        failing = self.candidate(doubtful + 'test "a passes" { url http://a.example/ to 192.0.2.1 expect allow }\n')
        self.assertRegex(self.sluice("apply", failing, expect=tool.INVALID_POLICY).error, failing + r":\d+:1: error: the test")
        checked = self.sluice("check", failing, expect=tool.INVALID_POLICY).error
        self.assertIn(f"{failing}:2:1: warning: ", checked)
        editor = os.path.join(self.scratch(), "editor")
        with open(editor, "w", encoding="utf-8") as file:
            file.write('#!/bin/sh\nsed -i "1i dney path /x" "$1"\n')
        os.chmod(editor, 0o755)
        os.environ["VISUAL"] = editor
        self.addCleanup(os.environ.pop, "VISUAL")
        done = self.sluice("edit", expect=tool.INVALID_POLICY)
        kept = done.out.split("policy apply ")[1].strip()
        self.assertIn(f"{kept}:1:1: error: unknown statement", done.error)
        os.unlink(kept)

    def test_versions_keep_what_was_included(self):
        extra = os.path.join(self.daemon.state, "extra.sluice")
        candidate = self.candidate('include "extra.sluice"\n' + ALLOW_LOOPBACK)
        self.write_beside(candidate, "extra.sluice", "deny path /one\n")
        self.sluice("apply", candidate)
        with open(extra, "w", encoding="utf-8") as file:
            file.write("deny path /two\n")
        self.sluice("reload")
        self.assertEqual((self.status_of("/one"), self.status_of("/two")), (200, 403))
        self.sluice("rollback", "2")
        self.assertEqual((self.status_of("/one"), self.status_of("/two")), (403, 200))
        with open(extra, encoding="utf-8") as file:
            self.assertEqual(file.read(), "deny path /one\n")

    def test_what_is_applied_includes_what_was_checked(self):
        candidate = self.candidate('include "more/a.sluice"\n' + ALLOW_LOOPBACK)
        self.write_beside(candidate, "more/a.sluice", 'include "b.sluice"\ndeny path /new\n')
        self.write_beside(candidate, "more/b.sluice", "deny path /b\n")
        stale = os.path.join(self.daemon.state, "more", "a.sluice")
        os.mkdir(os.path.dirname(stale))
        with open(stale, "w", encoding="utf-8") as file:
            file.write("deny path /stale\n")
        self.sluice("check", candidate)
        for differs in (self.sluice("diff", candidate, expect=tool.DIFFERENT), self.sluice("apply", "--dry-run", candidate)):
            self.assertIn("deny path /new", differs.out)
            self.assertIn("deny path /b", differs.out)
            self.assertNotIn("stale", differs.out)
        with open(stale, encoding="utf-8") as file:
            self.assertEqual(file.read(), "deny path /stale\n")
        self.sluice("apply", candidate)
        self.assertEqual([self.status_of(path) for path in ("/new", "/b", "/stale")], [403, 403, 200])
        included = self.sluice("show", "-o", "json").json()["included"]
        self.assertIn({"file": stale, "text": 'include "b.sluice"\ndeny path /new\n'}, included)
        self.daemon.restart()
        self.assertEqual([self.status_of(path) for path in ("/new", "/b", "/stale")], [403, 403, 200])
        self.assertEqual(self.sluice("diff", candidate).out, "")
        self.write_beside(candidate, "more/b.sluice", "deny path /c\n")
        self.assertIn("deny path /c", self.sluice("diff", candidate, expect=tool.DIFFERENT).out)

    def test_a_file_that_is_not_sent_along_must_be_there_as_it_was_checked(self):
        elsewhere = self.candidate("deny path /elsewhere\n")
        candidate = self.candidate(f'include "nets"\ninclude "{elsewhere}"\n' + ALLOW_LOOPBACK)
        self.write_beside(candidate, "nets", "deny path /nets\n")
        for arguments in (("apply", candidate), ("apply", "--dry-run", candidate)):
            refused = self.sluice(*arguments, expect=None)
            self.assertNotEqual(refused.status, 0)
            self.assertIn(self.daemon.state + "/nets", refused.error)
        self.assertEqual(self.history()["in_force"], 1)
        with open(os.path.join(self.daemon.state, "nets"), "w", encoding="utf-8") as file:
            file.write("deny path /other\n")
        self.assertIn("is not the file that was checked", self.sluice("apply", candidate, expect=6).error)
        with open(os.path.join(self.daemon.state, "nets"), "w", encoding="utf-8") as file:
            file.write("deny path /nets\n")
        self.sluice("apply", candidate)
        self.assertEqual([self.status_of(path) for path in ("/nets", "/elsewhere")], [403, 403])


class Faults(Versions):
    def test_a_full_disk_refuses_the_edit_and_says_so(self):
        os.symlink("/dev/full", os.path.join(self.daemon.state, "policy.versions", "pending.new"))
        refused = self.sluice("deny", "a.example", expect=6)
        self.assertIn("the policy was not changed", refused.error)
        self.assertIn("No space left on device", refused.error)
        self.assertEqual(self.text(), ALLOW_LOOPBACK)
        os.symlink("/dev/full", self.daemon.policy_file + ".new")
        self.sluice("deny", "a.example", expect=6)
        self.assertEqual(self.history()["in_force"], 1)
        self.assertEqual(len(self.history()["versions"]), 1)
        self.sluice("deny", "a.example")
        self.assertEqual(self.history()["in_force"], 2)

    def test_what_is_not_confirmed_goes_in_time_although_it_cannot_be_written(self):
        origin = self.start_origin()
        origin.default = lambda _: reply(body=b"x")

        def status():
            return self.get(self.daemon, origin.url("/closed")).status

        applied = self.sluice("apply", "--confirm", "2s", self.candidate("deny path /closed\n" + ALLOW_LOOPBACK))
        self.assertIn("policy confirm 2", applied.out)
        waiting = self.daemon.tool("status", "-o", "json").json()["policy"]
        self.assertEqual(waiting["unconfirmed"], 2)
        self.assertLess(abs(waiting["confirm_until"] - time.time() - 2), 3)
        self.assertIn("v2 rolls itself back at", self.daemon.tool("status").out)
        blocked = os.path.join(self.daemon.state, "policy.versions", "pending.new")
        os.mkdir(blocked)
        eventually(lambda: status() == 200, "the old policy in force")
        policy = self.daemon.tool("status", "-o", "json").json()["policy"]
        self.assertEqual((policy["version"], policy["unconfirmed"]), (1, 0))
        self.assertIn("v1 is in force again", policy["alarm"])
        self.assertEqual(Metrics.of(self.daemon).total("sluice_policy_alarms"), 1)
        self.assertIn("v1 is in force again", self.sluice("deny", "a.example", expect=6).error)
        self.sluice("reload", expect=6)
        self.assertEqual(status(), 200)
        self.daemon.restart()
        self.assertEqual(status(), 200, "not for a moment behind a start")
        self.assertIn("in force again", self.daemon.tool("status").out)
        os.rmdir(blocked)
        eventually(lambda: self.text() == ALLOW_LOOPBACK, "the old text written", timeout=20)
        self.assertEqual(self.daemon.tool("status", "-o", "json").json()["policy"]["alarm"], "")
        self.assertEqual(self.history()["in_force"], 3)
        self.sluice("deny", "a.example")

    def test_a_version_is_not_put_in_force_that_a_restart_would_not_roll_back(self):
        os.mkdir(os.path.join(self.daemon.state, "policy.versions", "unconfirmed.new"))
        refused = self.sluice("apply", "--confirm", "5m", self.candidate("deny\n"), expect=6)
        self.assertIn("the policy was not changed", refused.error)
        self.assertEqual(self.history()["in_force"], 1)

    def test_killed_in_the_middle_the_old_or_the_new_policy_is_whole(self):
        for turn in range(12):
            rules = "".join(f"deny host {turn}-{n}.example\n" for n in range(200))
            path = self.candidate(rules + ALLOW_LOOPBACK)
            before = self.text()
            editing = threading.Thread(target=self.sluice, args=("apply", path), kwargs={"expect": None})
            editing.start()
            time.sleep(0.002 * turn)  # not waited for: the moment of the kill is what differs
            self.daemon.kill()
            editing.join()
            self.daemon.start()
            self.assertIn(self.text(), (before, rules + ALLOW_LOOPBACK))
            history = self.history()
            self.assertFalse(any(v["damage"] for v in history["versions"]))
            self.assertEqual(history["in_force"], history["versions"][0]["version"])
            self.assertEqual(self.sluice("show").out, self.text())

    def test_ten_edits_a_second_fail_no_request(self):
        origin = self.start_origin()
        origin.default = lambda _: reply(body=b"x")
        stop = threading.Event()
        seen = []

        def ask():
            client = self.connect(self.daemon)
            while not stop.is_set():
                seen.append(client.request(origin.url("/x")).status)

        asking = threading.Thread(target=ask)
        asking.start()
        for number in range(30):
            self.sluice("deny", f"n{number}.example")
        stop.set()
        asking.join()
        self.assertEqual(set(seen), {200}, "no request failed")
        self.assertEqual(self.history()["in_force"], 31)


if __name__ == "__main__":
    unittest.main()
