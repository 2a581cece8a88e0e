"""CPU time of a process tree and of one CPU, from /proc."""

import os

TICK = os.sysconf("SC_CLK_TCK")


def _stat(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        return file.read().rpartition(")")[2].split()


def tree(root):
    """The process and all its living descendants."""
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                children.setdefault(int(_stat(name)[1]), []).append(int(name))
            except OSError:
                pass  # gone since the listing
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def cpu_seconds(root):
    """User and system time of the tree so far. A child that has ended and was waited for is in its parent's cutime and cstime, so
    the sum over the living neither loses nor counts twice what it used."""
    total = 0
    for pid in tree(root):
        try:
            fields = _stat(pid)
        except OSError:
            continue  # ended just now: its time is in its parent's from here on
        total += sum(int(fields[n]) for n in (11, 12, 13, 14))
    return total / TICK


def rss(root):
    """Resident octets of the tree."""
    total = 0
    for pid in tree(root):
        try:
            with open(f"/proc/{pid}/statm", encoding="ascii") as file:
                total += int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except OSError:
            pass  # ended just now
    return total


def busy_seconds(cpu):
    """How long this CPU has been doing anything at all."""
    with open("/proc/stat", encoding="ascii") as file:
        for line in file:
            if line.startswith(f"cpu{cpu} "):
                fields = [int(field) for field in line.split()[1:]]
                return (sum(fields[:3]) + sum(fields[5:8])) / TICK
    raise RuntimeError(f"no CPU {cpu}")
