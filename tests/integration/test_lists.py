"""Lists: from files through the compiled set into decisions, and what a bad file does not do."""

import json
import os
import re
import shutil
import socket
import tempfile
import unittest

from support import tls, tool
from support.case import SluiceTestCase
from support.daemon import ALLOW_LOOPBACK
from support.metrics import Metrics
from support.origin import reply
from support.waiting import eventually


class Lists(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.directory = tempfile.mkdtemp(prefix="sluice-lists-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.origin = self.start_origin()
        self.url = self.origin.on("/x", reply(body=b"x"))
        self.ads = self.origin.on("/Ads/banner.gif", reply(body=b"ad"))

    def start_with(self, *lists, deny="category bad", rest=ALLOW_LOOPBACK, **options):
        """A daemon whose policy declares the lists and denies a condition."""
        return self.start_daemon(policy="".join(f"{line}\n" for line in lists) + f"deny {deny} id listed\n" + rest, **options)

    def list_file(self, text, name="list"):
        path = os.path.join(self.directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_a_name_in_a_list_is_denied_and_the_log_names_its_entry(self):
        path = self.list_file("# names\nother.example\n127.0.0.1\n")
        daemon = self.start_with(f'list names domains "{path}" category bad')
        self.assertEqual(self.get(daemon, self.url).status, 403)
        which = daemon.tool("lists", "which", "www.other.example", "-o", "json").json()
        self.assertEqual([(m["list"], m["category"], m["entry"], m["line"]) for m in which["matches"]],
                         [("names", "bad", "other.example", 2)])
        daemon.tool("lists", "which", "not.example", expect=tool.DIFFERENT)
        tested = daemon.tool("policy", "test", "http://www.other.example/", "-o", "json", expect=tool.DIFFERENT).json()
        self.assertEqual(tested["listed"]["entry"], "other.example")
        line = eventually(lambda: self.line_of_rule(daemon, "listed"), "the line")
        self.assertEqual((line["list"], line["category"], line["entry"], line["entry_line"]), ("names", "bad", "127.0.0.1", 3))

    def line_of_rule(self, daemon, rule):
        for line in map(json.loads, daemon.log_lines()):
            if line.get("rule") == rule:
                return line
        return None

    def test_a_squidguard_tree_has_a_category_for_each_folder(self):
        self.list_file("other.example\n", "ut1/adult/domains")
        self.list_file("127.0.0.1/ads/\n", "ut1/publicite/urls")
        self.list_file("(casino|poker)[0-9]\n", "ut1/games/expressions")
        tree = os.path.join(self.directory, "ut1")
        daemon = self.start_with(f'list ut1 squidguard "{tree}"', deny="category publicite")
        self.assertEqual(self.get(daemon, self.url).status, 200)
        self.assertEqual(self.get(daemon, self.ads).status, 403)
        shown = daemon.tool("lists", "show", "ut1", "-o", "json").json()
        self.assertEqual(shown["categories"], ["adult", "games", "publicite"])
        daemon.tool("policy", "add", "deny category games")
        casino = daemon.tool("policy", "test", "http://h.example/CASINO7", expect=tool.DIFFERENT)
        self.assertIn("category games", casino.out)

    def test_an_edited_file_is_in_force_without_a_restart(self):
        path = self.list_file("other.example\n")
        daemon = self.start_with(f'list names domains "{path}" category bad')
        client = self.connect(daemon)
        self.assertEqual(client.request(self.url).status, 200)
        self.list_file("other.example\n127.0.0.1\n")
        eventually(lambda: client.request(self.url).status == 403, "the edit", timeout=20)
        self.list_file("other.example\nthird.example\n")
        daemon.tool("lists", "update")
        self.assertEqual(client.request(self.url).status, 200)

    def test_a_missing_file_leaves_the_last_good_list_with_an_alarm(self):
        path = self.list_file("127.0.0.1\n")
        daemon = self.start_with(f'list names domains "{path}" category bad')
        os.remove(path)
        daemon.tool("lists", "update", expect=tool.DIFFERENT)
        self.assertEqual(self.get(daemon, self.url).status, 403)
        self.assertIn("ALARM", daemon.tool("status").out)
        self.assertEqual(len(daemon.tool("status", "-o", "json").json()["lists"]["alarms"]), 1)
        self.assertTrue(any("list names" in line for line in daemon.lines))
        daemon.restart()
        self.assertEqual(self.get(daemon, self.url).status, 403)
        self.list_file("other.example\n")
        daemon.tool("lists", "update", "--accept")
        self.assertEqual(self.get(daemon, self.url).status, 200)

    def test_a_list_that_shrank_past_its_guard_is_refused_until_it_is_accepted(self):
        names = [f"n{i}.example" for i in range(100)] + ["127.0.0.1"]
        path = self.list_file("\n".join(names) + "\n")
        daemon = self.start_with(f'list names domains "{path}" category bad guard 20%')
        self.list_file("n1.example\n")
        refused = daemon.tool("lists", "update", expect=tool.DIFFERENT)
        self.assertIn("shrank from 101 entries to 1", refused.out)
        self.assertEqual(self.get(daemon, self.url).status, 403)
        daemon.tool("lists", "update", "--accept")
        self.assertEqual(self.get(daemon, self.url).status, 200)

    def test_a_damaged_compiled_file_is_compiled_again(self):
        path = self.list_file("127.0.0.1\n")
        daemon = self.start_with(f'list names domains "{path}" category bad')
        daemon.stop()
        compiled = os.path.join(daemon.state, "lists", "compiled")
        with open(compiled, "r+b") as file:
            file.seek(400)
            octet = file.read(1)
            file.seek(400)
            file.write(bytes([octet[0] ^ 1]))
        daemon.start()
        self.assertTrue(any("it is compiled again" in line for line in daemon.lines))
        self.assertEqual(self.get(daemon, self.url).status, 403)

    def test_the_same_lists_give_the_same_octets(self):
        path = self.list_file("b.example\na.example\n")
        files = []
        for _ in range(2):
            daemon = self.start_with(f'list names domains "{path}" category bad')
            with open(os.path.join(daemon.state, "lists", "compiled"), "rb") as file:
                files.append(file.read())
        self.assertEqual(files[0], files[1])

    def test_a_list_declared_by_an_edit_is_read_in_the_background(self):
        path = self.list_file("127.0.0.1\n")
        daemon = self.start_daemon()
        self.assertEqual(self.get(daemon, self.url).status, 200)
        with open(daemon.policy_file, encoding="utf-8") as file:
            text = file.read()
        daemon.write_policy(f'list names domains "{path}" category bad\ndeny list names\n' + text)
        daemon.tool("policy", "reload")
        eventually(lambda: self.get(daemon, self.url).status == 403, "the list", timeout=10)

    def test_edits_are_live_at_once_and_stay_whatever_the_files_say(self):
        names = "".join(f"n{i}.example\n" for i in range(1000))
        path = self.list_file(names + "127.0.0.1\n")
        daemon = self.start_with(f'list names domains "{path}" category bad')
        client = self.connect(daemon)
        self.assertEqual(client.request(self.url).status, 403)
        done = daemon.tool("lists", "remove", "names", "127.0.0.1")
        self.assertIn("undo: sluice", done.out)
        self.assertEqual(client.request(self.url).status, 200)
        daemon.tool("lists", "add", "names", "added.example")
        self.assertEqual(self.matches(daemon, "www.added.example"), ["added.example"])
        daemon.tool("lists", "update")  # compiles the edits into the set
        self.assertEqual(client.request(self.url).status, 200)
        self.assertEqual(self.matches(daemon, "www.added.example"), ["added.example"])
        daemon.restart()
        self.assertEqual(self.get(daemon, self.url).status, 200)
        daemon.tool("lists", "add", "names", "127.0.0.1")
        self.assertEqual(self.get(daemon, self.url).status, 403)
        daemon.tool("lists", "add", "names", "two words", expect=tool.USAGE)
        daemon.tool("lists", "add", "other", "a.example", expect=tool.DIFFERENT)

    def matches(self, daemon, what):
        return [m["entry"] for m in daemon.tool("lists", "which", what, "-o", "json", expect=None).json()["matches"]]

    def test_a_new_list_that_is_missing_or_of_another_format_is_said_at_once(self):
        page = self.list_file("<html><body>sign in</body>\n" * 50, "page")
        bad = self.list_file(f'list nn domains "{self.directory}/nosuch"\nlist page domains "{page}"\n'
                             "deny list nn, page\n" + ALLOW_LOOPBACK, "candidate")
        daemon = self.start_daemon()
        for arguments in (("apply", "--dry-run", bad), ("apply", bad)):
            said = daemon.tool("policy", *arguments).error
            self.assertRegex(said, "warning: list nn: .*No such file")
            self.assertIn("list page: 50 of 50 lines are rejected", said)
        def alarms():
            return daemon.tool("status", "-o", "json").json()["lists"]["alarms"]
        eventually(lambda: len(alarms()) == 2, "both alarms")
        self.assertIn("page: 50 of 50 lines are rejected: this is no list in the format `domains`", alarms())
        self.assertIn("list page: 50 of 50", daemon.tool("policy", "reload").error)
        self.assertNotIn("list page", daemon.tool("policy", "deny", "a.example").error, "that line brings none of it")
        checked = tool.run(daemon.control_socket, "policy", "check", bad)
        self.assertIn("list page: 50 of 50 lines are rejected", checked.error)
        daemon.restart()
        self.assertEqual(len(alarms()), 2)

    def test_entries_that_hold_for_far_more_than_meant_are_warned_of_with_their_lines(self):
        names = self.list_file("a.example\nco.uk\nlocalhost\nnosuchtld\nb.example\nb.example\n", "wide")
        nets = self.list_file("192.0.2.0/24\n0.0.0.0/0\n", "nets")
        candidate = self.list_file(f'list wide domains "{names}"\nlist nets addresses "{nets}"\ndeny list wide, nets\n'
                                   "allow\n", "candidate")
        daemon = self.start_daemon()
        warnings = ("warning: list wide: line 2: `co.uk` is a public suffix", "line 4: `nosuchtld` is a single label",
                    "warning: list nets: line 2: `0.0.0.0/0` holds half of all IPv4 addresses")
        def check_warnings(said):
            for warning in warnings:
                self.assertIn(warning, said)
            self.assertNotIn("localhost", said)
        def shown():
            return {one["name"]: one["counts"] for one in daemon.tool("lists", "show", "-o", "json").json()["lists"]}
        check_warnings(tool.run(daemon.control_socket, "policy", "check", candidate).error)
        check_warnings(daemon.tool("policy", "apply", "--dry-run", candidate).error)
        check_warnings(daemon.tool("policy", "apply", candidate).error)
        eventually(lambda: len(shown()) == 2, "both lists are built")
        check_warnings(daemon.tool("policy", "reload").error)
        self.assertEqual([(one["line"], one["file"]) for one in shown()["wide"]["wide_entries"]], [(2, ""), (4, "")])
        self.assertEqual((shown()["wide"]["distinct"], shown()["wide"]["duplicates"]), (5, 1))
        self.assertEqual(daemon.tool("status", "-o", "json").json()["lists"]["alarms"], [], "none of it is an alarm")
        self.assertIn(f"{candidate}:1:6: warning: list wide: line 2", daemon.tool("policy", "apply", candidate).error)
        self.assertIn(f"{candidate}:2:6: warning: list nets: line 2", tool.run(daemon.control_socket, "policy", "check", candidate).error)
        as_json = tool.run(daemon.control_socket, "lists", "import", "domains", names, "-o", "json").json()
        self.assertEqual((as_json["categories"], as_json["distinct"]), (["list"], 5))
        self.assertGreater(as_json["memory"], 0)
        self.assertEqual(tool.run(daemon.control_socket, "lists", "import", "domains", "/nonexistent", expect=None).status, tool.USAGE)
        imported = tool.run(daemon.control_socket, "lists", "import", "domains", names).out
        self.assertIn("wide        2\n  line 2: `co.uk` is a public suffix", imported)
        self.assertIn("distinct 5  duplicates 1\n", imported)

    def test_an_edit_that_changes_nothing_is_none(self):
        path = self.list_file("# names\nf1.example\nf2.example\np.example/ads\n")
        nets = self.list_file("10.0.0.0/8\n", "nets")
        daemon = self.start_with(f'list f domains "{path}"', f'list nets addresses "{nets}"', deny="list f, nets")

        def refused(*arguments, status):
            done = daemon.tool("lists", *arguments, expect=status)
            self.assertNotIn("undo", done.out)
            return done.error

        self.assertIn("`f1.example` is in the list `f` already (line 2)", refused("add", "f", "F1.example.", status=6))
        self.assertIn("already by `f1.example` (line 2)", refused("add", "f", "www.f1.example", status=6))
        self.assertIn("already by `10.0.0.0/8` (line 1)", refused("add", "nets", "10.1.0.0/16", status=6))
        self.assertIn("`g.example` is not in the list `f`", refused("remove", "f", "g.example", status=tool.DIFFERENT))
        self.assertIn("by `f1.example` (line 2)", refused("remove", "f", "www.f1.example", status=tool.DIFFERENT))
        refused("remove", "nets", "10.1.0.0/16", status=tool.DIFFERENT)
        for entry in ("b\u00fccher.example", "p.example/other"):
            daemon.tool("lists", "add", "f", entry)
            self.assertIn("already (put in by hand)", refused("add", "f", entry, status=6))
            daemon.tool("lists", "remove", "f", entry)
            refused("remove", "f", entry, status=tool.DIFFERENT)
        daemon.tool("lists", "add", "f", "by-hand.example")
        daemon.tool("lists", "remove", "f", "f2.example")
        daemon.tool("lists", "add", "nets", "192.168.0.0/16")
        daemon.tool("lists", "update")
        self.assertIn("already (put in by hand)", refused("add", "f", "by-hand.example", status=6))
        self.assertRegex(daemon.tool("lists", "which", "by-hand.example").out, r"f +f +by hand +yes +by-hand.example")
        shown = daemon.tool("lists", "show", "f").out
        self.assertIn("by hand     add by-hand.example\n", shown)
        self.assertIn("by hand     remove f2.example\n", shown)
        for one in daemon.tool("lists", "show", "-o", "json").json()["lists"]:
            self.assertLessEqual(one["counts"]["distinct_names"], one["counts"]["entries"])

    def test_a_file_that_was_cut_is_an_alarm_in_status_metrics_and_log(self):
        path = self.list_file("".join(f"n{i}.example\n" for i in range(100)) + "127.0.0.1\n")
        daemon = self.start_with(f'list names domains "{path}" category bad')
        self.assertEqual(Metrics.of(daemon).total("sluice_lists_alarms"), 0)
        self.list_file("n1.example\nn2.exam")
        eventually(lambda: Metrics.of(daemon).total("sluice_lists_alarms") == 1, "the alarm", timeout=20)
        alarms = daemon.tool("status", "-o", "json").json()["lists"]["alarms"]
        self.assertIn("shrank from 101 entries to 2", alarms[0])
        self.assertTrue(any("list names" in line and "shrank" in line for line in daemon.lines))
        self.assertEqual(self.get(daemon, self.url).status, 403)

    def test_a_list_is_read_again_when_its_time_has_come(self):
        path = self.list_file("n.example\n")
        daemon = self.start_with(f'list names domains "{path}" category bad refresh 1s')
        before = os.stat(path)
        self.list_file("127.0.0.1\n")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        self.assertEqual(os.stat(path).st_size, before.st_size, "nothing shows that it changed")
        eventually(lambda: self.get(daemon, self.url).status == 403, "the list", timeout=20)

    def test_a_list_from_a_url_is_asked_for_conditionally(self):
        served = {"names": "127.0.0.1\n", "tag": '"1"'}

        def names(exchange):
            if exchange.fields.get("If-None-Match") == served["tag"]:
                return reply(304, reason="Not Modified")
            return reply(body=served["names"], fields={"ETag": served["tag"]})

        self.origin.on("/names.txt", names)
        url = self.origin.on("/", reply(302, fields={"Location": "/names.txt"}))
        daemon = self.start_with(f'list names domains "{url}" category bad')
        eventually(lambda: self.get(daemon, self.url).status == 403, "the list", timeout=20)
        daemon.tool("lists", "update")
        self.assertEqual(self.origin.last("/names.txt").fields.get("If-None-Match"), '"1"')
        served.update(names="other.example\n", tag='"2"')
        daemon.tool("lists", "update")
        self.assertEqual(self.get(daemon, self.url).status, 200)
        shown = daemon.tool("lists", "show", "names", "-o", "json").json()
        self.assertEqual((shown["path"], shown["refresh"], shown["alarm"]), (url, 86400, ""))

    def test_a_url_that_fails_leaves_what_was_fetched_with_an_alarm(self):
        url = self.origin.on("/names.txt", reply(body="127.0.0.1\n"))
        daemon = self.start_with(f'list names domains "{url}" category bad')
        eventually(lambda: self.get(daemon, self.url).status == 403, "the list", timeout=20)
        for answer, why in ((reply(503, reason="Unavailable"), "the answer is 503"),
                            (reply(body="half", length=False, fields={"Content-Length": "400"}), "the response is cut"),
                            (reply(body="x", length=False), "does not say where it ends"),
                            (reply(body="x", fields={"Content-Encoding": "gzip"}), "coded (gzip)"),
                            (reply(302, fields={"Location": "ftp://lists.example/"}), "no http or https URL")):
            with self.subTest(why):
                def cut(exchange, answer=answer):
                    exchange.close = True
                    return answer

                self.origin.on("/names.txt", cut)
                daemon.tool("lists", "update", expect=tool.DIFFERENT)
                self.assertIn(why, daemon.tool("status", "-o", "json").json()["lists"]["alarms"][0])
                self.assertEqual(self.get(daemon, self.url).status, 403)
        daemon.restart()
        self.assertEqual(self.get(daemon, self.url).status, 403, "out of the state directory")

    def secure_origin(self, names="IP:127.0.0.1"):
        """An origin by https with a list that it knows again, and the authority of its certificate."""
        authority = tls.Authority(self.directory)
        origin = self.start_origin(tls=authority.certify(names))
        served = {"names": "127.0.0.1\n", "tag": '"1"'}

        def names_file(exchange):
            if exchange.fields.get("If-None-Match") == served["tag"]:
                return reply(304, reason="Not Modified")
            return reply(body=served["names"], fields={"ETag": served["tag"]})

        return origin, authority, origin.on("/names.txt", names_file), served

    def alarms(self, daemon):
        return daemon.tool("status", "-o", "json").json()["lists"]["alarms"]

    def test_a_list_by_https_is_fetched_again_when_its_time_has_come(self):
        origin, authority, url, served = self.secure_origin()
        daemon = self.start_with(f'list names domains "{url}" category bad refresh 1s', settings={"lists.trust": authority.certificate})
        eventually(lambda: self.get(daemon, self.url).status == 403, "the list", timeout=20)
        eventually(lambda: origin.last("/names.txt").fields.get("If-None-Match") == '"1"', "a conditional request", timeout=20)
        self.assertEqual(self.alarms(daemon), [])
        served.update(names="other.example\n", tag='"2"')
        eventually(lambda: self.get(daemon, self.url).status == 200, "the new list", timeout=20)
        daemon.restart()
        self.assertEqual(self.matches(daemon, "other.example"), ["other.example"])

    def test_a_certificate_that_turned_bad_leaves_what_was_fetched_with_an_alarm(self):
        origin, authority, url, served = self.secure_origin()
        daemon = self.start_with(f'list names domains "{url}" category bad', settings={"lists.trust": authority.certificate})
        eventually(lambda: self.get(daemon, self.url).status == 403, "the list", timeout=20)
        served.update(names="other.example\n", tag='"2"')
        for certificate, why in ((authority.certify("IP:127.0.0.1", days=-1), "the certificate of 127.0.0.1 expired on "),
                                 (authority.certify("DNS:other.example"), "the certificate of 127.0.0.1 is for other.example"),
                                 (tls.self_signed(), "the certificate of 127.0.0.1 is not trusted: self-signed certificate")):
            with self.subTest(why):
                origin.show_certificate(certificate)
                daemon.tool("lists", "update", expect=tool.DIFFERENT)
                self.assertIn(f"{url}: {why}", self.alarms(daemon)[0])
                self.assertEqual(Metrics.of(daemon).total("sluice_lists_alarms"), 1)
                daemon.wait_for_line("list names: .*" + re.escape(why))
                self.assertEqual(self.get(daemon, self.url).status, 403)
        origin.show_certificate(authority.certify("IP:127.0.0.1"))
        daemon.tool("lists", "update", "--accept")
        self.assertEqual(self.alarms(daemon), [])
        self.assertEqual(self.get(daemon, self.url).status, 200)

    def test_a_fetch_under_way_does_not_hold_up_the_end(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            silent.settimeout(20)
            daemon = self.start_with(f'list names domains "https://127.0.0.1:{silent.getsockname()[1]}/" category bad')
            connection, _ = silent.accept()
            with connection:
                self.assertTrue(connection.recv(1), "the handshake began")
                daemon.stop()

    def test_the_systems_authorities_are_trusted(self):
        _, authority, url, _ = self.secure_origin()
        # OpenSSL's own way to another file of the system's.
        daemon = self.start_with(f'list names domains "{url}" category bad', environment={"SSL_CERT_FILE": authority.certificate})
        eventually(lambda: self.get(daemon, self.url).status == 403, "the list", timeout=20)

    def test_without_its_authority_a_server_is_not_trusted_until_the_configuration_names_it(self):
        _, authority, url, _ = self.secure_origin()
        configuration = self.list_file("", "sluice.yaml")
        daemon = self.start_with(f'list names domains "{url}" category bad', arguments=["--config", configuration])
        eventually(lambda: any("is not trusted" in alarm for alarm in self.alarms(daemon)), "the alarm", timeout=20)
        self.assertEqual(self.get(daemon, self.url).status, 200)
        self.list_file(f"lists:\n  trust: {authority.certificate}\n", "sluice.yaml")
        reloaded = daemon.tool("config", "reload", "-o", "json").json()
        self.assertEqual((reloaded["changed"], reloaded["needs_restart"]), (["lists.trust"], []))
        daemon.tool("lists", "update")
        self.assertEqual(self.get(daemon, self.url).status, 403)

    def test_the_name_of_a_server_is_resolved_and_proved(self):
        origin, authority, url, _ = self.secure_origin("DNS:lists.example")
        dns = self.start_dns({"lists.example": ["127.0.0.1"]})
        named = url.replace("127.0.0.1", "lists.example")
        plain = self.origin.on("/moved.txt", reply(302, fields={"Location": named}))
        daemon = self.start_with(f'list names domains "{plain}" category bad',
                                 settings={"lists.trust": authority.certificate, "upstream.dns_servers": dns.server})
        eventually(lambda: self.get(daemon, self.url).status == 403, "the list", timeout=20)
        self.assertEqual(origin.last("/names.txt").fields["Host"], f"lists.example:{origin.port}")
        origin.on("/names.txt", reply(302, fields={"Location": self.origin.on("/plain.txt", reply(body="x.example"))}))
        daemon.tool("lists", "update", expect=tool.DIFFERENT)
        self.assertIn("a redirect from https to http is not followed", self.alarms(daemon)[0])

    def test_a_text_with_a_new_list_is_tested_and_applied_with_it(self):
        path = self.list_file("127.0.0.1\n")
        daemon = self.start_daemon()
        text = (f'list names domains "{path}" category bad\ndeny category bad id listed\n' + ALLOW_LOOPBACK +
                'test "listed" { url http://127.0.0.1/x expect deny by listed }\n')
        candidate = self.list_file(text, "candidate")
        daemon.tool("policy", "apply", candidate)
        self.assertEqual(self.get(daemon, self.url).status, 403, "at once")
        daemon.tool("lists", "update")
        self.assertEqual(self.get(daemon, self.url).status, 403)
        daemon.tool("policy", "test-all")

    def test_a_policy_file_is_judged_with_its_lists_without_a_daemon(self):
        path = self.list_file("listed.example\n")
        candidate = self.list_file(f'list names domains "{path}" category bad\ndeny category bad\nallow\n', "candidate")
        tested = tool.run("/nonexistent", "policy", "test", "http://www.listed.example/", "--policy", candidate, "-o", "json",
                          expect=tool.DIFFERENT).json()
        self.assertEqual((tested["verdict"], tested["listed"]["entry"]), ("deny", "listed.example"))
        os.remove(path)
        blind = tool.run("/nonexistent", "policy", "test", "http://www.listed.example/", "--policy", candidate)
        self.assertIn("list names", blind.error)

    def test_import_says_what_becomes_of_each_line(self):
        path = self.list_file("||a.example^\n||b.example^$third-party\nc.example##.ad\n/(?=x)/\n")
        daemon = self.start_daemon()
        done = daemon.tool("lists", "import", "adblock", path, expect=tool.DIFFERENT)
        self.assertIn("option third-party 1", done.out)
        self.assertRegex(done.out, r"line 4: ")


if __name__ == "__main__":
    unittest.main()
