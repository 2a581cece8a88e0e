"""Files that are made from the sources are what the sources would make now."""

import subprocess

# file -> arguments of the tool that print it
MADE_BY_THE_TOOL = {"docs/configuration.md": ["config", "keys"]}


def check(tree):
    tool = next((path for preset in ("release", "dev") if (path := tree.root / "build" / preset / "bin" / "sluice").exists()), None)
    if tool is None:
        return  # nothing is built yet; the unit tests compare as well
    for name, arguments in MADE_BY_THE_TOOL.items():
        done = subprocess.run([str(tool), *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            yield f"{name}: `{tool.name} {' '.join(arguments)}` ended with {done.returncode}: {done.stderr.strip()}"
        elif name not in tree.names or done.stdout != tree.read(name):
            yield f"{name}: out of date; make it with `{tool.relative_to(tree.root)} {' '.join(arguments)} > {name}`"
