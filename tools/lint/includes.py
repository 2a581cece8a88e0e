"""The direction of includes, docs/architecture.md: policy and cache know nobody but uri, the daemon's parts include only leftwards,
and each large library is included in one place."""

import re

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')

# part -> the parts it may include beside itself. A part is the longest of these prefixes of a file's path.
_NET = {"gateway/base", "gateway/http", "policy"}
_MIDDLE = _NET | {"gateway/config", "gateway/net", "gateway/intercept", "gateway/record", "cache"}
_PIPELINE = _MIDDLE | {"gateway/identity", "gateway/tls", "gateway/http1", "gateway/http2", "gateway/upstream"}
MAY_INCLUDE = {
    "uri": set(),
    "policy": {"uri"},
    "cache": {"uri"},
    "gateway/base": set(),
    "gateway/config": {"gateway/base"},
    "gateway/http": {"gateway/base", "cache", "policy"},
    "gateway/tls": _NET | {"gateway/net"},
    "gateway/record": {"gateway/base", "cache", "policy"},
    "gateway/identity": {"gateway/base", "policy"},
    "gateway/net": _NET,
    "gateway/intercept": _NET | {"gateway/net"},
    "gateway/http1": _MIDDLE,
    "gateway/http2": _MIDDLE,
    "gateway/upstream": _MIDDLE | {"gateway/http1", "gateway/http2"},
    "gateway/pipeline": _PIPELINE,
    "gateway/control/protocol": set(),
    "gateway/control/lists": {"gateway/base", "gateway/control/protocol", "policy"},
    "gateway/control": _PIPELINE | {"gateway/pipeline", "gateway/control/lists", "gateway/control/protocol"},
    "gateway": _PIPELINE | {"gateway/pipeline", "gateway/control", "gateway/control/protocol"},
    "tools/sluice": {"gateway/http", "gateway/control", "gateway/control/lists", "gateway/control/protocol", "gateway/config",
                     "gateway/base", "policy", "cache"},
}

# library -> the one place where its headers may appear, as prefixes of paths
ONE_PLACE = {
    "rocksdb/": ("cache/rocksdb_",),
    "re2/": ("policy/",),
    "absl/": ("policy/time_zone.",),
    "libpsl.h": ("policy/public_suffix.",),
    "openssl/": ("gateway/tls/", "gateway/control/versions/digest."),
    "libnetfilter_queue/": ("gateway/intercept/",),
    "ares": ("gateway/upstream/",),
    "yaml-cpp/": ("gateway/config/",),
    "crypt.h": ("gateway/identity/password_hash.",),
}
# What uri/, policy/ and cache/ must not reach for: threads, sockets, logs.
NOT_IN_LIBRARIES = re.compile(r"^(boost/asio|boost/beast|spdlog|thread$|stop_token$|future$|sys/socket|sys/epoll|coroutine$)")
PLAIN = ("uri", "policy", "cache")
CLOCK = re.compile(r"\b(?:system_clock|steady_clock|high_resolution_clock)::now\b|\bgettimeofday\b|\bclock_gettime\b|\btime\(nullptr\)")


def part_of(path):
    found = [part for part in MAY_INCLUDE if path.startswith(part + "/")]
    return max(found, key=len) if found else None


def check(tree):
    for name in tree.sources("uri/", "policy/", "cache/", "gateway/", "tools/"):
        for number, line in tree.lines(name):
            where = f"{name}:{number}:"
            if match := INCLUDE.match(line):
                yield from _one_include(name, where, match[1], match[2])
            elif part_of(name) in PLAIN and CLOCK.search(line):
                yield f"{where} {part_of(name)}/ reads no clock: time is a parameter"


def _one_include(name, where, bracket, header):
    mine, other = part_of(name), part_of(header)
    if bracket == '"' and mine and other and other != mine and other not in MAY_INCLUDE[mine]:
        yield f"{where} {mine}/ must not include {header}"
    if bracket == '"' and "/" not in header:
        yield f"{where} include \"{header}\" by its path from the root of the repository"
    for library, places in ONE_PLACE.items():
        if header.startswith(library) and not name.startswith(places):
            yield f"{where} <{header}> belongs into {' or '.join(places)} only"
    if mine in PLAIN and NOT_IN_LIBRARIES.match(header):
        yield f"{where} {mine}/ is a plain synchronous library: no <{header}>"
