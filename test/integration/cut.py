#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""cut.py SOCKET COMMAND...: connections that end where nobody expects it.

    say CONTAINER HOW      attach with stdin alone, say as much as is taken, and go: by "close", "half" or a WebSocket's "ws" (its
                           close frame) or "wscut" (without a word). Prints how many bytes were said
    mute CONTAINER LINE    attach with everything, read nothing, say LINE; "typed" when that is said, then as stdin ends: go
    head HOW TARGET LINE   the request POST (or, before a '?', GET for logs and attach/ws) to TARGET cut behind each of its
                           bytes; with LINE as what is said behind it. HOW: fin, rst or half. "{exec}" in TARGET is a new exec
    pour CONTAINER         attach with everything, start it, and say something for as long as it lasts while its output is read with
                           pauses. Prints how many bytes of output came up to the end
    crowd N CONTAINER      N that attach at once; "here" when each is told so, and as stdin ends: go
    idle N [TEXT]          N connections that ask nothing, or begin to; "here", and as stdin ends: go
"""
import base64
import json
import os
import socket
import struct
import sys
import threading
import time

path, command, args = sys.argv[1], sys.argv[2], sys.argv[3:]
UPGRADE = "Connection: Upgrade\r\nUpgrade: tcp\r\n"


def connect():
    if path.startswith("/"):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(30)
        sock.connect(path)
        return sock
    host, port = path.rsplit(":", 1)
    return socket.create_connection((host, int(port)), 30)


def request(method, target, headers="", body=""):
    if body:
        headers += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{method} {target} HTTP/1.1\r\nHost: x\r\n{headers}\r\n{body}".encode()


def read_head(sock):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = sock.recv(1)
        if not byte:
            raise EOFError(head)
        head += byte
    return head


def call(method, target, body=""):
    """One request, one answer, decoded."""
    with connect() as sock:
        sock.sendall(request(method, target, "Connection: close\r\n", body))
        answer = b""
        while piece := sock.recv(65536):
            answer += piece
    return json.loads(answer.split(b"\r\n\r\n", 1)[1] or b"null")


def go(sock, how):
    if how == "rst" and sock.family == socket.AF_INET:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if how == "half":
        sock.shutdown(socket.SHUT_WR)
        try:
            while sock.recv(65536):
                pass
        except ConnectionResetError:
            pass
    sock.close()


def fill(sock, piece):
    """Send until nothing more is taken for a while."""
    said, data = 0, b""
    sock.settimeout(0.4)
    while True:
        data = data or piece
        try:
            n = sock.send(data)
        except socket.timeout:
            break
        said, data = said + n, data[n:]
    sock.settimeout(30)
    return said, data


def frame(opcode, data):
    mask = os.urandom(4)
    head = bytes([0x80 | opcode, 0x80 | 126]) + struct.pack(">H", len(data)) if len(data) >= 126 else bytes([0x80 | opcode, 0x80 | len(data)])
    return head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data))


def say(container, how):
    sock = connect()
    if not how.startswith("ws"):
        sock.sendall(request("POST", f"/containers/{container}/attach?stream=1&stdin=1", UPGRADE))
        read_head(sock)
        said, _ = fill(sock, b"x" * 50000)
        print(said, flush=True)
        return go(sock, how)
    key = base64.b64encode(os.urandom(16)).decode()
    sock.sendall(request("GET", f"/containers/{container}/attach/ws?stream=1&stdin=1",
                         f"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"))
    read_head(sock)
    whole = frame(2, b"x" * 50000)
    said, rest = fill(sock, whole)
    frames, cut = divmod(said, len(whole))
    if how == "wscut":
        print(frames * 50000 + max(0, cut - 8), flush=True)  # a frame's head has eight bytes
        return go(sock, "close")
    print((frames + (cut > 0)) * 50000, flush=True)
    sock.sendall((rest if cut else b"") + frame(8, struct.pack(">H", 1000)))  # when the container goes on
    while sock.recv(65536):
        pass
    sock.close()


def mute(container, line):
    sock = connect()
    sock.sendall(request("POST", f"/containers/{container}/attach?stream=1&stdin=1&stdout=1&stderr=1", UPGRADE))
    read_head(sock)
    print("here", flush=True)
    sys.stdin.readline()
    sock.sendall(line.encode() + b"\n")
    print("typed", flush=True)
    sys.stdin.read()
    sock.close()


def pour(container):
    sock = connect()
    sock.sendall(request("POST", f"/containers/{container}/attach?stream=1&stdin=1&stdout=1", UPGRADE))
    read_head(sock)
    call("POST", f"/containers/{container}/start")

    def talk():
        try:
            while True:
                sock.sendall(b"x" * 100)
                time.sleep(0.001)
        except OSError:
            pass

    threading.Thread(target=talk, daemon=True).start()
    data, n = b"", 0
    while piece := sock.recv(8192):
        data += piece
        if len(data) < 500000:
            time.sleep(0.002)
    while data:
        size = int.from_bytes(data[4:8], "big")
        n, data = n + len(data[8:8 + size]), data[8 + size:]
    print(n)


def prepare(target):
    """The whole request to one of them."""
    if "{exec}" in target:
        container = target.split("=", 1)[1]
        made = call("POST", f"/containers/{container}/exec", '{"Cmd":["cat"],"AttachStdin":true,"AttachStdout":true}')
        return request("POST", f"/exec/{made['Id']}/start", UPGRADE, '{"Detach":false}')
    if "/attach/ws" in target:
        key = base64.b64encode(os.urandom(16)).decode()
        return request("GET", target, f"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n")
    if "/logs" in target:
        return request("GET", target)
    return request("POST", target, UPGRADE)


def cut_request(how, target, line):
    """Behind each byte of the request and of what is said behind it."""
    whole = prepare(target)
    body = frame(2, line) if "/attach/ws" in target else line
    for k in range(1, len(whole) + len(body) + 1):
        data = (prepare(target) if k > len(whole) - 2 else whole) + body
        with connect() as sock:
            sock.sendall(data[:k])
            if k <= len(whole):
                go(sock, "fin" if how == "half" else how)
            elif how == "half" and "/attach" in target and "{exec}" not in target:
                sock.shutdown(socket.SHUT_WR)
                read_head(sock)
                go(sock, "fin")
            else:
                go(sock, how)
    return len(whole) + len(body)


def cut_answer(how, target, line):
    """Behind each byte that comes: the head, and the first frame."""
    k = 0
    while True:
        k += 1
        with connect() as sock:
            data = prepare(target)
            sock.sendall(data + (frame(2, line) if "/attach/ws" in target else line))
            got = b""
            while len(got) < k:
                got += sock.recv(k - len(got))
            go(sock, "fin" if how == "half" else how)
        if b"\r\n\r\n" in got and len(got.split(b"\r\n\r\n", 1)[1]) > 12:
            return k


def wait_for_stdin(socks):
    print("here", flush=True)
    sys.stdin.read()
    for sock in socks:
        sock.close()


def crowd(n, container):
    socks = []
    for _ in range(n):
        sock = connect()
        sock.sendall(request("POST", f"/containers/{container}/attach?stream=1&stdout=1", UPGRADE))
        read_head(sock)
        socks.append(sock)
    wait_for_stdin(socks)


if command == "say":
    say(*args)
elif command == "pour":
    pour(*args)
elif command == "mute":
    mute(*args)
elif command == "head":
    begin = time.monotonic()
    n = cut_request(args[0], args[1], args[2].encode()) + cut_answer(args[0], args[1], args[2].encode())
    print(f"{n} cuts, {(time.monotonic() - begin) * 1000 / n:.1f} ms each")
elif command == "crowd":
    crowd(int(args[0]), args[1])
elif command == "idle":
    idlers = [connect() for _ in range(int(args[0]))]
    for idler in idlers:
        idler.sendall("".join(args[1:]).encode())
    wait_for_stdin(idlers)
