"""A client that sends exactly the octets it is given."""

import socket
import ssl

from .http import Closed, Message, Stream, read_response


class Client(Stream):
    """One connection to the proxy."""

    def __init__(self, port, timeout=20.0, receive_buffer=None):
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.settimeout(timeout)
        try:
            sock.connect(("127.0.0.1", port))
        except OSError:
            sock.close()
            raise
        super().__init__(sock, timeout)

    def request(self, url, method="GET", fields=(), body=b"", version="HTTP/1.1") -> Message:
        self.send_request(url, method, fields, body, version)
        return read_response(self, method)

    def send_request(self, url, method="GET", fields=(), body=b"", version="HTTP/1.1"):
        authority = url.split("://", 1)[-1].split("/", 1)[0].split("?")[0]
        lines = [f"{method} {url} {version}", f"Host: {authority}"]
        lines += [f"{name}: {value}" for name, value in (fields.items() if isinstance(fields, dict) else fields)]
        names = {line.split(":")[0].lower() for line in lines[1:]}
        if body and not names & {"content-length", "transfer-encoding"}:
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    def response(self, method="GET") -> Message:
        return read_response(self, method)

    def connect_to(self, authority):
        """CONNECT; returns the answer. After a 2xx the connection is a tunnel."""
        return self.request(authority, "CONNECT")

    def start_tls(self, name="localhost", alpn=None):
        """TLS through the tunnel, without looking at the certificate: that is the origin's own, made for this test."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if alpn:
            context.set_alpn_protocols(alpn)
        assert not self.buffer, "octets ahead of the handshake"
        self.socket = context.wrap_socket(self.socket, server_hostname=name)


def exchange(port, octets, method="GET", timeout=20.0):
    """Sends octets on a fresh connection; returns (response, closed by the proxy afterwards)."""
    with Client(port, timeout) as client:
        client.send(octets)
        response = read_response(client, method)
        return response, client.is_closed_by_peer()


def get(port, url, fields=(), **options) -> Message:
    """One request on a fresh connection."""
    with Client(port) as client:
        return client.request(url, fields=fields, **options)


__all__ = ["Client", "Closed", "exchange", "get"]
