"""RFC 9111 as a table of behaviours, played through the real daemon; prints how many of each group hold.

`required` is what a shared cache must or must not do; `optional` is what a cache may do and a good one does.
"""

import sys
import unittest

from support.cache_script import OPTIONAL, REQUIRED, Case, Mismatch, Player, Score, Step
from support.case import SluiceTestCase
from support.origin import now_http

HOUR = 3600
FRESH = {"Cache-Control": "max-age=3600"}
STORE, FORWARD, VALIDATION = "store", "forward", "validation"


def once(fields, then, code=200, **options):
    """One response, then the same request again."""
    return [Step(gives=(code, fields)), Step(then, **options)]


def table(group, kind, then, rows, status=200):
    return [Case(group, kind, name, once(fields, then, status)) for name, fields in rows]


# ---- freshness

FRESHNESS = [
    *table("freshness", OPTIONAL, STORE, [
        ("max-age", FRESH),
        ("max-age 2^31-1", {"Cache-Control": "max-age=2147483647"}),
        ("max-age 2^31", {"Cache-Control": "max-age=2147483648"}),
        ("max-age 2^31+1", {"Cache-Control": "max-age=2147483649"}),
        ("max-age beyond 64 bits", {"Cache-Control": "max-age=99999999999999999999"}),
        ("max-age against a past Expires", {**FRESH, "Expires": -HOUR}),
        ("max-age against an invalid Expires", {**FRESH, "Expires": "0"}),
        ("max-age beside an extension", {"Cache-Control": "foobar, max-age=3600"}),
        ("MaX-AgE", {"Cache-Control": "MaX-AgE=3600"}),
        ("leading zeros", {"Cache-Control": "max-age=003600"}),
        ("quoted max-age", {"Cache-Control": 'max-age="3600"'}),
        ("s-maxage", {"Cache-Control": "s-maxage=3600"}),
        ("s-maxage over a shorter max-age", {"Cache-Control": "max-age=1, s-maxage=3600", "Age": "10"}),
        ("s-maxage over max-age=0 and a past Expires", {"Cache-Control": "max-age=0, s-maxage=3600", "Expires": -HOUR}),
        ("two max-age, the first counts", {"Cache-Control": "max-age=3600, max-age=1", "Age": "10"}),
        ("a future Expires", {"Expires": HOUR}),
        ("Expires with an invalid Date", {"Expires": HOUR, "Date": "yesterday"}),
        ("Expires at 2^31", {"Expires": "Tue, 19 Jan 2038 14:14:08 GMT"}),
        ("Expires far away", {"Expires": "Sun, 21 Nov 2286 04:46:39 GMT"}),
        ("Expires in RFC 850 form", {"Expires": "Thursday, 18-Aug-50 02:01:18 GMT"}),
        ("Expires in asctime form", {"Expires": "Mon Aug  8 02:01:18 2050"}),
        ("Expires with a weekday in another case", {"Expires": "THU, 18 Aug 2050 02:01:18 GMT"}),
        ("Expires with a month in another case", {"Expires": "Thu, 18 AUG 2050 02:01:18 GMT"}),
        ("Expires with gmt", {"Expires": "Thu, 18 Aug 2050 02:01:18 gmt"}),
        ("Date ahead of our clock", {"Cache-Control": "max-age=3600", "Date": HOUR}),
        ("Set-Cookie with explicit freshness", {**FRESH, "Set-Cookie": "a=b"}),
        ("an attachment", {**FRESH, "Content-Disposition": "attachment; filename=x"}),
        ("Pragma: no-cache in a response", {**FRESH, "Pragma": "no-cache"}),
        ("immutable", {"Cache-Control": "max-age=3600, immutable"}),
        ("must-revalidate, fresh", {"Cache-Control": "max-age=3600, must-revalidate"}),
        ("must-understand with no-store, understood", {"Cache-Control": "max-age=3600, no-store, must-understand"}),
    ]),
    *table("freshness", REQUIRED, FORWARD, [
        ("nothing said", {}),
        ("max-age=0", {"Cache-Control": "max-age=0"}),
        ("max-age passed, by Age", {"Cache-Control": "max-age=3600", "Age": "7200"}),
        ("max-age passed, by Date", {"Cache-Control": "max-age=3600", "Date": -7200}),
        ("max-age=0 against a future Expires", {"Cache-Control": "max-age=0", "Expires": HOUR}),
        ("negative max-age", {"Cache-Control": "max-age=-3600"}),
        ("max-age in single quotes", {"Cache-Control": "max-age='3600'"}),
        ("max-age with a fraction", {"Cache-Control": "max-age=3600.5"}),
        ("max-age with letters", {"Cache-Control": "max-age=3600a"}),
        ("max-age inside a quoted string", {"Cache-Control": 'extension="max-age=3600", max-age=1', "Age": "10"}),
        ("max-age inside a quoted string, behind", {"Cache-Control": 'max-age=1, extension="max-age=3600"', "Age": "10"}),
        ("a shorter s-maxage", {"Cache-Control": "max-age=3600, s-maxage=1", "Age": "10"}),
        ("a shorter s-maxage on another line", [("Cache-Control", "max-age=3600"), ("Cache-Control", "s-maxage=1"), ("Age",
            "10")]),
        ("a shorter s-maxage ahead", {"Cache-Control": "s-maxage=1, max-age=3600", "Age": "10"}),
        ("a past Expires", {"Expires": -10}),
        ("Expires now", {"Expires": 0}),
        ("Expires older than Date, both ahead", {"Expires": HOUR, "Date": 2 * HOUR}),
        ("Expires: 0", {"Expires": "0"}),
        ("Age beyond Expires minus Date, Date behind", {"Expires": 10, "Date": -10, "Age": "25"}),
        ("Age beyond Expires minus Date, Date ahead", {"Expires": HOUR, "Date": HOUR - 10, "Age": "20"}),
        ("Expires with UTC", {"Expires": "Thu, 18 Aug 2050 02:01:18 UTC"}),
        ("Expires with another zone", {"Expires": "Thu, 18 Aug 2050 02:01:18 AEST"}),
        ("Expires with a year of two digits", {"Expires": "Thu, 18 Aug 50 02:01:18 GMT"}),
        ("Expires without a comma", {"Expires": "Thu 18 Aug 2050 02:01:18 GMT"}),
        ("Expires with two blanks", {"Expires": "Thu, 18  Aug  2050 02:01:18 GMT"}),
        ("Expires with dashes", {"Expires": "Thu, 18-Aug-2050 02:01:18 GMT"}),
        ("Expires with dots in the time", {"Expires": "Thu, 18 Aug 2050 02.01.18 GMT"}),
        ("Expires with an hour of one digit", {"Expires": "Thu, 18 Aug 2050 2:01:18 GMT"}),
        ("Expires on two lines", [("Expires", "Thu, 18 Aug 2050 02:01:18 GMT"), ("Expires",
            "Thu, 18 Aug 2050 02:01:19 GMT")]),
        ("no-store", {"Cache-Control": "no-store"}),
        ("nO-StOrE", {"Cache-Control": "nO-StOrE"}),
        ("no-store with max-age and Expires", {"Cache-Control": "max-age=3600, no-store", "Expires": HOUR}),
        ("no-cache with max-age and Expires", {"Cache-Control": "no-cache, max-age=3600", "Expires": HOUR}),
        ("No-CaChE", {"Cache-Control": "No-CaChE, max-age=3600"}),
        ("private", {"Cache-Control": "private, max-age=3600"}),
        ("immutable, stale", {"Cache-Control": "max-age=10, immutable", "Age": "20"}),
        ("must-revalidate, stale", {"Cache-Control": "max-age=10, must-revalidate", "Age": "20"}),
    ]),
]

