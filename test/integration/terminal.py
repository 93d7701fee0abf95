# SPDX-License-Identifier: Apache-2.0
"""A person at a terminal: a program on a pty of its own, typed to, waited for, resized."""
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time


class Terminal:
    def __init__(self, *argv, rows=33, cols=99):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            time.sleep(0.2)     # the size is set by now
            os.execvp(argv[0], argv)
        self.argv, self.text = " ".join(argv), b""
        self.size(rows, cols)

    def size(self, rows, cols):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def type(self, text):
        os.write(self.fd, text.encode())
        return self

    def kill(self, number):
        os.kill(self.pid, number)

    def expect(self, text, seconds=20):
        """Wait until text was shown behind all that was expected before."""
        wanted, end = text.encode(), time.time() + seconds
        while wanted not in self.text:
            ready, _, _ = select.select([self.fd], [], [], max(0, end - time.time()))
            try:
                data = os.read(self.fd, 65536) if ready else b""
            except OSError:
                data = b""
            if not data:
                raise AssertionError("%s: %r was expected, there is %r" % (self.argv, text, self.text))
            self.text += data
        self.text = self.text.split(wanted, 1)[1]
        return self

    def end(self, code, seconds=20):
        """Wait for the exit code; the terminal must be as it was."""
        end = time.time() + seconds
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                break
            if time.time() > end:
                os.kill(self.pid, signal.SIGKILL)
                raise AssertionError("%s does not end" % self.argv)
            time.sleep(0.02)
        got = os.waitstatus_to_exitcode(status)
        assert got == code, "%s: exit code %d, expected %d, %r" % (self.argv, got, code, self.text)
        assert termios.tcgetattr(self.fd)[3] & termios.ECHO, "%s left the terminal raw" % self.argv
        os.close(self.fd)
