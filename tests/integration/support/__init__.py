"""What the system tests share: the real daemon on ports of the kernel's choice, its tool, origins and clients that are
scripted to the octet. Everything is Python's standard library and stays on loopback."""
