"""Waiting for conditions. No test sleeps for a fixed time to let something happen."""

import os
import time

# Sanitizer builds are several times slower; their runs set this.
TIME_SCALE = float(os.environ.get("SLUICE_TEST_TIME_SCALE", "1"))


def eventually(condition, what, timeout=10.0, interval=0.01):
    """Returns the first true value of condition(); raises AssertionError with `what` after `timeout` seconds."""
    deadline = time.monotonic() + timeout * TIME_SCALE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout:g} s: {what() if callable(what) else what}")
        time.sleep(interval)


def stays(condition, what, duration):
    """Asserts that condition() holds at every look for `duration` seconds: for things that must not happen."""
    deadline = time.monotonic() + duration
    while time.monotonic() < deadline:
        if not condition():
            raise AssertionError(f"did not stay so for {duration:g} s: {what}")
        time.sleep(0.01)


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self):
        self.start = time.monotonic()

    def seconds(self):
        return time.monotonic() - self.start
