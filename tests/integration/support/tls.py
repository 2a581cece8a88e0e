"""Certificates for loopback origins, made by openssl: one that certifies itself, and an authority with what it certifies."""

import collections
import functools
import os
import subprocess
import tempfile

Certificate = collections.namedtuple("Certificate", "certificate key directory")
_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def _openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, stdin=subprocess.DEVNULL)


@functools.cache
def self_signed():
    directory = tempfile.TemporaryDirectory(prefix="sluice-test-tls-")
    certificate, key = os.path.join(directory.name, "cert.pem"), os.path.join(directory.name, "key.pem")
    _openssl("req", "-x509", *_NEW_KEY, "-days", "2", "-subj", "/CN=localhost", "-addext",
             "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate)
    return Certificate(certificate, key, directory)  # the directory goes when the program ends


class Authority:
    """Certifies the names of origins; `.certificate` is the file that whoever trusts it reads. Files go into `directory`."""

    def __init__(self, directory):
        self.directory = directory
        self.count = 0
        self.certificate, self.key = os.path.join(directory, "authority.pem"), os.path.join(directory, "authority.key")
        _openssl("req", "-x509", *_NEW_KEY, "-days", "2", "-subj", "/CN=authority", "-keyout", self.key, "-out", self.certificate)

    def certify(self, names, days=2):
        """names: as in "DNS:a.example,IP:127.0.0.1". days: from now; a negative number makes one that has expired."""
        self.count += 1
        base = os.path.join(self.directory, f"leaf-{self.count}")
        made = Certificate(base + ".pem", base + ".key", None)
        with open(base + ".names", "w", encoding="utf-8") as file:
            file.write(f"subjectAltName={names}\n")
        _openssl("req", "-new", *_NEW_KEY, "-subj", "/CN=origin", "-keyout", made.key, "-out", base + ".csr")
        _openssl("x509", "-req", "-in", base + ".csr", "-CA", self.certificate, "-CAkey", self.key, "-days", str(days),
                 "-set_serial", str(self.count), "-extfile", base + ".names", "-out", made.certificate)
        return made
