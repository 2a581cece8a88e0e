"""A name server on loopback that answers as it is told, and counts."""

import collections
import socket
import struct
import threading

A, AAAA = 1, 28
NO_ERROR, SERVER_FAILURE, NAME_ERROR = 0, 2, 3


class FakeDns:
    """records: name -> list of addresses, or a function (type) -> addresses. Other names do not exist.

    Set `silent` and it takes questions without answering; set `failing` and it answers SERVFAIL.
    """

    def __init__(self, records=None, ttl=30):
        self.records = records or {}
        self.ttl = ttl
        self.silent = False
        self.failing = False
        self.questions = collections.Counter()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.server = f"127.0.0.1:{self.port}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                query, peer = self.socket.recvfrom(4096)
            except OSError:
                return
            if not query:
                return
            name, kind, end = self._question(query)
            self.questions[name] += 1
            if not self.silent:
                self.socket.sendto(self._answer(query, end, name, kind), peer)

    @staticmethod
    def _question(query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode("ascii"))
            at += 1 + query[at]
        kind = struct.unpack_from("!H", query, at + 1)[0]
        return ".".join(labels).lower(), kind, at + 5

    def _answer(self, query, end, name, kind):
        found = self.records.get(name)
        addresses = found(kind) if callable(found) else found
        code = SERVER_FAILURE if self.failing else NAME_ERROR if addresses is None else NO_ERROR
        family = {A: socket.AF_INET, AAAA: socket.AF_INET6}.get(kind)
        chosen = [address for address in addresses or [] if family and (":" in address) == (kind == AAAA)]
        if code != NO_ERROR:
            chosen = []
        head = query[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, len(chosen), 0, 0)
        body = query[12:end]
        for address in chosen:
            packed = socket.inet_pton(family, address)
            body += struct.pack("!HHHIH", 0xC00C, kind, 1, self.ttl, len(packed)) + packed
        return head + body

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # an unconnected datagram socket says so, and wakes the reader all the same
        self.socket.close()
