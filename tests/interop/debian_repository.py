"""debian_repository against mirrors on the loopback: locks and their evidence, downloads from mirrors that fail, vendoring.

usage: debian_repository.py BIN_DIR
"""

import datetime
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from debian_mirror import DebianMirror, apt_environment  # noqa: E402

BIN = ""
WORKSPACE = """workspace(name = "w")
load("@cow//debian:defs.cow", "debian_repository")
debian_repository(
    name = "deb",
    architectures = ["amd64", "arm64"],
    lock_file = "//:deb.lock",
    packages = ["libgreet-dev"],
)
"""
BUILD = """genrule(
    name = "copy",
    srcs = ["@deb//:archive/amd64/libgreet-dev", "@deb//:archive/amd64/libgreet1", "@deb//:archive/amd64/big"],
    outs = ["sums"],
    cmd = "sha256sum $(SRCS) | cut -c1-64 > $@",
)
"""
NOW = datetime.datetime.now(datetime.timezone.utc)


def days(number):
    return NOW + datetime.timedelta(days=number)


class DebianRepositoryTest(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="cow-debian-")
        self.mirror = DebianMirror(os.path.join(self.dir, "mirror"))
        for architecture in ("amd64", "arm64"):
            self.mirror.add_package("libgreet1", "1.0", architecture, {"usr/lib/greet": architecture})
            self.mirror.add_package("big", "1.0", architecture, {"usr/lib/big": os.urandom(300000)})
            self.mirror.add_package(
                "libgreet-dev", "1.0", architecture, {"usr/include/greet.h": "#define GREET 1\n"}, "libgreet1 (>= 1.0), big"
            )
        self.mirror.publish()
        self.ws = os.path.join(self.dir, "ws")
        os.makedirs(self.ws)
        self.write("WORKSPACE.cow", WORKSPACE)
        self.write("BUILD.cow", BUILD)

    def tearDown(self):
        self.mirror.close()
        subprocess.run(["chmod", "-R", "u+rwx", self.dir], check=False)
        shutil.rmtree(self.dir)

    def write(self, name, text):
        with open(os.path.join(self.ws, name), "w") as stream:
            stream.write(text)

    def read(self, name):
        with open(os.path.join(self.ws, name)) as stream:
            return stream.read()

    def apt(self, *urls):
        return apt_environment(os.path.join(self.dir, "apt"), urls, self.mirror.keyring)

    def cow(self, *arguments, env, expect=0, cache="cache", prefix=()):
        run = subprocess.run(
            [*prefix, os.path.join(BIN, "cow"), *arguments, "--cache_dir=" + os.path.join(self.dir, cache)],
            cwd=self.ws, env=env, capture_output=True, text=True,
        )
        self.assertEqual(run.returncode, expect, run.stderr)
        return run.stderr

    def lock(self, server, expect=0, *arguments):
        return self.cow("lock", *arguments, env=self.apt(server.url), expect=expect)

    # Locks.

    def test_lock_of_two_architectures_with_evidence(self):
        with self.mirror.serving() as server:
            self.mirror.publish(date=days(-1))
            self.lock(server)
            text = self.read("deb.lock")
            lines = text.splitlines()
            self.assertEqual(lines[1], "suite bookworm")
            self.assertRegex(lines[2], r"^release bookworm origin=Debian codename=bookworm date=\d{8}T\d{6}Z sha256=[0-9a-f]{64}$")
            self.assertEqual([line.split()[:2] for line in lines[3:]],
                             [[name, arch] for name in ("big", "libgreet-dev", "libgreet1") for arch in ("amd64", "arm64")])
            self.assertNotIn("127.0.0.1", text)
            self.assertIn("is up to date", self.lock(server, 0, "--check"))
            # Signed again, with the same packages: nothing to merge.
            self.mirror.publish()
            self.assertIn("is up to date", self.lock(server, 0, "--check"))
            self.mirror.add_package("libgreet1", "1.1", "amd64", {"usr/lib/greet": "new"})
            self.mirror.publish()
            self.assertIn("would change", self.lock(server, 1, "--check"))
            self.assertIn("would change", self.lock(server, 1, "--frozen"))
            self.assertEqual(self.read("deb.lock"), text)
            self.lock(server)
            self.assertIn("libgreet1 amd64 1.1", self.read("deb.lock"))

    def test_older_index_is_refused(self):
        with self.mirror.serving() as server:
            self.mirror.publish(date=days(-1))
            self.lock(server)
            before = self.read("deb.lock")
            self.mirror.publish(date=days(-3))
            message = self.lock(server, 1)
            self.assertIn("but deb.lock was made from the one of", message)
            self.assertEqual(self.read("deb.lock"), before)
            self.write("deb.lock", re.sub("release .*\n", "", before))
            self.lock(server)

    def test_expired_index_is_refused(self):
        with self.mirror.serving() as server:
            self.mirror.publish(date=days(-9), valid_until=days(-2))
            self.assertIn("was valid until", self.lock(server, 1))
            self.write("WORKSPACE.cow", WORKSPACE.replace("    lock_file", "    check_valid_until = False,\n    lock_file"))
            self.lock(server)
            self.assertIn("valid-until=", self.read("deb.lock"))

    def test_index_that_is_not_signed_so_is_refused(self):
        with self.mirror.serving() as server:
            self.mirror.publish(signed=False)
            self.assertIn("fetching the package index", self.lock(server, 1))
            self.mirror.publish(digest="SHA1")
            self.lock(server, 1)
            self.mirror.publish(Codename="trixie")
            self.lock(server, 1)
            # By somebody else.
            other = DebianMirror(os.path.join(self.dir, "other"))
            other.close()
            self.mirror.publish()
            self.mirror.keyring = other.keyring
            self.lock(server, 1)
            self.assertFalse(os.path.exists(os.path.join(self.ws, "deb.lock")))

    def test_package_that_is_not_what_the_index_says(self):
        with self.mirror.serving() as server:
            self.mirror.publish(date=days(-1))
            self.lock(server)
            with open(os.path.join(self.mirror.root, "dists/bookworm/main/binary-amd64/Packages"), "a") as stream:
                stream.write("\n")
            self.assertIn("fetching the package index", self.lock(server, 1))

    def test_merge_conflict_is_named(self):
        with self.mirror.serving() as server:
            self.lock(server)
            self.write("deb.lock", self.read("deb.lock") + "<<<<<<< ours\n")
            self.assertIn("deb.lock:10: a merge conflict", self.cow("build", ":copy", env=self.apt(server.url), expect=1))

    # Downloads.

    def sums(self):
        with open(os.path.join(self.ws, "cow-bin/sums")) as stream:
            return stream.read().split()

    def locked_sums(self):
        return [line.split()[4] for name in ("libgreet-dev", "libgreet1", "big") for line in self.read("deb.lock").splitlines()
                if line.startswith(name + " amd64")]

    def test_faults_of_mirrors(self):
        big = "/pool/main/b/big/big_1.0_amd64.deb"
        with self.mirror.serving() as bad, self.mirror.serving() as good:
            self.lock(good)
            both = self.apt(bad.url, good.url)
            quick = ("--http_timeout_scaling=0.05", "--http_connector_attempts=2")
            for fault in ("404", "lie", "truncate", "stall"):
                with self.subTest(fault):
                    bad.faults = {big: fault}
                    self.cow("build", ":copy", *quick, env=both, cache="cache-" + fault)
                    self.assertEqual(self.sums(), self.locked_sums())
            # Goes on where it ended, at whoever has it.
            resumed = [path for path, asked in good.requests + bad.requests if path == big and asked]
            self.assertTrue(resumed)
            # Alone, none of them is good enough; and what is said is why.
            alone = self.apt(bad.url)
            for fault, said in (("404", "404"), ("lie", "checksum mismatch: expected sha256"), ("stall", "timed out")):
                with self.subTest("alone " + fault):
                    bad.faults = {big: fault}
                    code = 36 if fault == "stall" else 1
                    message = self.cow("build", ":copy", *quick, env=alone, cache="alone-" + fault, expect=code)
                    self.assertIn(said, message)
            # The next command goes on where the last one ended.
            bad.faults = {big: "cut"}
            once = ("--http_connector_attempts=1",)
            self.cow("build", ":copy", *once, env=alone, cache="alone-truncate", expect=36)
            bad.faults = {}
            bad.requests.clear()
            self.cow("build", ":copy", *once, env=alone, cache="alone-truncate")
            self.assertTrue([asked for path, asked in bad.requests if path == big and asked])
            self.assertEqual(self.sums(), self.locked_sums())

    def test_snapshot_mirror(self):
        with self.mirror.serving() as server:
            self.lock(server)
            date = re.search("date=(\\S+)", self.read("deb.lock")).group(1)
            archive = os.path.join(self.mirror.root, "archive", date)
            os.makedirs(archive)
            os.rename(os.path.join(self.mirror.root, "pool"), os.path.join(archive, "pool"))
            env = self.apt(server.url)
            self.assertIn("404", self.cow("build", ":copy", env=env, expect=1))
            self.cow("build", ":copy", "--snapshot_mirror=%s/archive" % server.url, env=env)
            self.assertEqual(self.sums(), self.locked_sums())

    def test_fetch_vendor_and_build_without_a_network(self):
        with self.mirror.serving() as server:
            self.lock(server)
            env = self.apt(server.url)
            self.assertIn("fetched: 3 files", self.cow("fetch", env=env))
            requests = len(server.requests)
            self.cow("build", "//...", env=env)
            self.cow("fetch", "--frozen", ":copy", env=env)
            self.assertEqual(len(server.requests), requests)
            expected = self.sums()
            self.assertIn("vendored: 3 files", self.cow("vendor", "third_party/files", "//...", env=env))
            self.assertIn("checked: 3 files", self.cow("vendor", "third_party/files", "--check", env=env))
        bare = {"PATH": os.environ["PATH"], "HOME": os.path.join(self.dir, "home"), "APT_CONFIG": "/dev/null"}
        os.makedirs(bare["HOME"])
        unshare = subprocess.run(["unshare", "-rn", "true"], check=False, capture_output=True).returncode == 0
        prefix = ("unshare", "-rn") if unshare and os.geteuid() != 0 else ("unshare", "-n") if os.geteuid() == 0 else ()
        os.remove(os.path.join(self.ws, "cow-bin"))
        self.cow("build", "--offline", "--vendor_dir=third_party/files", "//...", env=bare, cache="fresh", prefix=prefix)
        self.assertEqual(self.sums(), expected)
        # Without it there is nothing to be had.
        self.assertIn("--offline forbids", self.cow("build", "--offline", "//...", env=bare, cache="fresh2", expect=1))
        # What was damaged is not used.
        victim = os.path.join(self.ws, "third_party/files/sha256", expected[0])
        with open(victim, "ab") as stream:
            stream.write(b"x")
        self.assertIn("has sha256", self.cow("vendor", "third_party/files", "--check", env=bare, expect=1))
        message = self.cow("build", "--offline", "--vendor_dir=third_party/files", "//...", env=bare, cache="fresh3", expect=1)
        self.assertIn("not that of its name", message)


if __name__ == "__main__":
    missing = [tool for tool in ("apt-get", "dpkg-deb", "gpg", "gpgv") if not shutil.which(tool)]
    if missing:
        print("SKIPPED: not installed: " + ", ".join(missing))
        sys.exit(1 if os.environ.get("COW_REQUIRE_TOOLS") == "1" else 77)
    BIN = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
