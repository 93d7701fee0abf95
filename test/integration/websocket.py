#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# websocket.py SOCKET TARGET [WORD…]: a WebSocket to TARGET of the API. The words, in their order:
#   send:TEXT        a message                   pieces:TEXT     the same in fragments of one byte each, a ping between them
#   bytewise:TEXT    each byte of its frame in a packet of its own
#   wait:TEXT        until that has come         ping            and wait for the pong
#   close            and wait for the answer     cut             go without a word
#   bad:NAME         a frame that no client may send (unmasked, reserved, opcode, longping, continuation): it has to be refused
#   stall            read nothing for as long as this process lives
# Then what came is printed up to the end, and the code of the close frame.
import base64
import hashlib
import os
import signal
import socket
import struct
import sys

path, target, words = sys.argv[1], sys.argv[2], sys.argv[3:]
sock = socket.socket(socket.AF_UNIX)
sock.settimeout(20)
sock.connect(path)
key = base64.b64encode(os.urandom(16)).decode()
sock.sendall((f"GET {target} HTTP/1.1\r\nHost: hoy\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
              f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n").encode())
buffer, came, closed, pongs = b"", b"", None, 0


def more():
    global buffer
    piece = sock.recv(65536)
    buffer += piece
    return piece


while b"\r\n\r\n" not in buffer and more():
    pass
head, buffer = buffer.split(b"\r\n\r\n", 1)
if b" 101 " not in head.split(b"\r\n")[0]:
    print(head.decode().split("\r\n")[0].split(" ", 1)[1])
    sock.shutdown(socket.SHUT_WR)
    while more():
        pass
    print(buffer.decode().strip())
    sys.exit(1)
expected = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
assert f"Sec-WebSocket-Accept: {expected}" in head.decode(), head


def frame(opcode, data, fin=True, masked=True, reserved=0):
    head = bytes([(0x80 if fin else 0) | reserved << 4 | opcode])
    n = len(data)
    size = bytes([n]) if n < 126 else b"\x7e" + struct.pack(">H", n) if n < 65536 else b"\x7f" + struct.pack(">Q", n)
    if not masked:
        return head + size + data
    mask = os.urandom(4)
    return head + bytes([size[0] | 0x80]) + size[1:] + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data))


def take():
    """One frame out of the buffer, or more bytes into it. False at the end."""
    global buffer, came, closed, pongs
    if len(buffer) >= 2:
        n, at = buffer[1] & 0x7f, 2
        assert not buffer[1] & 0x80, "a server does not mask"
        if n >= 126:
            n, at = (struct.unpack(">H", buffer[2:4])[0], 4) if n == 126 and len(buffer) >= 4 else \
                (struct.unpack(">Q", buffer[2:10])[0], 10) if n == 127 and len(buffer) >= 10 else (1 << 62, 0)
        if len(buffer) >= at + n:
            opcode, data, buffer = buffer[0] & 15, buffer[at:at + n], buffer[at + n:]
            if opcode == 2:
                came += data
            elif opcode == 8:
                closed = struct.unpack(">H", data[:2])[0]
            elif opcode == 10:
                pongs += 1
            return True
    return bool(more())


bad = {
    "unmasked": frame(1, b"x", masked=False), "reserved": frame(1, b"x", reserved=4), "opcode": frame(3, b"x"),
    "longping": frame(9, b"x" * 126), "continuation": frame(0, b"x"),
}
for word in words:
    name, _, text = word.partition(":")
    data = text.encode().decode("unicode_escape").encode("latin1")
    if name == "send":
        sock.sendall(frame(1, data))
    elif name == "pieces":
        for i in range(len(data)):
            sock.sendall(frame(1 if i == 0 else 0, data[i:i + 1], fin=i == len(data) - 1))
            sock.sendall(frame(9, b"between"))
    elif name == "bytewise":
        for byte in frame(2, data):
            sock.sendall(bytes([byte]))
    elif name == "wait":
        while data not in came:
            assert take(), came
    elif name == "ping":
        before = pongs
        sock.sendall(frame(9, b"hello"))
        while pongs == before:
            assert take()
    elif name == "close":
        sock.sendall(frame(8, struct.pack(">H", 1000)))
    elif name == "bad":
        sock.sendall(bad[text])
    elif name == "cut":
        sys.exit(0)
    elif name == "stall":
        print("stalled", flush=True)
        signal.pause()
while take():
    pass
sys.stdout.write(came.decode(errors="replace"))
print("closed", closed)
