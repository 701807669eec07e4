"""What the tools' own tests share: where things are, a fake QEMU, and results as TAP."""

import os
import subprocess
import sys
import tempfile
import traceback
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))


class TapResult(unittest.TestResult):
    """Prints a line for each test as it ends."""

    def __init__(self):
        super().__init__()
        self.number = 0

    def tell(self, test, word, notes=""):
        self.number += 1
        for line in notes.rstrip().splitlines():
            print(f"# {line}")
        name = test.id().removeprefix("__main__.").replace(" ", "_").replace("#", "")
        print(f"{word} {self.number} {name}", flush=True)

    def addSuccess(self, test):
        self.tell(test, "ok")

    def addSubTest(self, test, subtest, err):
        """A failed part of a test: remembered, and told when the test itself ends."""
        super().addSubTest(test, subtest, err)
        if err:
            self.parts.append(f"{subtest}\n" + "".join(traceback.format_exception(*err)[-2:]))

    def startTest(self, test):
        super().startTest(test)
        self.parts = []

    def stopTest(self, test):
        super().stopTest(test)
        if self.parts:
            self.tell(test, "not ok", "".join(self.parts))

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.tell(test, "not ok", "".join(traceback.format_exception(*err)[-2:]))

    def addError(self, test, err):
        super().addError(test, err)
        self.tell(test, "not ok", "".join(traceback.format_exception(*err)[-2:]))


def main():
    tests = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    print(f"1..{tests.countTestCases()}", flush=True)
    result = TapResult()
    tests.run(result)
    sys.exit(not result.wasSuccessful())


class FakeMachine:
    """A directory with a fake QEMU and a kernel file, gone at the end of `with`."""

    def __init__(self, script):
        self.script = script

    def __enter__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="atoll-harness-")
        self.directory = Path(self.temporary.name)
        self.qemu = self.directory / "qemu"
        self.arguments = self.directory / "arguments"
        self.kernel = self.directory / "kernel.elf"
        self.kernel.write_bytes(b"not a kernel")
        executable(self.qemu, f"#!/bin/sh\nprintf '%s\\n' \"$@\" >{self.arguments}\n{self.script}\n")
        return self

    def __exit__(self, *_):
        self.temporary.cleanup()

    def run(self, *args, qemu=None, stdin=""):
        """tools/run with these arguments: the finished process, with text output."""
        environment = {**os.environ, "ATOLL_QEMU": str(qemu or self.qemu)}
        return subprocess.run([sys.executable, str(ROOT / "tools" / "run"), "--kernel",
                               str(self.kernel), *args], env=environment, cwd=ROOT, text=True,
                              capture_output=True, input=stdin, timeout=60)

    def told_qemu(self):
        return self.arguments.read_text().splitlines()


def executable(path, text):
    path.write_text(text)
    path.chmod(0o755)
