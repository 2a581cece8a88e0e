"""The Prometheus text exposition, parsed strictly."""

import re
import urllib.request

SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)$')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')


class Metrics:
    """samples: (name, frozenset of label pairs) -> value. types: metric name -> type."""

    def __init__(self, text):
        self.samples, self.types, self.help = {}, {}, {}
        if not text.endswith("\n"):
            raise ValueError("the last line does not end")
        for line in text.splitlines():
            self._line(line)

    def _line(self, line):
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            if name in self.types:
                raise ValueError(f"two TYPE lines for {name}")
            self.types[name] = kind
        elif line.startswith("# HELP "):
            self.help[line.split(" ")[2]] = line
        elif line and not line.startswith("#"):
            match = SAMPLE.match(line)
            if not match:
                raise ValueError(f"not a sample: {line!r}")
            key = (match[1], frozenset(LABEL.findall(match[2] or "")))
            if key in self.samples:
                raise ValueError(f"a sample twice: {line!r}")
            self.samples[key] = float(match[3])

    def total(self, name, **labels):
        """The sum of all samples of this name that carry these labels; 0 when there are none."""
        wanted = set(labels.items())
        return sum(value for (found, pairs), value in self.samples.items() if found == name and wanted <= pairs)

    def names(self):
        return {name for name, _ in self.samples}

    @classmethod
    def of(cls, daemon):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{daemon.metrics_port}/metrics", timeout=20) as response:
            cls.content_type = response.headers["Content-Type"]
            return cls(response.read().decode())
