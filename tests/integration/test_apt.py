"""apt through the gateway, against a repository made for this test. The machine's own apt is not touched."""

import os
import unittest

from support.case import SluiceTestCase
from support.files import FileOrigin

CONTROL = """Package: sluice-test-package
Version: {version}
Architecture: all
Maintainer: Test <test@example.org>
Section: misc
Priority: optional
Description: a package that exists for one test
"""


class Apt(SluiceTestCase):
    def setUp(self):
        super().setUp()
        self.require("apt-get", "apt-ftparchive", "dpkg-deb")
        self.repository = self.scratch()
        self.build_repository("1.0")
        self.origin = FileOrigin(self.repository)
        self.addCleanup(self.origin.close)

    def build_repository(self, version):
        pool = os.path.join(self.repository, "pool")
        folder = os.path.join(self.scratch(), "package")
        os.makedirs(os.path.join(folder, "DEBIAN"), mode=0o755)
        os.makedirs(os.path.join(folder, "usr/share/sluice-test"))
        os.makedirs(pool, exist_ok=True)
        with open(os.path.join(folder, "DEBIAN/control"), "w", encoding="ascii") as file:
            file.write(CONTROL.format(version=version))
        with open(os.path.join(folder, "usr/share/sluice-test/content"), "wb") as file:
            file.write(os.urandom(2 << 20))
        os.chmod(os.path.join(folder, "DEBIAN"), 0o755)
        self.run_program("dpkg-deb", "--build", "--root-owner-group", folder, os.path.join(pool, f"sluice-test-package_{version}_all.deb"))
        index = os.path.join(self.repository, "dists/stable/main/binary-all")
        os.makedirs(index, exist_ok=True)
        packages = self.run_program("apt-ftparchive", "packages", "pool", cwd=self.repository).stdout
        with open(os.path.join(index, "Packages"), "wb") as file:
            file.write(packages)
        release = os.path.join(self.repository, "dists/stable/Release")
        if os.path.exists(release):
            os.unlink(release)
        text = self.run_program("apt-ftparchive", "-o", "APT::FTPArchive::Release::Suite=stable", "-o",
                                "APT::FTPArchive::Release::Architectures=all", "-o", "APT::FTPArchive::Release::Components=main",
                                "release", "dists/stable", cwd=self.repository).stdout
        with open(release, "wb") as file:
            file.write(text)

    def new_client(self, proxy, max_age="0"):
        """The apt-get command of a machine that has nothing but this repository."""
        root = self.scratch()
        for folder in ("state/lists/partial", "cache/archives/partial", "etc", "log"):
            os.makedirs(os.path.join(root, folder))
        open(os.path.join(root, "status"), "w", encoding="ascii").close()
        with open(os.path.join(root, "etc/sources.list"), "w", encoding="ascii") as file:
            file.write(f"deb [trusted=yes arch=all] http://127.0.0.1:{self.origin.port}/ stable main\n")
        options = {"Dir::State": f"{root}/state", "Dir::State::status": f"{root}/status", "Dir::Cache": f"{root}/cache",
                   "Dir::Etc": f"{root}/etc", "Dir::Etc::sourcelist": f"{root}/etc/sources.list", "Dir::Etc::sourceparts": "-",
                   "Dir::Etc::parts": "-", "Dir::Etc::preferencesparts": "-", "Dir::Log": f"{root}/log", "APT::Sandbox::User": "",
                   "Acquire::Languages": "none", "Acquire::Retries": "0", "APT::Architecture": "amd64",
                   "Acquire::http::Max-Age": max_age, "Acquire::http::Timeout": "20", "Acquire::http::Proxy": proxy}
        command = ["apt-get", "--quiet", "--assume-yes"]
        for key, value in options.items():
            command += ["-o", f"{key}={value}"]
        archive = os.path.join(root, "cache/archives")
        return command, lambda version: os.path.join(archive, f"sluice-test-package_{version}_all.deb")

    def update_and_download(self, client, version):
        command, archived = client
        self.run_program(*command, "update", timeout=120)
        self.run_program(*command, "install", "--download-only", "sluice-test-package", timeout=120)
        with open(archived(version), "rb") as file, \
                open(os.path.join(self.repository, f"pool/sluice-test-package_{version}_all.deb"), "rb") as original:
            self.assertEqual(file.read(), original.read())

    def test_the_second_machine_is_served_from_the_cache_and_the_origin_is_not_touched(self):
        daemon = self.start_daemon()
        self.update_and_download(self.new_client(daemon.proxy), "1.0")
        requests = self.origin.count()
        self.assertGreaterEqual(requests, 3)
        self.update_and_download(self.new_client(daemon.proxy, max_age="3600"), "1.0")
        self.assertEqual(self.origin.count(), requests, self.origin.by_target())

    def test_apt_by_its_own_defaults_only_validates_the_index(self):
        daemon = self.start_daemon()
        self.update_and_download(self.new_client(daemon.proxy), "1.0")
        before = self.origin.by_target()
        self.update_and_download(self.new_client(daemon.proxy), "1.0")
        again = self.origin.by_target() - before
        self.assertFalse([path for path in again if path.endswith(".deb")], again)

    def test_a_new_version_in_the_repository_is_seen(self):
        daemon = self.start_daemon()
        self.origin.cache_control = "max-age=0"
        client = self.new_client(daemon.proxy)
        self.update_and_download(client, "1.0")
        self.build_repository("2.0")
        self.update_and_download(client, "2.0")


if __name__ == "__main__":
    unittest.main()
