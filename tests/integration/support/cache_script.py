"""Cache behaviour as a script: what the origin answers, request by request, and where each answer must come from."""

import dataclasses

from .client import Client
from .origin import now_http, reply

REQUIRED, OPTIONAL = "required", "optional"


@dataclasses.dataclass
class Step:
    """One request of the client. Dates among the fields are written as numbers: seconds from now; `{path}` in a
    field of the origin is the path of the request.

    gives: what the origin answers if it is asked: (status, fields) or (status, fields, content).
    comes: "forward": the origin was asked without conditions of the gateway's own; "store": it was not asked, and the
    content is the last one that was forwarded; "validation": it was asked under a condition, and the
    content is the stored one; a number: the gateway answers with this status and does not ask. `of`: the content is that of
    this step, wherever it came from.
    """

    comes: object = "forward"
    gives: tuple = (200, ())
    sends: tuple = ()
    method: str = "GET"
    query: str = ""
    body: bytes = b""
    of: object = None
    status: object = None
    has: tuple = ()       # fields of the answer
    lacks: tuple = ()     # names that the answer must not have
    asks: tuple = ()      # fields of the request that the origin saw
    interim: tuple = ()   # heads ahead of the final one


@dataclasses.dataclass
class Case:
    group: str
    kind: str
    name: str
    steps: list


class Mismatch(Exception):
    """What a step did otherwise than the case says."""


def pairs(fields):
    return [(name, now_http(value) if isinstance(value, int) else value)
            for name, value in (fields.items() if isinstance(fields, dict) else fields)]


class Player:
    """Plays cases through a daemon, each on a path of its own."""

    def __init__(self, daemon, origin):
        self.daemon = daemon
        self.origin = origin
        self.count = 0

    def play(self, case):
        self.count += 1
        run = _Run(self, f"/case{self.count}")
        self.origin.on(run.path, run.answer)
        with Client(self.daemon.port) as client:
            for number, step in enumerate(case.steps):
                run.step(client, number, step)


class _Run:
    def __init__(self, player, path):
        self.player = player
        self.path = path
        self.now = None       # (number, step)
        self.asked = None     # the request that came through
        self.contents = {}
        self.forwarded = None

    def content(self, number, step):
        return step.gives[2] if len(step.gives) > 2 else f"{self.path} {number}".encode()

    def answer(self, exchange):
        number, step = self.now
        self.asked = exchange.request
        status = step.gives[0]
        fields = [(name, value.replace("{path}", self.path)) for name, value in pairs(step.gives[1])]
        conditions = [name for name in ("If-None-Match", "If-Modified-Since") if name in exchange.fields]
        if step.comes == "validation" and conditions:
            status = 304
        body = b"" if status in (204, 304) or exchange.request.method == "HEAD" else self.content(number, step)
        if exchange.request.method == "HEAD" and "content-length" not in {name.lower() for name, _ in fields}:
            fields.append(("Content-Length", str(len(self.content(number, step)))))
        for head in step.interim:
            exchange.send(head)
        return reply(status, body, fields, "Text")

    def step(self, client, number, step):
        self.now, self.asked = (number, step), None
        url = self.player.origin.url(self.path + step.query)
        answer = client.request(url, step.method, pairs(step.sends), step.body)
        self.contents[number] = self.content(number, step)
        what = f"step {number} ({step.method}): "
        own = {name.lower() for name, _ in step.sends}
        conditions = self.asked and [name for name in ("If-None-Match", "If-Modified-Since")
                                     if name in self.asked.fields and name.lower() not in own]
        came = "store" if self.asked is None else "validation" if conditions else "forward"
        if isinstance(step.comes, int):
            self.expect(self.asked is None and answer.status == step.comes, what + f"{answer.status}, {came}")
            return
        self.expect(came == step.comes, what + f"came by {came}, not {step.comes} [{answer.cache_status}]")
        if came == "forward" and step.of is None and step.method != "HEAD":
            self.forwarded = number
        if answer.status not in (204, 304, 206, 416, 412) and step.method != "HEAD":
            source = step.of if step.of is not None else number if came == "forward" else self.forwarded
            self.expect(answer.body == self.contents[source], what + f"content {answer.body[:60]!r}")
        if step.status is not None:
            self.expect(answer.status == step.status, what + f"status {answer.status}, not {step.status}")
        for name, value in pairs(step.has):
            self.expect(answer.fields.get(name) == value, what + f"{name}: {answer.fields.get(name)!r}, not {value!r}")
        for name in step.lacks:
            self.expect(name not in answer.fields, what + f"{name}: {answer.fields.get(name)!r}")
        for name, value in pairs(step.asks):
            self.expect(self.asked is not None and self.asked.fields.get(name) == value,
                        what + f"asked with {name}: {self.asked and self.asked.fields.get(name)!r}")

    @staticmethod
    def expect(holds, what):
        if not holds:
            raise Mismatch(what)


class Score:
    """Passed and played by group and kind."""

    def __init__(self):
        self.groups = {}
        self.failed = []

    def note(self, case, mismatch):
        passed, played = self.groups.get((case.group, case.kind), (0, 0))
        self.groups[(case.group, case.kind)] = (passed + (mismatch is None), played + 1)
        if mismatch is not None:
            self.failed.append((case, mismatch))

    def text(self):
        lines = [f"{'group':24}{REQUIRED:>12}{OPTIONAL:>12}"]
        groups = list(dict.fromkeys(group for group, _ in self.groups)) + ["all"]
        for group in groups:
            shown = []
            for kind in (REQUIRED, OPTIONAL):
                scores = [score for (name, its), score in self.groups.items() if its == kind and group in (name, "all")]
                passed, played = (sum(values) for values in zip(*scores)) if scores else (0, 0)
                shown.append(f"{passed}/{played}" if played else "-")
            lines.append(f"{group:24}{shown[0]:>12}{shown[1]:>12}")
        lines += [f"FAILED {case.group} | {case.name}: {mismatch}" for case, mismatch in self.failed]
        return "\n".join(lines)
