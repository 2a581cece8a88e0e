"""A self-signed certificate for loopback origins, made by openssl once for each test program."""

import collections
import functools
import os
import subprocess
import tempfile

Certificate = collections.namedtuple("Certificate", "certificate key directory")


@functools.cache
def self_signed():
    directory = tempfile.TemporaryDirectory(prefix="sluice-test-tls-")
    certificate, key = os.path.join(directory.name, "cert.pem"), os.path.join(directory.name, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-keyout", key, "-out", certificate], check=True, capture_output=True, stdin=subprocess.DEVNULL)
    return Certificate(certificate, key, directory)  # the directory goes when the program ends
