"""The command-line tool, run as a user runs it."""

import dataclasses
import json
import os
import subprocess

from .waiting import TIME_SCALE

# Exit codes that scripts rely on.
OK, DIFFERENT, USAGE, INVALID_POLICY, UNREACHABLE, ROLLED_BACK = range(6)


@dataclasses.dataclass
class Outcome:
    status: int
    out: str
    error: str

    def json(self):
        return json.loads(self.out)


def run(control_socket, *arguments, expect=OK, timeout=20, stdin=None):
    """Runs `sluice --socket CONTROL_SOCKET ARGUMENTS` and asserts its exit status (expect=None: any)."""
    command = [os.path.join(os.environ.get("SLUICE_BIN_DIR", ""), "sluice"), "--socket", control_socket, *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout * TIME_SCALE, check=False,
                          stdin=subprocess.DEVNULL if stdin is None else None)
    outcome = Outcome(done.returncode, done.stdout, done.stderr)
    if expect is not None and outcome.status != expect:
        raise AssertionError(f"`sluice {' '.join(arguments)}` ended with {outcome.status}, not {expect}\n"
                             f"{outcome.out}{outcome.error}")
    return outcome
