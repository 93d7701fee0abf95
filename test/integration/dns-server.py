#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A name server for tests: dns-server.py ADDRESS LOG. To a question of type A for any name it says 192.0.2.53, by UDP and
TCP; each question is a line of LOG. With "ask ADDRESS NAME [tcp]" instead it is a client and prints the address it hears."""
import select
import socket
import struct
import sys


def answer(query):
    end = query.index(b"\0", 12) + 5
    kind = struct.unpack(">H", query[end - 4:end - 2])[0]
    head = query[:2] + struct.pack(">HHHHH", 0x8180, 1, 1 if kind == 1 else 0, 0, 0)
    record = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + bytes([192, 0, 2, 53])
    return head + query[12:end] + (record if kind == 1 else b"")


def name_of(query):
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    return ".".join(labels)


def serve(address, log):
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    for sock in udp, tcp:
        sock.bind((address, 53))
    tcp.listen(8)
    out = open(log, "a", buffering=1)
    out.write("ready\n")
    while True:
        for sock in select.select([udp, tcp], [], [])[0]:
            if sock is udp:
                query, peer = udp.recvfrom(4096)
                out.write("udp %s\n" % name_of(query))
                udp.sendto(answer(query), peer)
            else:
                conn = tcp.accept()[0]
                size = conn.recv(2, socket.MSG_WAITALL)
                if len(size) == 2:
                    query = conn.recv(struct.unpack(">H", size)[0], socket.MSG_WAITALL)
                    out.write("tcp %s\n" % name_of(query))
                    reply = answer(query)
                    conn.sendall(struct.pack(">H", len(reply)) + reply)
                conn.close()


def ask(address, name, tcp):
    labels = b"".join(bytes([len(l)]) + l.encode() for l in name.split(".")) + b"\0"
    query = struct.pack(">HHHHHH", 0x4711, 0x0100, 1, 0, 0, 0) + labels + struct.pack(">HH", 1, 1)
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
    sock.settimeout(5)
    sock.connect((address, 53))
    sock.sendall(struct.pack(">H", len(query)) + query if tcp else query)
    reply = sock.recv(struct.unpack(">H", sock.recv(2, socket.MSG_WAITALL))[0], socket.MSG_WAITALL) if tcp else sock.recv(4096)
    assert reply[:2] == query[:2]
    code, count = reply[3] & 15, struct.unpack(">H", reply[6:8])[0]
    print("code %d" % code if code or not count else ".".join(str(b) for b in reply[-4:]))


if sys.argv[1] == "ask":
    ask(sys.argv[2], sys.argv[3], "tcp" in sys.argv[4:])
else:
    serve(sys.argv[1], sys.argv[2])
