#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""follow-logs.py SOCKET CONTAINER N: N followers of a container's log at once. Says "following" when each of them has its
first line, and at the end of the container how many got how many bytes: a line for each number."""
import collections
import selectors
import socket
import sys

path, container, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
selector = selectors.DefaultSelector()
got = {}
for _ in range(count):
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(path)
    sock.sendall(b"GET /containers/%s/logs?stdout=1&follow=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % container.encode())
    got[sock] = b""
    selector.register(sock, selectors.EVENT_READ)
waiting = set(got)
while selector.get_map():
    for key, _ in selector.select():
        data = key.fileobj.recv(65536)
        got[key.fileobj] += data
        if not data:
            selector.unregister(key.fileobj)
        if waiting and b"first" in got[key.fileobj]:
            waiting.discard(key.fileobj)
            if not waiting:
                print("following", flush=True)


def body(answer):
    """The lines' bytes: neither chunks nor frames."""
    data, out = answer.split(b"\r\n\r\n", 1)[1], b""
    while data:
        size, data = data.split(b"\r\n", 1)
        out, data = out + data[:int(size, 16)], data[int(size, 16) + 2:]
    text = 0
    while out:
        length = int.from_bytes(out[4:8], "big")
        text, out = text + length, out[8 + length:]
    return text


for size, n in sorted(collections.Counter(body(answer) for answer in got.values()).items()):
    print(n, "followers:", size, "bytes")