AGE = [
    *table("Age", REQUIRED, FORWARD, [
        (f"Age: {value}", {**FRESH, "Age": value}) for value in ("2147483647", "2147483648", "2147483649",
            "99999999999999999999",
                                                                 "7200, 0")],),
    Case("Age", REQUIRED, "two lines, the first is old",
        once([("Cache-Control", "max-age=3600"), ("Age", "7200"), ("Age", "0")], FORWARD)),
    *table("Age", OPTIONAL, STORE, [
        (f"Age: {value}", {**FRESH, "Age": value}) for value in ("abc", "-7200", "7200.0", "0, 7200", "0, 0")]),
    Case("Age", OPTIONAL, "two lines, the second is old",
        once([("Cache-Control", "max-age=3600"), ("Age", "0"), ("Age", "7200")], STORE)),
    Case("Age", REQUIRED, "a hit says its age", once({**FRESH, "Date": -100, "Age": "200"}, STORE, has=(("Age", "200"),))),
]

STATUSES = (200, 203, 204, 299, 300, 301, 302, 303, 307, 308, 400, 404, 405, 410, 414, 421, 451, 499, 500, 501, 502, 503, 504, 599)
STATUS = [
    *[Case("status", OPTIONAL, f"{code} with explicit freshness",
        once(FRESH, STORE, code, status=code)) for code in STATUSES],
    *[Case("status", REQUIRED, f"{code}, stale",
        once({"Cache-Control": "max-age=10", "Age": "20"}, FORWARD, code)) for code in STATUSES],
    *[Case("status", OPTIONAL, f"{code} by a heuristic", once({"Last-Modified": -10 * HOUR}, STORE, code))
      for code in (200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501)],
    *[Case("status", REQUIRED, f"{code} has no heuristic", once({"Last-Modified": -10 * HOUR}, FORWARD, code))
      for code in (201, 202, 302, 307, 403, 502, 503, 504, 599)],
    Case("status", OPTIONAL, "599 by a heuristic when it is public",
        once({"Last-Modified": -10 * HOUR, "Cache-Control": "public"}, STORE, 599)),
    Case("status", REQUIRED, "must-understand, not understood",
         once({"Cache-Control": "max-age=3600, no-store, must-understand"}, FORWARD, 599)),
    Case("status", REQUIRED, "a 304 for the client's own condition is not stored", [
        Step(gives=(304, {**FRESH, "ETag": '"1"'}), sends=(("If-None-Match", '"1"'),), status=304), Step()]),
]

