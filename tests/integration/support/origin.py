"""An origin server whose every octet a test decides."""

import collections
import socket
import ssl
import threading
import time
from email.utils import formatdate

from .http import Closed, Message, Stream, read_content, read_head
from .waiting import eventually


def reply(status=200, body=b"", fields=(), reason="OK", date=True, version="HTTP/1.1", length=True):
    """The octets of a whole response. fields: a mapping, or pairs when a name repeats."""
    if isinstance(body, str):
        body = body.encode()
    pairs = list(fields.items() if isinstance(fields, dict) else fields)
    names = {name.lower() for name, _ in pairs}
    if date and "date" not in names:
        pairs.insert(0, ("Date", formatdate(usegmt=True)))
    if length and status >= 200 and status not in (204, 304) and not names & {"content-length", "transfer-encoding"}:
        pairs.append(("Content-Length", str(len(body))))
    head = f"{version} {status} {reason}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in pairs) + "\r\n"
    return head.encode("latin-1") + body


class Exchange:
    """One request as the origin sees it. A handler returns octets to send, or None when it has sent them itself."""

    def __init__(self, origin, stream, request, connection_number):
        self.origin = origin
        self.stream = stream
        self.request = request
        self.connection_number = connection_number
        self.close = False  # set: the connection ends after this exchange

    @property
    def fields(self):
        return self.request.fields

    def read_body(self):
        read_content(self.stream, self.request, to_end=False)
        return self.request.body

    def send(self, data):
        self.stream.send(data)


class ManualOrigin:
    """Listens on a port of the kernel's choice, one thread a connection.

    on(path, handler): handler is octets or a function of Exchange. Handlers get the request with its content read, unless
    registered with body=False. Every request head is kept in `.requests`, so that a test can say what came through.
    """

    def __init__(self, tls=None, address="127.0.0.1", keep_alive=True):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.listener = socket.socket(family, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((address, 0))
        self.listener.listen(1024)
        self.port = self.listener.getsockname()[1]
        self.address = address
        self.keep_alive = keep_alive
        self.handlers = {}
        self.default = lambda exchange: reply(404, b"no handler", reason="Not Found")
        self.requests = []
        self.connections = 0
        self.errors = []
        self.lock = threading.Lock()
        self.open = set()
        self.closing = False
        self.context = None
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(tls.certificate, tls.key)
        threading.Thread(target=self._accept, daemon=True).start()

    # ---- script

    def on(self, path, handler, body=True):
        self.handlers[path] = (handler, body)
        return self.url(path)

    def url(self, path="/", host=None):
        shown = host or (f"[{self.address}]" if ":" in self.address else self.address)
        return f"{'https' if self.context else 'http'}://{shown}:{self.port}{path}"

    def show_certificate(self, certificate):
        """From the next connection on."""
        self.context.load_cert_chain(certificate.certificate, certificate.key)

    @property
    def authority(self):
        return f"{self.address}:{self.port}"

    # ---- what happened

    def count(self, path=None):
        with self.lock:
            return sum(1 for request in self.requests if path is None or request.target == path)

    def last(self, path=None) -> Message:
        with self.lock:
            return [request for request in self.requests if path is None or request.target == path][-1]

    def by_target(self):
        with self.lock:
            return collections.Counter(request.target for request in self.requests)

    def wait_for(self, path, count=1, timeout=10.0):
        eventually(lambda: self.count(path) >= count, lambda: f"{count} requests for {path}; got {self.count(path)}", timeout)

    # ---- service

    def _accept(self):
        while not self.closing:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                number = self.connections
            threading.Thread(target=self._serve, args=(sock, number), daemon=True).start()

    def _serve(self, sock, number):
        stream = None
        try:
            if self.context:
                sock.settimeout(20)
                sock = self.context.wrap_socket(sock, server_side=True)
            stream = Stream(sock, timeout=120)
            with self.lock:
                self.open.add(sock)
            while self._serve_one(stream, number):
                pass
        except (Closed, OSError):
            pass  # the other side may go at any time; tests look at what it sent
        except Exception as error:  # a test's handler: shown by close()
            self.errors.append(f"{type(error).__name__}: {error}")
        finally:
            with self.lock:
                self.open.discard(sock)
            sock.close()

    def _serve_one(self, stream, number):
        request = read_head(stream)
        path = request.target
        handler, body = self.handlers.get(path) or self.handlers.get(path.split("?")[0]) or (self.default, True)
        exchange = Exchange(self, stream, request, number)
        if body:
            exchange.read_body()
        with self.lock:
            self.requests.append(request)
        answer = handler(exchange) if callable(handler) else handler
        if answer is not None:
            stream.send(answer)
        return self.keep_alive and not exchange.close and not self.closing

    def drop_connections(self):
        """Closes what is open now; new connections are served."""
        with self.lock:
            open_now = list(self.open)
        for sock in open_now:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # gone already

    def stop(self):
        """From now on connections are refused."""
        self.closing = True
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # never accepted
        self.listener.close()
        self.drop_connections()

    def close(self):
        self.stop()
        if self.errors:
            raise AssertionError("a handler of the origin failed: " + "; ".join(self.errors[:3]))


class Gate:
    """Holds handlers until the test opens it; `waiting` says how many stand there."""

    def __init__(self):
        self.event = threading.Event()
        self.lock = threading.Lock()
        self.waiting = 0

    def wait(self, timeout=60):
        with self.lock:
            self.waiting += 1
        if not self.event.wait(timeout):
            raise AssertionError("the gate was never opened")

    def open(self):
        self.event.set()


def unused_port():
    """A loopback port on which nothing listens: bound once and released."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def now_http(offset=0):
    """An HTTP date `offset` seconds from now."""
    return formatdate(time.time() + offset, usegmt=True)
