"""Text that reads the same everywhere: no tabs or trailing blanks in our sources, no endless lines, a line feed at the
end, scripts that parse, and nothing that names the machine or the folder of whoever wrote it."""

import getpass
import os
import re
import socket
import subprocess

OURS = (".cpp", ".hpp", ".py", ".cmake", ".sh")
TEXT = OURS + (".md", ".txt", ".json", ".yaml", ".yml", ".in", ".service", ".socket", ".conf")
USUAL_FOLDERS = {"bin", "boot", "dev", "etc", "home", "lib", "media", "mnt", "opt", "proc", "root", "run", "sbin", "srv", "sys", "tmp",
                 "usr", "var"}
COLUMNS = 140  # of scripts; clang-format looks after C++
# Corpora hold octets on purpose.
EXEMPT = ("tests/fuzz/corpus/",)


def check(tree):
    places = _places_of_this_machine(tree)
    for name in tree.names:
        if name.startswith(EXEMPT):
            continue
        kind = _kind(tree, name)
        if not kind and not name.endswith(TEXT):
            continue
        content = tree.read(name)
        for number, line in enumerate(content.split("\n"), start=1):
            yield from _line(name, number, line, bool(kind), places)
        if content and not content.endswith("\n"):
            yield f"{name}: the last line does not end"
        if name.endswith(".hpp") and "#pragma once" not in content:
            yield f"{name}: a header begins with #pragma once"
        yield from _script(tree, name, kind)


def _kind(tree, name):
    """cpp, python, shell, cmake, or nothing for text that is not code."""
    if name.endswith((".cpp", ".hpp")):
        return "cpp"
    if name.endswith(".cmake") or name.endswith("CMakeLists.txt"):
        return "cmake"
    first = tree.read(name).split("\n", 1)[0] if "." not in os.path.basename(name) else ""
    if name.endswith(".py") or (first.startswith("#!") and "python" in first):
        return "python"
    if name.endswith(".sh") or re.match(r"#!.*\b(?:ba)?sh\b", first):
        return "shell"
    return None


def _line(name, number, line, is_code, places):
    if is_code and "\t" in line:
        yield f"{name}:{number}: a tab"
    if is_code and line != line.rstrip():
        yield f"{name}:{number}: blanks at the end of the line"
    if is_code and not name.endswith((".cpp", ".hpp")) and len(line) > COLUMNS:
        yield f"{name}:{number}: {len(line)} columns"
    for place in places:
        if place in line:
            yield f"{name}:{number}: names {place}, which is this machine's own"


def _places_of_this_machine(tree):
    """The checkout's folder, its unusual ancestors, host and user: what must not be found in the tree."""
    found = set()
    for folder in (tree.root, *tree.root.parents):
        if len(folder.parts) > 1 and folder.parts[1] not in USUAL_FOLDERS:
            found.add(str(folder) + "/")
    user, host = getpass.getuser(), socket.gethostname()
    if user not in ("root", "nobody", "user", "build", "runner") and len(user) > 3:
        found.add(f"/home/{user}")
    if len(host) > 5 and host not in ("localhost", "debian"):
        found.add(host)
    return found


def _script(tree, name, kind):
    path = tree.root / name
    if kind == "python":
        try:
            compile(tree.read(name), name, "exec")
        except SyntaxError as error:
            yield f"{name}:{error.lineno}: {error.msg}"
    if kind == "shell":
        done = subprocess.run(["bash", "-n", str(path)], capture_output=True, text=True, check=False)
        if done.returncode:
            yield f"{name}: {done.stderr.strip()}"
    if tree.read(name).startswith("#!") and not os.access(path, os.X_OK):
        yield f"{name}: begins with #! but cannot be run"
