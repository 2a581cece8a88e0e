"""Reading HTTP/1.1 messages strictly from sockets, for scripted clients and origins alike."""

import dataclasses
import socket


class Closed(Exception):
    """The peer closed before a whole message was there; `.octets` is what had arrived of it."""

    def __init__(self, octets=b""):
        super().__init__(f"closed after {len(octets)} octets of a message: {octets[:200]!r}")
        self.octets = octets


@dataclasses.dataclass
class Fields:
    """Field lines in the order of the message."""

    lines: list

    def all(self, name):
        return [value for key, value in self.lines if key.lower() == name.lower()]

    def get(self, name, default=None):
        values = self.all(name)
        return ", ".join(values) if values else default

    def __contains__(self, name):
        return bool(self.all(name))

    def __getitem__(self, name):
        values = self.all(name)
        if not values:
            raise KeyError(f"{name} is not among {[key for key, _ in self.lines]}")
        return ", ".join(values)


@dataclasses.dataclass
class Message:
    start_line: str
    fields: Fields
    head: bytes
    body: bytes = b""
    trailers: Fields = dataclasses.field(default_factory=lambda: Fields([]))
    interim: list = dataclasses.field(default_factory=list)

    @property
    def status(self):
        return int(self.start_line.split(" ")[1])

    @property
    def version(self):
        return self.start_line.split(" ")[0]

    @property
    def method(self):
        return self.start_line.split(" ")[0]

    @property
    def target(self):
        return self.start_line.split(" ")[1]

    @property
    def cache_status(self):
        return self.fields.get("Cache-Status", "")

    @property
    def is_hit(self):
        return "; hit" in self.cache_status


class Stream:
    """A socket with a buffer in front."""

    def __init__(self, sock, timeout=20.0):
        self.socket = sock
        self.buffer = bytearray()
        sock.settimeout(timeout)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            pass  # a Unix socket

    def send(self, data):
        self.socket.sendall(data.encode("latin-1") if isinstance(data, str) else data)

    def fill(self):
        """One receive into the buffer; False at the end."""
        try:
            data = self.socket.recv(262144)
        except ConnectionResetError:
            return False
        self.buffer += data
        return bool(data)

    def read_until(self, mark):
        start = 0
        while (at := self.buffer.find(mark, start)) < 0:
            start = max(0, len(self.buffer) - len(mark) + 1)
            if not self.fill():
                raise Closed(bytes(self.buffer))
        return self.take(at + len(mark))

    def take(self, count):
        while len(self.buffer) < count:
            if not self.fill():
                raise Closed(bytes(self.buffer))
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    def read_to_end(self):
        while self.fill():
            pass
        data, self.buffer = bytes(self.buffer), bytearray()
        return data

    def is_closed_by_peer(self):
        """Waits for the end of the stream; False when octets come instead or nothing does in time."""
        if self.buffer:
            return False
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def parse_fields(text):
    lines = []
    for line in text.split("\r\n"):
        name, colon, value = line.partition(":")
        if not colon or name != name.strip() or "\n" in line or "\r" in line:
            raise ValueError(f"not a field line: {line!r}")
        lines.append((name, value.strip(" \t")))
    return Fields(lines)


def read_head(stream):
    head = stream.read_until(b"\r\n\r\n")
    start_line, _, rest = head[:-4].decode("latin-1").partition("\r\n")
    return Message(start_line, parse_fields(rest) if rest else Fields([]), head)


def read_chunked(stream):
    """Returns (content, trailer fields)."""
    content = bytearray()
    while True:
        size_line = stream.read_until(b"\r\n")[:-2]
        size = int(size_line.split(b";")[0], 16)
        if size == 0:
            break
        content += stream.take(size)
        if stream.take(2) != b"\r\n":
            raise ValueError("a chunk does not end with CRLF")
    trailers = b""
    while (line := stream.read_until(b"\r\n")) != b"\r\n":
        trailers += line
    return bytes(content), parse_fields(trailers[:-2].decode("latin-1")) if trailers else Fields([])


def read_content(stream, message, to_end):
    if message.fields.get("Transfer-Encoding", "").lower() == "chunked":
        message.body, message.trailers = read_chunked(stream)
    elif "Content-Length" in message.fields:
        message.body = stream.take(int(message.fields["Content-Length"]))
    elif to_end:
        message.body = stream.read_to_end()


def read_request(stream):
    message = read_head(stream)
    read_content(stream, message, to_end=False)
    return message


def read_response(stream, method="GET"):
    """The final response; interim ones are kept in `.interim`. A body without framing runs to the end."""
    interim = []
    while True:
        message = read_head(stream)
        if message.status // 100 != 1 or message.status == 101:
            break
        interim.append(message)
    message.interim = interim
    no_content = method == "HEAD" or message.status in (101, 204, 304) or (method == "CONNECT" and message.status // 100 == 2)
    if not no_content:
        read_content(stream, message, to_end=True)
    return message


def chunked(*chunks, trailers=""):
    """The chunked form of `chunks`."""
    framed = [b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks]
    return b"".join(framed) + b"0\r\n" + trailers.encode("latin-1") + b"\r\n"
