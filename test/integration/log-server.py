#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A server for logs: writes what it gets to a file, a message a line. OUT.ready is there when it listens.

log-server.py KIND ADDRESS OUT [ack|stall]

KIND      raw (bytes as they come), fluentd, gelf, journald
ADDRESS   tcp:PORT, tls:PORT (with ./cert.pem and ./key.pem), udp:PORT, unix:PATH, unixgram:PATH
ack       fluentd: acknowledge messages that ask for it
stall     take the connection and read nothing
"""
import gzip
import json
import os
import socket
import ssl
import struct
import sys
import threading
import zlib

kind, address, out_path = sys.argv[1:4]
mode = sys.argv[4] if len(sys.argv) > 4 else ""
out = open(out_path, "a", encoding="utf-8", buffering=1)
lock = threading.Lock()


def emit(text):
    with lock:
        out.write(text + "\n")


class Unpacker:
    """As much of msgpack as logs need."""

    def __init__(self, data):
        self.data, self.pos = data, 0

    def take(self, n):
        if self.pos + n > len(self.data):
            raise EOFError
        self.pos += n
        return self.data[self.pos - n:self.pos]

    def number(self, fmt):
        return struct.unpack(">" + fmt, self.take(struct.calcsize(fmt)))[0]

    def value(self):
        t = self.number("B")
        if t < 0x80:
            return t
        if t < 0x90:
            return self.mapping(t & 15)
        if t < 0xa0:
            return [self.value() for _ in range(t & 15)]
        if t < 0xc0:
            return self.take(t & 31).decode("utf-8", "replace")
        if t in (0xd9, 0xda, 0xdb):
            return self.take(self.number({0xd9: "B", 0xda: "H", 0xdb: "I"}[t])).decode("utf-8", "replace")
        if t == 0xd3:
            return self.number("q")
        if t == 0xd7:
            return {"ext": self.number("b"), "s": self.number("I"), "ns": self.number("I")}
        if t == 0xde:
            return self.mapping(self.number("H"))
        raise ValueError("msgpack type %#x" % t)

    def mapping(self, n):
        return {self.value(): self.value() for _ in range(n)}


def pack_str(text):
    return bytes([0xa0 | len(text)]) + text.encode()


def serve_fluentd(conn):
    data = b""
    while True:
        more = conn.recv(65536)
        if not more:
            return
        data += more
        while data:
            u = Unpacker(data)
            try:
                message = u.value()
            except EOFError:
                break
            data = data[u.pos:]
            emit(json.dumps(message, sort_keys=True))
            if mode == "ack":
                conn.sendall(b"\x81" + pack_str("ack") + pack_str(message[3]["chunk"]))


def serve_raw(conn):
    while True:
        data = conn.recv(65536)
        if not data:
            return
        with lock:
            out.write(data.decode("utf-8", "replace"))


def serve_gelf(conn):
    data = b""
    while True:
        more = conn.recv(65536)
        if not more:
            return
        data += more
        *messages, data = data.split(b"\0")
        for message in messages:
            emit(json.dumps(json.loads(message), sort_keys=True))


chunks = {}


def datagram_gelf(data):
    if data[:2] == b"\x1e\x0f":
        key, index, count = data[2:10], data[10], data[11]
        parts = chunks.setdefault(key, {})
        parts[index] = data[12:]
        if len(parts) < count:
            return
        data = b"".join(parts[i] for i in range(count))
        emit("chunks %d" % count)
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    elif data[:1] == b"\x78":
        data = zlib.decompress(data)
    emit(json.dumps(json.loads(data), sort_keys=True))


def datagram_journald(data):
    fields = {}
    while data:
        end = data.index(b"\n")
        name, equals, value = data[:end].partition(b"=")
        data = data[end + 1:]
        if not equals:
            size = struct.unpack("<Q", data[:8])[0]
            value, data = data[8:8 + size], data[8 + size + 1:]
        fields[name.decode()] = value.decode("utf-8", "replace")
    emit(json.dumps(fields, sort_keys=True))


def datagram_raw(data):
    with lock:
        out.write(data.decode("utf-8", "replace"))


def listen():
    proto, where = address.split(":", 1)
    if proto in ("tcp", "tls", "udp"):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if proto == "udp" else socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", int(where)))
    else:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM if proto == "unix" else socket.SOCK_DGRAM)
        if os.path.exists(where):
            os.unlink(where)
        sock.bind(where)
    if proto in ("udp", "unixgram"):
        return sock, False
    sock.listen(8)
    return sock, True


def serve(conn):
    if address.startswith("tls"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain("cert.pem", "key.pem")
        conn = context.wrap_socket(conn, server_side=True)
    globals()["serve_" + kind](conn)


def main():
    sock, stream = listen()
    open(out_path + ".ready", "w", encoding="ascii").close()
    held = []
    while True:
        if not stream:
            globals()["datagram_" + kind](sock.recv(1 << 20))
            continue
        conn, _ = sock.accept()
        if mode == "stall":
            conn.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            held.append(conn)
            continue
        threading.Thread(target=serve, args=(conn,), daemon=True).start()


main()
