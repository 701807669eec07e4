"""tools/mkinitrd: the archive holds the folder, other programs can read it, and it is the same each time.
And what of it tools/run does."""

import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import harness
from harness import ROOT


def entries(archive):
    """A newc archive as {name: (mode, nlink, ino, contents)}, read by the format's description alone."""
    found, position = {}, 0
    while True:
        head = archive[position:position + 110]
        assert head[:6] == b"070701", (position, head)
        ino, mode, _, _, nlink, _, size, *_, name_size, _ = (
            int(head[6 + 8 * i:14 + 8 * i], 16) for i in range(13))
        name = archive[position + 110:position + 110 + name_size]
        assert name.endswith(b"\0") and name_size == len(name)
        start = position + (110 + name_size + 3) // 4 * 4
        if name == b"TRAILER!!!\0":
            assert start == len(archive)
            return found
        assert name[:-1] not in found
        found[name[:-1]] = (mode, nlink, ino, archive[start:start + size])
        position = start + (size + 3) // 4 * 4


def fill(folder):
    (folder / "b/deep/er").mkdir(parents=True)
    (folder / "b/file").write_bytes(b"12345")
    (folder / "b-file").write_bytes(b"sorts between b and b/ as text")
    (folder / "b/deep/er/program").write_bytes(b"#!\n")
    (folder / "b/deep/er/program").chmod(0o700)
    (folder / "empty").write_bytes(b"")
    (folder / "link").symlink_to("b/../nowhere")
    (folder / "second").write_bytes(b"two names")
    os.link(folder / "second", folder / "a-first")
    (folder / "\udcff\udcfe").write_bytes(b"a name that is no UTF-8")


