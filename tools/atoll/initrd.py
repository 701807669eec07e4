"""A cpio archive (newc) of a folder, the same bytes for the same folder on every machine.

Names are sorted, owners and times are 0, rights are 0755 or 0644. Files of several names are stored
once, with the last of them.
"""

import errno
import os
import stat
from pathlib import Path

MAX_SIZE = (1 << 32) - 1  # a size has 8 hexadecimal digits
MAX_PATH = 4095           # bytes; Linux's PATH_MAX less the NUL
MAX_NAME = 255            # bytes of one component
TRAILER = "TRAILER!!!"
COPY_SIZE = 1 << 20


class InitrdError(Exception):
    """The archive cannot be made; the text says why, and what to do."""


def header(ino, mode, nlink, size, name_size, rdev=(0, 0)):
    fields = (ino, mode, 0, 0, nlink, 0, size, 0, 0, *rdev, name_size, 0)
    return b"070701" + b"".join(b"%08X" % field for field in fields)


def padding(size):
    return b"\0" * (-size % 4)


class Writer:
    """Entries to a file."""

    def __init__(self, out):
        self.out = out

    def entry(self, name, ino, mode, nlink=1, size=0, rdev=(0, 0)):
        """A header; contents of @size bytes follow by content()."""
        encoded = os.fsencode(name) + b"\0"
        head = header(ino, mode, nlink, size, len(encoded), rdev) + encoded
        self.out.write(head + padding(len(head)))

    def content(self, source, name, size):
        """Copy @size bytes of the open file @source, which must not change meanwhile."""
        left = size
        while left > 0:
            data = source.read(min(left, COPY_SIZE))
            if not data:
                raise InitrdError(f"{name}: it became shorter while it was read; try again.")
            self.out.write(data)
            left -= len(data)
        self.out.write(padding(size))

    def trailer(self):
        self.entry(TRAILER, 0, 0)


def names_below(folder):
    """All names in @folder, relative, each directory before what is in it, sorted by bytes."""
    found = []

    def fail(error):
        path = os.fsdecode(error.filename)
        if error.errno == errno.ENAMETOOLONG:  # even without the folder's own path it's hardly shorter
            raise InitrdError(f"{path[:60]}...: the path has {len(error.filename)} bytes, {MAX_PATH} "
                              "are allowed.")
        raise InitrdError(f"{path}: {error.strerror}.")

    for directory, directories, files in os.walk(os.fsencode(folder), onerror=fail):
        for name in directories + files:
            found.append(os.path.relpath(os.path.join(directory, name), os.fsencode(folder)))
    return [os.fsdecode(name) for name in sorted(found, key=lambda name: name.split(b"/"))]


def check_name(name):
    encoded = os.fsencode(name)
    if len(encoded) > MAX_PATH:
        raise InitrdError(f"{name[:60]}...: the path has {len(encoded)} bytes, {MAX_PATH} are "
                          "allowed.")
    longest = max(encoded.split(b"/"), key=len)
    if len(longest) > MAX_NAME:
        raise InitrdError(f"{name[:60]}...: a name of {len(longest)} bytes, {MAX_NAME} are allowed.")
    if name == TRAILER:
        raise InitrdError(f"{name}: this name ends an archive; choose another.")


def archived_mode(mode):
    """The type, and rights that don't depend on who packs."""
    if stat.S_ISLNK(mode):
        return stat.S_IFLNK | 0o777
    return stat.S_IFMT(mode) | (0o755 if stat.S_ISDIR(mode) or mode & 0o111 else 0o644)


class Packer:
    def __init__(self, folder, out):
        self.folder = Path(folder)
        self.writer = Writer(out)
        self.entries = []   # (name, os.stat_result)
        self.names_of = {}  # (device, inode): how many names below the folder
        self.numbers = {}   # (device, inode): its number in the archive
        self.left = {}      # (device, inode): how many names are still to come

    def look(self):
        for name in names_below(self.folder):
            check_name(name)
            try:
                info = os.lstat(self.folder / name)
            except OSError as error:
                raise InitrdError(f"{self.folder / name}: {error.strerror}.") from None
            self.check(name, info)
            self.entries.append((name, info))
            if stat.S_ISREG(info.st_mode):
                key = info.st_dev, info.st_ino
                self.names_of[key] = self.names_of.get(key, 0) + 1

    def check(self, name, info):
        if stat.S_ISSOCK(info.st_mode):
            raise InitrdError(f"{self.folder / name}: a socket cannot be packed; remove it.")
        if stat.S_ISREG(info.st_mode) and info.st_size > MAX_SIZE:
            raise InitrdError(f"{self.folder / name}: {info.st_size} bytes; a file in a newc archive "
                              f"has at most {MAX_SIZE}.")

    def pack_file(self, name, info, number):
        key = info.st_dev, info.st_ino
        number = self.numbers.setdefault(key, number)
        nlink = self.names_of[key]
        self.left[key] = self.left.get(key, nlink) - 1
        size = 0 if self.left[key] else info.st_size
        self.writer.entry(name, number, archived_mode(info.st_mode), nlink, size)
        if not self.left[key]:
            try:
                with open(self.folder / name, "rb") as source:
                    self.writer.content(source, name, size)
            except OSError as error:
                raise InitrdError(f"{self.folder / name}: {error.strerror}.") from None

    def pack(self):
        self.look()
        for number, (name, info) in enumerate(self.entries, 1):
            mode = archived_mode(info.st_mode)
            if stat.S_ISREG(mode):
                self.pack_file(name, info, number)
            elif stat.S_ISLNK(mode):
                target = os.fsencode(os.readlink(self.folder / name))
                self.writer.entry(name, number, mode, size=len(target))
                self.writer.out.write(target + padding(len(target)))
            elif stat.S_ISDIR(mode):
                self.writer.entry(name, number, mode, nlink=2)
            else:
                device = (os.major(info.st_rdev), os.minor(info.st_rdev))
                self.writer.entry(name, number, mode,
                                  rdev=(0, 0) if stat.S_ISFIFO(mode) else device)
        self.writer.trailer()


def pack(folder, path):
    """Write the archive of @folder to the file @path; nothing is left there if it fails."""
    if not os.path.isdir(folder):
        what = "not a folder" if os.path.exists(folder) else "no such folder"
        raise InitrdError(f"{folder}: {what}.")
    if Path(folder).resolve() in Path(path).resolve().parents:
        raise InitrdError(f"{path}: lies in {folder}, so that it would become a part of itself; choose "
                          "another place.")
    partial = Path(f"{path}.partial")
    try:
        with open(partial, "wb") as out:
            Packer(folder, out).pack()
        os.replace(partial, path)
    except OSError as error:
        raise InitrdError(f"{error.filename or path}: {error.strerror}.") from None
    finally:
        partial.unlink(missing_ok=True)
