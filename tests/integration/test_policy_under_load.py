"""Policy and lists are edited ten times a second for a minute while clients are served: no request fails, and each is judged by one
whole policy."""

import json
import os
import threading
import time
import unittest

from support.case import SluiceTestCase
from support.client import Client
from support.origin import reply
from support.waiting import TIME_SCALE, Stopwatch

SECONDS = float(os.environ.get("SLUICE_TEST_EDIT_SECONDS", "60"))
EDITS_A_SECOND = 10
NAMES = 500_000
CLIENTS = 3


def policy_text(number, names):
    """Rule, reason and verdict of one number go together: a request that saw parts of two would not fit."""
    return (f'list names domains "{names}"\n'
            f'deny path /probe reason "number {number}" id n-{number}\n'
            f'deny list names reason "listed {number}" id l-{number}\n'
            "allow to 127.0.0.0/8, ::1\nallow\n")


class UnderLoad(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.origin = self.start_origin()
        self.fresh = self.origin.on("/fresh", reply(body=b"fresh", fields={"Cache-Control": "max-age=600"}))
        self.passed = self.origin.on("/passed", reply(body=b"passed", fields={"Cache-Control": "no-store"}))
        directory = self.scratch()
        self.names = os.path.join(directory, "names.txt")
        self.text = os.path.join(directory, "policy.sluice")
        with open(self.names, "w", encoding="ascii") as file:
            file.writelines(f"n{number}.listed.example\n" for number in range(NAMES))
        self.daemon = self.start_daemon({"workers": "2"}, policy=policy_text(0, self.names))
        self.stop, self.faults, self.served = threading.Event(), [], 0

    def expect(self, condition, what):
        if not condition:
            self.faults.append(what)

    def check_denial(self, answer, words):
        page = json.loads(answer.body)
        number = page["rule"].partition("-")[2]
        self.expect(answer.status == 403 and page["reason"] == f"{words} {number}", f"a torn denial: {page}")

    def be_a_client(self):
        as_json = {"Accept": "application/json"}
        try:
            with Client(self.daemon.port) as client:
                while not self.stop.is_set():
                    self.expect(client.request(self.fresh).body == b"fresh", "a stored response")
                    self.expect(client.request(self.passed).body == b"passed", "a forwarded response")
                    self.check_denial(client.request(self.origin.url("/probe"), fields=as_json), "number")
                    self.check_denial(client.request("http://n77777.listed.example/", fields=as_json), "listed")
                    self.served += 4
        except Exception as error:  # whatever it is, the test has failed  # pylint: disable=broad-exception-caught
            self.faults.append(repr(error))

    def edit(self, number):
        """Whole texts, quick edits and entries of the list in turn."""
        if number % 3 == 0:
            with open(self.text, "w", encoding="ascii") as file:
                file.write(policy_text(number, self.names))
            self.daemon.tool("policy", "apply", self.text)
        elif number % 3 == 1:
            self.daemon.tool("policy", "deny", f"e{number}.example", "-m", f"edit {number}")
        else:
            self.daemon.tool("lists", "add", "names", f"x{number}.example")

    def test_no_request_fails_or_is_judged_by_half_a_policy(self):
        clients = [threading.Thread(target=self.be_a_client) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        watch, edits = Stopwatch(), 0
        while watch.seconds() < SECONDS and not self.faults:
            edits += 1
            self.edit(edits)
            time.sleep(max(0.0, edits / EDITS_A_SECOND - watch.seconds()))
        self.stop.set()
        for client in clients:
            client.join(30)
        self.assertEqual(self.faults, [])
        self.assertGreater(self.served, 100)
        self.assertGreater(edits, SECONDS * EDITS_A_SECOND / 2 / TIME_SCALE, "edits keep their pace")
        self.assertEqual(self.get(self.daemon, "http://x2.example/").status, 403, "an entry that was added is in force")


if __name__ == "__main__":
    unittest.main()