class Mkinitrd(unittest.TestCase):
    def setUp(self):
        self.directory = Path(tempfile.mkdtemp(prefix="atoll-mkinitrd-"))
        self.folder = self.directory / "folder"
        self.folder.mkdir()
        self.out = self.directory / "out.cpio"

    def tearDown(self):
        shutil.rmtree(self.directory)

    def run_tool(self, *args):
        return subprocess.run([sys.executable, str(ROOT / "tools" / "mkinitrd"), *map(str, args)],
                              text=True, capture_output=True, errors="replace", timeout=60)

    def pack(self):
        done = self.run_tool(self.folder, self.out)
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        return self.out.read_bytes()

    def refused(self, *words, folder=None, out=None):
        done = self.run_tool(folder or self.folder, out or self.out)
        self.assertEqual(1, done.returncode)
        self.assertTrue(done.stderr.startswith("tools/mkinitrd: "), done.stderr)
        self.assertEqual(1, done.stderr.count("\n"), done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)
        left = out or self.out
        self.assertFalse(left.exists() or Path(f"{left}.partial").exists())

    def test_archive_holds_the_folder(self):
        fill(self.folder)
        found = entries(self.pack())
        contents = {name: entry[3] for name, entry in found.items()}
        self.assertEqual(b"12345", contents[b"b/file"])
        self.assertEqual(b"", contents[b"empty"])
        self.assertEqual(b"b/../nowhere", contents[b"link"])
        self.assertEqual(b"a name that is no UTF-8", contents[b"\xff\xfe"])
        modes = {name: entry[0] for name, entry in found.items()}
        self.assertEqual(0o100755, modes[b"b/deep/er/program"])
        self.assertEqual(0o100644, modes[b"b/file"])
        self.assertEqual(0o040755, modes[b"b/deep"])
        self.assertEqual(0o120777, modes[b"link"])
        self.assertEqual(sum(len(d) + len(f) for _, d, f in os.walk(self.folder)), len(found))

    def test_directories_come_before_what_is_in_them(self):
        fill(self.folder)
        names = list(entries(self.pack()))
        for index, name in enumerate(names):
            if b"/" in name:
                self.assertIn(name.rsplit(b"/", 1)[0], names[:index])

    def test_file_of_two_names_is_stored_once(self):
        fill(self.folder)
        found = entries(self.pack())
        first, second = found[b"a-first"], found[b"second"]
        self.assertEqual((2, 2), (first[1], second[1]))
        self.assertEqual(first[2], second[2])
        self.assertEqual((b"", b"two names"), (first[3], second[3]))
        numbers = [entry[2] for name, entry in found.items() if name != b"a-first"]
        self.assertEqual(len(numbers), len(set(numbers)))

    def test_archive_is_the_same_for_the_same_folder(self):
        fill(self.folder)
        first = self.pack()
        for path in self.folder.rglob("*"):
            os.utime(path, (1, 1), follow_symlinks=False)
        (self.folder / "b/file").chmod(0o640)
        self.assertEqual(first, self.pack())
        copy = self.directory / "copy"
        subprocess.run(["cp", "-a", str(self.folder), str(copy)], check=True)
        self.folder = copy
        self.assertEqual(first, self.pack())

    @unittest.skipUnless(shutil.which("cpio"), "there is no cpio here")
    def test_cpio_unpacks_what_was_packed(self):
        fill(self.folder)
        self.unpacks(["cpio", "-i", "--quiet"])

    @unittest.skipUnless(shutil.which("busybox"), "there is no busybox here")
    def test_busybox_unpacks_what_was_packed(self):
        fill(self.folder)
        self.unpacks(["busybox", "cpio", "-i"])

    def unpacks(self, command):
        archive, there = self.pack(), self.directory / "there"
        there.mkdir()
        done = subprocess.run(command, input=archive, cwd=there, capture_output=True, timeout=60)
        self.assertEqual(0, done.returncode, done.stderr)
        for path in self.folder.rglob("*"):
            other = there / path.relative_to(self.folder)
            self.assertEqual(stat.S_IFMT(path.lstat().st_mode), stat.S_IFMT(other.lstat().st_mode))
            if path.is_symlink():
                self.assertEqual(os.readlink(path), os.readlink(other))
            elif path.is_file():
                self.assertEqual(path.read_bytes(), other.read_bytes(), path)

    def test_empty_folder_is_an_archive_without_entries(self):
        self.assertEqual({}, entries(self.pack()))

    def test_what_cannot_be_packed_is_named(self):
        self.refused("no such folder", folder=self.directory / "nothing")
        (self.directory / "file").write_bytes(b"")
        self.refused("not a folder", folder=self.directory / "file")
        self.refused("part of itself", out=self.folder / "out.cpio")
        self.refused("No such file", out=self.directory / "missing" / "out.cpio")
        with open(self.folder / "huge", "wb") as huge:
            huge.truncate(1 << 32)
        self.refused("huge", "4294967296 bytes", "at most 4294967295")
        (self.folder / "huge").unlink()
        (self.folder / "TRAILER!!!").write_bytes(b"")
        self.refused("this name ends an archive")
        (self.folder / "TRAILER!!!").unlink()
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(self.folder / "sock"))
            self.refused("sock", "a socket cannot be packed")

    def test_too_long_a_path_is_named(self):
        at = os.getcwd()
        os.chdir(self.folder)
        try:
            for _ in range(21):
                os.mkdir("n" * 200)
                os.chdir("n" * 200)
        finally:
            os.chdir(at)
        self.refused("bytes, 4095 are allowed")

    def test_wrong_usage_is_2(self):
        self.assertEqual(2, self.run_tool().returncode)
        self.assertEqual(2, self.run_tool("--help", "x").returncode)


class Run(unittest.TestCase):
    """tools/run --initrd."""

    def boot(self, path):
        script = "while [ $# -gt 0 ]; do [ \"$1\" = -initrd ] && cp \"$2\" \"$0.got\"; shift; done; exit 0"
        with harness.FakeMachine(script) as machine:
            done = machine.run("--exec", "help", "--initrd", str(path))
            got = Path(f"{machine.qemu}.got")
            return done, got.read_bytes() if got.exists() else None

    def test_folder_is_packed_and_a_file_is_passed_as_it_is(self):
        with tempfile.TemporaryDirectory(prefix="atoll-initrd-") as directory:
            folder, file = Path(directory) / "folder", Path(directory) / "a,b.cpio"
            folder.mkdir()
            (folder / "motd").write_text("hello")
            file.write_bytes(b"anything")
            self.assertEqual(b"hello", entries(self.boot(folder)[1])[b"motd"][3])
            self.assertEqual(b"anything", self.boot(file)[1])

    def test_missing_initrd_is_2(self):
        done, got = self.boot("/nowhere/initrd.cpio")
        self.assertEqual(2, done.returncode)
        self.assertIn("--initrd: /nowhere/initrd.cpio: No such file", done.stderr)
        self.assertIsNone(got)


if __name__ == "__main__":
    harness.main()
