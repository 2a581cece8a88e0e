"""npm install through the gateway, from a registry with one package."""

import base64
import hashlib
import io
import json
import os
import tarfile
import unittest

from support.case import SluiceTestCase, find_program
from support.origin import reply

NAME = "sluice-test-package"


def tarball():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for path, text in (("package/package.json", json.dumps({"name": NAME, "version": "1.0.0", "main": "index.js"})),
                           ("package/index.js", "module.exports = 'installed';\n"), ("package/data", "0123456789" * 50000)):
            entry = tarfile.TarInfo(path)
            entry.size = len(text)
            entry.mode = 0o644
            archive.addfile(entry, io.BytesIO(text.encode()))
    return out.getvalue()


@unittest.skipUnless(find_program("npm"), "npm is not installed")
class Npm(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.origin = self.start_origin()
        package = tarball()
        integrity = "sha512-" + base64.b64encode(hashlib.sha512(package).digest()).decode()
        about = {"name": NAME, "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": {
            "name": NAME, "version": "1.0.0", "dist": {"tarball": self.origin.url(f"/{NAME}/-/{NAME}-1.0.0.tgz"), "integrity": integrity}}}}
        self.origin.on(f"/{NAME}", reply(body=json.dumps(about), fields={"Content-Type": "application/json", "Cache-Control": "max-age=300",
                                                                         "Vary": "Accept-Encoding, Accept"}))
        self.origin.on(f"/{NAME}/-/{NAME}-1.0.0.tgz", reply(body=package, fields={"Content-Type": "application/octet-stream",
                                                                                  "Cache-Control": "public, immutable, max-age=31557600"}))

    def install(self, daemon):
        folder = self.scratch()
        with open(os.path.join(folder, "package.json"), "w", encoding="ascii") as file:
            file.write('{"name": "user", "version": "1.0.0", "private": true}')
        self.run_program("npm", "install", NAME, "--registry", self.origin.url("/"), "--proxy", daemon.proxy, "--noproxy", "",
                         "--cache", os.path.join(folder, "cache"), "--userconfig", os.path.join(folder, "npmrc"), "--no-audit",
                         "--no-fund", "--no-update-notifier", "--ignore-scripts", "--fetch-retries", "0", cwd=folder, timeout=120,
                         environment={"HOME": folder})
        done = self.run_program("node", "-p", f"require('{NAME}')", cwd=folder)
        self.assertEqual(done.stdout.strip(), b"installed")

    def test_installing_twice_asks_the_registry_once(self):
        daemon = self.start_daemon()
        self.install(daemon)
        requests = self.origin.count()
        self.assertGreater(requests, 0)
        self.assertTrue(all("Via" in request.fields for request in self.origin.requests), "npm used the proxy")
        self.install(daemon)
        self.assertEqual(self.origin.count(), requests)


if __name__ == "__main__":
    unittest.main()