# ---- storing

KEPT = {"Test-Header": "1", "X-Test-Header": "1", "Content-Foo": "1", "Content-Encoding": "gzip", "Content-Location": "/foo",
        "Content-MD5": "rL0Y20zC+Fzt72VPzMSk2A==", "Content-Security-Policy": "default-src 'self'",
            "Content-Type": "text/plain",
        "Clear-Site-Data": "cache", "ETag": '"abc"', "Expires": "Fri, 01 Jan 2038 01:01:01 GMT", "Public-Key-Pins": "x",
        "Set-Cookie": "a=b", "Set-Cookie2": "a=b", "X-Frame-Options": "deny", "X-XSS-Protection": "1", "Server": "x",
        "Last-Modified": "Wed, 01 Jan 2020 00:00:00 GMT", "Vary": "X-Unused", "Link": "</x>; rel=preload",
            "Warning": "199 - x"}
NOT_KEPT = {"Connection": "x-nothing", "Keep-Alive": "timeout=5", "Proxy-Authenticate": "Basic",
    "Proxy-Authentication-Info": "x=y",
            "Proxy-Authorization": "Basic YTpi", "Proxy-Connection": "keep-alive", "TE": "trailers", "Upgrade": "h2c"}
STORING = [
    *[Case("storing", REQUIRED, f"{name} is kept",
        once({**FRESH, name: value}, STORE, has=((name, value),))) for name, value in KEPT.items()],
    *[Case("storing", REQUIRED, f"{name} is not kept",
        once({**FRESH, name: value}, STORE, lacks=(name,))) for name, value in NOT_KEPT.items()],
    Case("storing", REQUIRED, "what Connection names is not kept",
         once({**FRESH, "Connection": "a, b", "a": "1", "b": "2", "c": "3"}, STORE, has=(("c", "3"),), lacks=("a", "b"))),
    Case("storing", OPTIONAL, "fields that no-cache names are not reused",
         once({"Cache-Control": 'max-age=3600, no-cache="a, b"', "a": "1", "b": "2", "c": "3"}, STORE,
             has=(("c", "3"),), lacks=("a", "b"))),
    Case("storing", OPTIONAL, "fields that private names are not kept",
         once({"Cache-Control": 'max-age=3600, private="a"', "a": "1", "c": "3"}, STORE, has=(("c", "3"),), lacks=("a",))),
    Case("storing", REQUIRED, "Date stays", once({**FRESH, "Date": -50}, STORE, has=(("Date", -50),))),
    Case("storing", REQUIRED, "Expires stays", once({"Date": -50, "Expires": HOUR}, STORE, has=(("Expires", HOUR),))),
    Case("storing", REQUIRED, "another query is another response", [Step(gives=(200, FRESH), query="?a"), Step(query="?b")]),
    Case("storing", OPTIONAL, "the same query", [Step(gives=(200, FRESH), query="?a"), Step(STORE, query="?a")]),
    Case("storing", OPTIONAL, "a request with Cookie", [Step(gives=(200, FRESH), sends=(("Cookie", "a=b"),)),
        Step(STORE, sends=(("Cookie", "a=c"),))]),
    Case("storing", OPTIONAL, "103 is passed on and the final response kept", [
        Step(gives=(200, FRESH), interim=(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nX-Mine: 1\r\n\r\n",), lacks=("X-Mine",)),
        Step(STORE, lacks=("X-Mine",))]),
    Case("storing", OPTIONAL, "102 is passed on and the final response kept", [
        Step(gives=(200, FRESH), interim=(b"HTTP/1.1 102 Processing\r\n\r\n",)), Step(STORE)]),
    Case("storing", REQUIRED, "Authorization", [Step(gives=(200, FRESH), sends=(("Authorization", "Basic YTpi"),)), Step()]),
    *[Case("storing", OPTIONAL, f"Authorization with {directive}", [
        Step(gives=(200, {"Cache-Control": f"max-age=3600, {directive}"}), sends=(("Authorization", "Basic YTpi"),)),
             Step(STORE)])
      for directive in ("public", "must-revalidate", "s-maxage=3600")],
    Case("storing", OPTIONAL, "POST with explicit freshness and its own Content-Location", [
        Step(gives=(200, {**FRESH, "Content-Location": "{path}"}), method="POST", body=b"12345"), Step(STORE)]),
    Case("storing", REQUIRED, "POST without Content-Location", [Step(gives=(200, FRESH), method="POST", body=b"12345"),
        Step()]),
    Case("storing", REQUIRED, "POST with another Content-Location",
         [Step(gives=(200, {**FRESH, "Content-Location": "/else"}), method="POST", body=b"12345"), Step()]),
    Case("storing", REQUIRED, "POST without explicit freshness", [
        Step(gives=(200, {"Content-Location": "{path}", "Last-Modified": -10 * HOUR}), method="POST", body=b"12345"), Step()]),
    Case("storing", REQUIRED, "a POST is never answered from the store", [
        Step(gives=(200, {**FRESH, "Content-Location": "{path}"}), method="POST", body=b"12345"),
             Step(method="POST", body=b"12345")]),
    Case("storing", REQUIRED, "OPTIONS is not stored", [Step(gives=(200, FRESH), method="OPTIONS"), Step(method="OPTIONS"),
        Step()]),
]

# ---- requests

REQUESTS = [
    Case("requests", OPTIONAL, "max-age=0", [Step(gives=(200, FRESH)), Step(sends=(("Cache-Control", "max-age=0"),))]),
    Case("requests", OPTIONAL, "max-age below the age", [
        Step(gives=(200, {**FRESH, "Age": "1800"})), Step(sends=(("Cache-Control", "max-age=600"),))]),
    Case("requests", OPTIONAL, "max-age above the age", [
        Step(gives=(200, {**FRESH, "Age": "1800"})), Step(STORE, sends=(("Cache-Control", "max-age=2400"),))]),
    Case("requests", OPTIONAL, "max-stale", [
        Step(gives=(200, {"Cache-Control": "max-age=1000", "Age": "1500"})),
             Step(STORE, sends=(("Cache-Control", "max-stale=1000"),))]),
    Case("requests", REQUIRED, "max-stale, but staler", [
        Step(gives=(200, {"Cache-Control": "max-age=1000", "Age": "5000"})),
             Step(sends=(("Cache-Control", "max-stale=1000"),))]),
    Case("requests", REQUIRED, "max-stale against must-revalidate", [
        Step(gives=(200, {"Cache-Control": "max-age=1000, must-revalidate", "Age": "1500"})),
        Step(sends=(("Cache-Control", "max-stale=1000"),))]),
    Case("requests", OPTIONAL, "min-fresh", [
        Step(gives=(200, {"Cache-Control": "max-age=1500"})), Step(sends=(("Cache-Control", "min-fresh=2000"),))]),
    Case("requests", OPTIONAL, "min-fresh with Age", [
        Step(gives=(200, {"Cache-Control": "max-age=1500", "Age": "1000"})),
             Step(sends=(("Cache-Control", "min-fresh=1000"),))]),
    Case("requests", OPTIONAL, "no-cache", [Step(gives=(200, FRESH)), Step(sends=(("Cache-Control", "no-cache"),))]),
    Case("requests", OPTIONAL, "no-cache validates by ETag", [
        Step(gives=(200, {**FRESH, "ETag": '"1"'})),
             Step(VALIDATION, sends=(("Cache-Control", "no-cache"),), asks=(("If-None-Match", '"1"'),))]),
    Case("requests", OPTIONAL, "no-cache validates by Last-Modified", [
        Step(gives=(200, {**FRESH, "Last-Modified": "Wed, 01 Jan 2020 00:00:00 GMT"})),
        Step(VALIDATION, sends=(("Cache-Control", "no-cache"),), asks=(("If-Modified-Since",
             "Wed, 01 Jan 2020 00:00:00 GMT"),))]),
    Case("requests", REQUIRED, "no-store in the request is not stored", [
        Step(gives=(200, FRESH), sends=(("Cache-Control", "no-store"),)), Step()]),
    Case("requests", OPTIONAL, "only-if-cached without a response", [
        Step(504, sends=(("Cache-Control", "only-if-cached"),))]),
    Case("requests", OPTIONAL, "only-if-cached with one", [Step(gives=(200, FRESH)),
        Step(STORE, sends=(("Cache-Control", "only-if-cached"),))]),
    Case("requests", OPTIONAL, "Pragma: no-cache", [Step(gives=(200, FRESH)), Step(sends=(("Pragma", "no-cache"),))]),
    Case("requests", OPTIONAL, "Pragma beside Cache-Control counts for nothing", [
        Step(gives=(200, FRESH)), Step(STORE, sends=(("Pragma", "no-cache"), ("Cache-Control", "max-age=1000")))]),
    Case("requests", OPTIONAL, "another Pragma", [Step(gives=(200, FRESH)), Step(STORE, sends=(("Pragma", "foo"),))]),
]

# ---- conditions and validation

MATCHING = (("strong", '"abc"', '"abc"'), ("weak", 'W/"abc"', 'W/"abc"'), ("weak against strong", '"abc"', 'W/"abc"'),
            ("the first of several", '"abc"', '"abc", "d", "e"'), ("the middle one", '"abc"', '"d", "abc", "e"'),
            ("the last one", '"abc"', '"d", "e", "abc"'), ("with obs-text", '"a\xe9"', '"a\xe9"'), ("*", '"abc"', "*"))
MODIFIED = "Wed, 01 Jan 2020 00:00:00 GMT"
CONDITIONS = [
    *[Case("conditions", OPTIONAL, f"If-None-Match, {name}", [
        Step(gives=(200, {**FRESH, "ETag": tag})),
             Step(STORE, sends=(("If-None-Match", asked),), status=304, has=(("ETag", tag),))])
      for name, tag, asked in MATCHING],
    *[Case("conditions", REQUIRED, f"If-None-Match, {name} does not match", [
        Step(gives=(200, {**FRESH, "ETag": tag})), Step(STORE, sends=(("If-None-Match", asked),), status=200)])
      for name, tag, asked in (("another", '"abc"', '"d"'), ("lower-case w", 'W/"abc"', 'w/"abc"'), ("backslash", 'W/"abc"', 'W\\"abc"'))],
    Case("conditions", REQUIRED, "If-None-Match ahead of If-Modified-Since", [
        Step(gives=(200, {**FRESH, "ETag": '"abc"', "Last-Modified": MODIFIED})),
        Step(STORE, sends=(("If-None-Match", '"abcdef"'), ("If-Modified-Since", MODIFIED)), status=200)]),
    Case("conditions", OPTIONAL, "If-Modified-Since, equal", [
        Step(gives=(200, {**FRESH, "Last-Modified": MODIFIED})),
             Step(STORE, sends=(("If-Modified-Since", MODIFIED),), status=304)]),
    Case("conditions", OPTIONAL, "If-Modified-Since, later", [
        Step(gives=(200, {**FRESH, "Last-Modified": MODIFIED})),
        Step(STORE, sends=(("If-Modified-Since", "Thu, 02 Jan 2020 00:00:00 GMT"),), status=304)]),
    Case("conditions", OPTIONAL, "If-Modified-Since in RFC 850 form", [
        Step(gives=(200, {**FRESH, "Last-Modified": MODIFIED})),
        Step(STORE, sends=(("If-Modified-Since", "Thursday, 02-Jan-20 00:00:00 GMT"),), status=304)]),
    Case("conditions", OPTIONAL, "If-Modified-Since without Last-Modified", [
        Step(gives=(200, {**FRESH, "Date": -HOUR // 2})), Step(STORE, sends=(("If-Modified-Since", 0),), status=304)]),
    Case("conditions", REQUIRED, "If-Modified-Since, earlier", [
        Step(gives=(200, {**FRESH, "Last-Modified": MODIFIED})),
        Step(STORE, sends=(("If-Modified-Since", "Tue, 31 Dec 2019 00:00:00 GMT"),), status=200)]),
    Case("conditions", OPTIONAL, "the client's condition after a validation", [
        Step(gives=(200, {"Cache-Control": "max-age=10", "Age": "20", "Last-Modified": MODIFIED})),
        Step("forward", gives=(304,
             {**FRESH, "Last-Modified": MODIFIED}), sends=(("If-Modified-Since", MODIFIED),), status=304),
        Step(STORE, of=0)]),
    Case("conditions", OPTIONAL, "a stale response is validated by ETag", [
        Step(gives=(200, {"Cache-Control": "max-age=10", "Age": "20", "ETag": '"abc"'})),
        Step(VALIDATION, gives=(200, {**FRESH, "ETag": '"abc"'}), asks=(("If-None-Match", '"abc"'),)), Step(STORE)]),
    Case("conditions", OPTIONAL, "a stale response is validated by a weak ETag", [
        Step(gives=(200, {"Cache-Control": "max-age=10", "Age": "20", "ETag": 'W/"abc"'})),
        Step(VALIDATION, gives=(200, {**FRESH, "ETag": 'W/"abc"'}), asks=(("If-None-Match", 'W/"abc"'),)), Step(STORE)]),
    Case("conditions", REQUIRED, "a validation sends the selecting fields", [
        Step(gives=(200, {"Cache-Control": "max-age=10", "Age": "20", "ETag": '"abc"', "Vary": "Abc"}),
             sends=(("Abc", "123"),)),
        Step(VALIDATION, gives=(200, {**FRESH, "ETag": '"abc"'}), sends=(("Abc", "123"),), asks=(("Abc", "123"),))]),
    Case("conditions", OPTIONAL, "no-cache is stored and validated", [
        Step(gives=(200, {"Cache-Control": "no-cache", "ETag": '"abc"'})),
             Step(VALIDATION, gives=(200, {"Cache-Control": "no-cache", "ETag": '"abc"'}))]),
    Case("conditions", OPTIONAL, "conditions are forwarded when nothing is stored", [
        Step(gives=(304, {"ETag": '"abc"'}),
             sends=(("If-None-Match", '"abc"'),), asks=(("If-None-Match", '"abc"'),), status=304)]),
    Case("conditions", OPTIONAL, "a range of a whole response", [
        Step(gives=(200, {**FRESH, "ETag": '"abc"'}, b"0123456789")),
             Step(STORE, sends=(("Range", "bytes=2-4"),), status=206, has=(("Content-Range", "bytes 2-4/10"),))]),
    Case("conditions", OPTIONAL, "the last octets", [
        Step(gives=(200, FRESH, b"0123456789")),
             Step(STORE, sends=(("Range", "bytes=-2"),), status=206, has=(("Content-Range", "bytes 8-9/10"),))]),
    Case("conditions", OPTIONAL, "from an octet on", [
        Step(gives=(200, FRESH, b"0123456789")),
             Step(STORE, sends=(("Range", "bytes=5-"),), status=206, has=(("Content-Range", "bytes 5-9/10"),))]),
    Case("conditions", REQUIRED, "If-Range with a weak validator gets the whole", [
        Step(gives=(200, {**FRESH, "ETag": 'W/"abc"'}, b"0123456789")),
        Step(STORE, sends=(("Range", "bytes=2-4"), ("If-Range", 'W/"abc"')), status=200)]),
]


def updated(name, before, after, changes):
    stored = {"Cache-Control": "max-age=10", "Age": "20", "ETag": '"abc"', name: before}
    answer = {**FRESH, "ETag": '"abc"', name: after}
    return [Step(gives=(200, stored)), Step(VALIDATION, gives=(200, answer), has=((name, after if changes else before),)),
            Step(STORE, of=0, has=((name, after if changes else before),))]


UPDATING = [
    *[Case("updating", kind, f"a 304 {'changes' if changes else 'does not change'} {name}", updated(name, before, after, changes))
      for name, before, after, kind, changes in (
          ("Test-Header", "A", "B", REQUIRED, True), ("X-Test-Header", "A", "B", REQUIRED, True), ("Content-Foo", "A",
              "B", REQUIRED, True),
          ("Content-Location", "/a", "/b", OPTIONAL, True), ("Content-Security-Policy", "a", "b", OPTIONAL, True),
          ("Expires", "Fri, 01 Jan 2038 01:01:01 GMT", "Mon, 11 Jan 2038 11:11:11 GMT", OPTIONAL, True),
          ("X-Frame-Options", "deny", "sameorigin", OPTIONAL, True), ("Clear-Site-Data", "cache", "cookies", OPTIONAL, True),
          ("Content-Encoding", "gzip", "br", REQUIRED, False), ("Content-Type", "text/plain", "text/html", REQUIRED, False),
          ("Content-Range", "bytes 0-1/2", "bytes 0-2/3", REQUIRED, False))],
    Case("updating", REQUIRED, "Content-Length stays that of the content", [
        Step(gives=(200, {"Cache-Control": "max-age=10", "Age": "20", "ETag": '"abc"'}, b"0123456789")),
        Step(VALIDATION, gives=(200, {**FRESH, "ETag": '"abc"', "Content-Length": "36"}), has=(("Content-Length", "10"),)),
        Step(STORE, of=0, has=(("Content-Length", "10"),))]),
    Case("updating", REQUIRED, "what a 304 omits stays", [
        Step(gives=(200, {"Cache-Control": "max-age=10", "Age": "20", "Last-Modified": MODIFIED, "Test-Header": "A"})),
        Step(VALIDATION, gives=(200, {"Last-Modified": MODIFIED}), has=(("Test-Header", "A"),))]),
    Case("updating", OPTIONAL, "a stale HEAD is forwarded", [
        Step(gives=(200, {"Cache-Control": "max-age=10", "Age": "20", "A": "1"}, b"0123456789")),
        Step(gives=(200, {"Cache-Control": "max-age=10", "Age": "20"}, b"0123456789"), method="HEAD")]),
    Case("updating", OPTIONAL, "a HEAD freshens what is stored", [
        Step(gives=(200, {"Cache-Control": "max-age=10", "Age": "20", "A": "1", "B": "1", "ETag": '"1"'}, b"0123456789")),
        Step(gives=(200, {**FRESH, "A": "2", "ETag": '"1"'}, b"0123456789"), method="HEAD"),
        Step(STORE, of=0, has=(("A", "2"), ("B", "1")))]),
    Case("updating", OPTIONAL, "a HEAD without a validator freshens what is stored", [
        Step(gives=(200, {"Cache-Control": "max-age=10", "Age": "20", "A": "1", "B": "1"}, b"0123456789")),
        Step(gives=(200, {**FRESH, "A": "2"}, b"0123456789"), method="HEAD"),
        Step(STORE, of=0, has=(("A", "2"), ("B", "1")))]),
    Case("updating", REQUIRED, "a HEAD of another length invalidates", [
        Step(gives=(200, {**FRESH}, b"0123456789")),
        Step(gives=(200, {**FRESH, "Content-Length": "36"}), method="HEAD", sends=(("Cache-Control", "no-cache"),)),
        Step()]),
    Case("updating", REQUIRED, "a HEAD of another validator invalidates", [
        Step(gives=(200, {**FRESH, "ETag": '"1"'}, b"0123456789")),
        Step(gives=(200, {**FRESH, "ETag": '"2"'}, b"0123456789"), method="HEAD", sends=(("Cache-Control", "no-cache"),)),
        Step(VALIDATION, gives=(200, {**FRESH, "ETag": '"1"'}))]),
]

# ---- variants

DEUTSCH = (("Accept-Language", "de"),)
VARY = [
    *[Case("Vary", REQUIRED, f"Vary: {value!r} is never reused", once({**FRESH, "Vary": value}, FORWARD))
      for value in ("*", "*, *", ", *", "*, Foo", "Foo, *")],
    *[Case("Vary", REQUIRED, f"Vary on two lines: {first!r}, {second!r}",
        once([*FRESH.items(), ("Vary", first), ("Vary", second)], FORWARD))
      for first, second in (("*", "*"), ("", "*"), ("Foo", "*"))],
    Case("Vary", OPTIONAL, "the request matches", [Step(gives=(200, {**FRESH, "Vary": "Foo"}), sends=(("Foo", "1"),)),
        Step(STORE, sends=(("Foo", "1"),))]),
    Case("Vary", REQUIRED, "it does not", [Step(gives=(200, {**FRESH, "Vary": "Foo"}), sends=(("Foo", "1"),)),
        Step(sends=(("Foo", "2"),))]),
    Case("Vary", REQUIRED, "absent when stored", [Step(gives=(200, {**FRESH, "Vary": "Foo"})), Step(sends=(("Foo", "1"),))]),
    Case("Vary", REQUIRED, "absent when asked", [Step(gives=(200, {**FRESH, "Vary": "Foo"}), sends=(("Foo", "1"),)),
        Step()]),
    Case("Vary", OPTIONAL, "two variants side by side", [
        Step(gives=(200, {**FRESH, "Vary": "Foo"}), sends=(("Foo", "1"),)),
             Step(gives=(200, {**FRESH, "Vary": "Foo"}), sends=(("Foo", "2"),)),
        Step(STORE, of=0, sends=(("Foo", "1"),)), Step(STORE, of=1, sends=(("Foo", "2"),))]),
    Case("Vary", OPTIONAL, "fields that Vary does not name", [
        Step(gives=(200, {**FRESH, "Vary": "Foo"}), sends=(("Foo", "1"), ("Other", "2"))),
             Step(STORE, sends=(("Foo", "1"), ("Other", "3")))]),
    Case("Vary", OPTIONAL, "two names, in another order and case", [
        Step(gives=(200, {**FRESH, "Vary": "Foo, BAR"}), sends=(("foo", "1"), ("Bar", "2"))),
             Step(STORE, sends=(("Bar", "2"), ("Foo", "1")))]),
    Case("Vary", REQUIRED, "one of two differs", [
        Step(gives=(200, {**FRESH, "Vary": "Foo, Bar"}), sends=(("Foo", "1"), ("Bar", "2"))),
             Step(sends=(("Foo", "1"), ("Bar", "3")))]),
    Case("Vary", REQUIRED, "values swapped", [
        Step(gives=(200, {**FRESH, "Vary": "Foo, Bar"}), sends=(("Foo", "1"), ("Bar", "2"))),
             Step(sends=(("Foo", "2"), ("Bar", "1")))]),
    Case("Vary", OPTIONAL, "both lack one of three", [
        Step(gives=(200, {**FRESH, "Vary": "Foo, Bar, Baz"}), sends=(("Foo", "1"), ("Bar", "2"))),
             Step(STORE, sends=(("Foo", "1"), ("Bar", "2")))]),
    Case("Vary", OPTIONAL, "lines combined", [
        Step(gives=(200, {**FRESH, "Vary": "Foo"}), sends=(("Foo", "1, 2"),)),
             Step(STORE, sends=(("Foo", "1"), ("Foo", "2")))]),
    Case("Vary", OPTIONAL, "blanks around", [
        Step(gives=(200, {**FRESH, "Vary": "Foo"}), sends=(("Foo", "1"),)), Step(STORE, sends=(("Foo", "  1  "),))]),
    *[Case("Vary", OPTIONAL, f"Accept-Language, {name}", [
        Step(gives=(200, {**FRESH, "Vary": "Accept-Language"}), sends=(("Accept-Language", first),)),
        Step(STORE, sends=(("Accept-Language", second),))])
      for name, first, second in (("case", "en, de", "eN, De"), ("blanks", "en, de", " en ,   de"), ("weights spelled out",
          "en, de", "en;q=1.0, de"),
                                  ("order by weights", "en;q=0.5, de", "de, en;q=0.5"))],
    *[Case("Vary", OPTIONAL, f"Accept-Encoding, {name}", [
        Step(gives=(200, {**FRESH, "Vary": "Accept-Encoding", "Content-Encoding": "gzip"}),
             sends=(("Accept-Encoding", first),)),
        Step(STORE, sends=(("Accept-Encoding", second),))])
      for name, first, second in (("order", "gzip, deflate, br", "br, gzip, deflate"), ("blanks", "gzip,br",
          "gzip, br"), ("codings nobody knows", "gzip", "gzip, sdch"))],
]

# ---- invalidation

UNSAFE = ("POST", "PUT", "DELETE", "PATCH", "M-SEARCH", "FOO")
INVALIDATION = [
    *[Case("invalidation", REQUIRED, f"{method} invalidates", [Step(gives=(200, FRESH)), Step(method=method),
        Step()]) for method in UNSAFE],
    *[Case("invalidation", REQUIRED, f"{method} with a redirection invalidates", [
        Step(gives=(200, FRESH)), Step(gives=(303, {"Location": "http://other.example/"}), method=method),
             Step()]) for method in UNSAFE],
    *[Case("invalidation", OPTIONAL, f"{method} that fails does not", [
        Step(gives=(200, FRESH)), Step(gives=(500, {}), method=method), Step(STORE, of=0)]) for method in UNSAFE],
    *[Case("invalidation", OPTIONAL, f"{method} that is refused does not", [
        Step(gives=(200, FRESH)), Step(gives=(404, {}), method=method), Step(STORE, of=0)]) for method in UNSAFE],
    *[Case("invalidation", REQUIRED, f"{method} invalidates nothing", [
        Step(gives=(200, FRESH)), Step(method=method), Step(STORE, of=0)]) for method in ("OPTIONS", "TRACE")],
    *[Case("invalidation", OPTIONAL, f"{method} invalidates its {name}", [
        Step(gives=(200, FRESH), query="?a"), Step(gives=(201, {name: "?a"}), method=method, query="?b"), Step(query="?a")])
      for method in UNSAFE for name in ("Location", "Content-Location")],
    Case("invalidation", REQUIRED, "not what another origin names", [
        Step(gives=(200, FRESH), query="?a"),
             Step(gives=(201, {"Location": "http://other.example/"}), method="POST", query="?b"),
        Step(STORE, of=0, query="?a")]),
]

# ---- stale

STALE = {"Cache-Control": "max-age=10, stale-while-revalidate=3600", "Age": "20"}
SERVING_STALE = [
    Case("stale", REQUIRED, "beyond the window",
        once({"Cache-Control": "max-age=10, stale-while-revalidate=5", "Age": "20"}, FORWARD)),
    *[Case("stale", REQUIRED, f"{forbids} forbids it",
        once({"Cache-Control": f"max-age=10, stale-while-revalidate=3600, {forbids}", "Age": "20"}, FORWARD))
      for forbids in ("must-revalidate", "proxy-revalidate", "no-cache", "s-maxage=10")],
    Case("stale", OPTIONAL, "instead of a 503 within the window", [
        Step(gives=(200, {"Cache-Control": "max-age=10, stale-if-error=3600", "Age": "20"})),
             Step(gives=(503, {}), of=0, status=200)]),
    Case("stale", REQUIRED, "a 503 beyond the window is passed on", [
        Step(gives=(200, {"Cache-Control": "max-age=10, stale-if-error=5", "Age": "20"})),
             Step(gives=(503, {}), status=503)]),
    Case("stale", REQUIRED, "a 503 without a window is passed on", [
        Step(gives=(200, {"Cache-Control": "max-age=10", "Age": "20"})), Step(gives=(503, {}), status=503)]),
]

# ---- targeted fields

def targeted(value, **fields):
    return [("CDN-Cache-Control", value), *[(name.replace("_", "-"), text) for name, text in fields.items()]]


TARGETED = [
    *table("CDN-Cache-Control", OPTIONAL, STORE, [
        ("max-age", targeted("max-age=3600")),
        ("max-age 2^31", targeted("max-age=2147483648")),
        ("max-age of eleven digits", targeted("max-age=99999999999")),
        ("an extension", targeted("foobar, max-age=3600")),
        ("against a past Expires", targeted("max-age=3600", Expires=-HOUR)),
        ("against a shorter max-age", targeted("max-age=3600", Cache_Control="max-age=1", Age="10")),
        ("against no-store", targeted("max-age=3600", Cache_Control="no-store")),
        ("against private", targeted("max-age=3600", Cache_Control="private")),
        ("not well-formed: Cache-Control counts", targeted("max-age=0, &&&", Cache_Control="max-age=3600")),
        ("of a wrong type: Cache-Control counts", targeted('max-age="0"', Cache_Control="max-age=3600")),
        ("empty: Cache-Control counts", targeted("", Cache_Control="max-age=3600")),
    ]),
    *table("CDN-Cache-Control", REQUIRED, FORWARD, [
        ("Age beyond max-age", targeted("max-age=3600", Age="7200")),
        ("max-age=0", targeted("max-age=0")),
        ("max-age=0 against a future Expires", targeted("max-age=0", Expires=HOUR)),
        ("max-age=0 against a longer max-age", targeted("max-age=0", Cache_Control="max-age=3600")),
        ("private", targeted("private", Cache_Control="max-age=3600")),
        ("no-cache", targeted("no-cache", Cache_Control="max-age=3600")),
        ("no-store", targeted("no-store", Cache_Control="max-age=3600")),
        ("not well-formed: no-store counts", targeted("max-age=10000, &&&&&", Cache_Control="no-store")),
        ("of a wrong type: no-store counts", targeted('max-age="10000"', Cache_Control="no-store")),
    ]),
    Case("CDN-Cache-Control", REQUIRED, "it is passed on",
        once({"CDN-Cache-Control": "max-age=3600"}, STORE, has=(("CDN-Cache-Control", "max-age=3600"),))),
]

CASES = [*FRESHNESS, *AGE, *STATUS, *STORING, *REQUESTS, *CONDITIONS, *UPDATING, *VARY, *INVALIDATION, *SERVING_STALE, *TARGETED]


class Conformance(SluiceTestCase):
    def test_every_behaviour(self):
        origin = self.start_origin()
        daemon = self.start_daemon()
        player = Player(daemon, origin)
        score = Score()
        for case in CASES:
            try:
                player.play(case)
                score.note(case, None)
            except Mismatch as mismatch:
                score.note(case, mismatch)
        print("\n" + score.text(), file=sys.stderr)
        self.assertEqual(score.failed, [], "behaviours that do not hold")


if __name__ == "__main__":
    unittest.main()
