#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""console.py COMMAND... --console-socket PATH ...: listens on PATH, runs the command, prints what the terminal says."""
import array
import os
import socket
import subprocess
import sys

path = sys.argv[sys.argv.index('--console-socket') + 1]
listener = socket.socket(socket.AF_UNIX)
listener.bind(path)
listener.listen()
status = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
conn, _ = listener.accept()
name, anc, _, _ = conn.recvmsg(256, socket.CMSG_SPACE(4))
master = array.array('i', anc[0][2])[0]
print('name', name.decode())
sys.stdout.flush()
while True:
    try:
        data = os.read(master, 4096)
    except OSError:
        break
    if not data:
        break
    os.write(1, data)
sys.exit(status.wait())
