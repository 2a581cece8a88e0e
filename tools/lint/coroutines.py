"""Coroutine habits: named functions, never lambdas; nothing detached; one visible suspension a statement."""

import re

COMMENT = re.compile(r"//.*$")
DETACHED = re.compile(r"\bdetached\b")
LAMBDA_COROUTINE = re.compile(r"\]\s*(?:\([^()]*\))?\s*(?:mutable\s*)?->\s*(?:[\w:]+::)?(?:awaitable|Task|task)\s*<")
CONDITION = re.compile(r"\b(?:if|while|switch)\s*(?:constexpr\s*)?\(")
COMBINED = re.compile(r"[?&|]\s*co_await\b|\?[^;]*:\s*co_await\b")


def check(tree):
    for name in tree.sources("uri/", "policy/", "cache/"):
        for number, line in tree.lines(name):
            if re.search(r"\bco_(await|return|yield)\b", COMMENT.sub("", line)):
                yield f"{name}:{number}: {name.split('/')[0]}/ contains no coroutine"
    for name in tree.sources("gateway/"):
        for number, line in tree.lines(name):
            code = COMMENT.sub("", line)
            if DETACHED.search(code):
                yield f"{name}:{number}: every co_spawn has a handler that counts and logs: never `detached`"
            if LAMBDA_COROUTINE.search(code):
                yield f"{name}:{number}: a coroutine is a named function, never a lambda"
            if COMBINED.search(code) or any("co_await" in condition for condition in _conditions(code)):
                yield f"{name}:{number}: co_await stands as a statement, an initialiser or an assignment, one a line"


def _conditions(code):
    """What stands between the parentheses of each if, while and switch that begins on this line."""
    for match in CONDITION.finditer(code):
        depth = 1
        for end in range(match.end(), len(code)):
            depth += {"(": 1, ")": -1}.get(code[end], 0)
            if depth == 0:
                break
        yield code[match.end():end + 1] if match.end() < len(code) else ""
