"""The README's commands do what it says, word by word."""

import os
import re
import unittest

from support.case import SluiceTestCase

README = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "README.md")


def commands_of(section):
    """(command, exit code) of the indented lines below a heading."""
    with open(README, encoding="utf-8") as file:
        text = file.read().split(f"\n## {section}\n")[1].split("\n## ")[0]
    lines = [line[4:] for line in text.splitlines() if line.startswith("    ")]
    return [(line, int(match[1]) if (match := re.search(r"# (\d)$", line)) else 0) for line in lines]


class Readme(SluiceTestCase):
    def test_policy_in_ten_minutes(self):
        daemon = self.start_daemon(policy=None)
        workplace = self.scratch()
        path = os.environ.get("SLUICE_BIN_DIR", "") + os.pathsep + os.environ["PATH"]
        commands = commands_of("Policy in ten minutes")
        self.assertGreater(len(commands), 20)
        for command, wanted in commands:
            done = self.run_program("bash", "-c", command, check=False, cwd=workplace,
                                    environment={"PATH": path, "SLUICE_SOCKET": daemon.control_socket})
            self.assertEqual(done.returncode, wanted, f"{command}\n{done.stdout.decode()}{done.stderr.decode()}")


if __name__ == "__main__":
    unittest.main()
