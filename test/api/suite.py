# SPDX-License-Identifier: Apache-2.0
"""What a group of API cases is written with: requests, what is expected of the answers, TAP.

A group is a function that gets a Suite `t`. Each call of it is one case and one line of TAP:

    t("GET /containers/gone/json", 404, "No such container: gone")
    t("POST /containers/create?name=a", 201, {"Id": ID}, body={"Image": "bb"})

The expectation is Docker's. `old` is what dockerd 20.10 (API 1.41) says where that is something else, `since` the API version
(the minor one) that a case needs: an older dockerd is not asked. `ours` is what hoyd says where it means to differ: (status,
expectation, reason). `mistake`: dockerd answers a mistake of the client with 500, hoyd with 400. dockerd 20.10 does so most of
the time, and in words of its own: where 400 is expected, it has to refuse.

An expectation is None (not looked at), a string (the error's message, or the whole body), a compiled pattern (found in the
message or the body), a list (the JSON value), a function of the JSON value, or a dict of "Member.Member" to values, types, patterns,
functions or ABSENT.
"""
import http.client
import json
import os
import re
import socket
import sys
import time
import traceback

SOCKET = os.environ["SUITE_SOCKET"]
ENGINE = os.environ.get("SUITE_ENGINE", "hoyd")
TIMEOUT = 60
ABSENT = object()
ID = re.compile("[0-9a-f]{64}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


class UnixConnection(http.client.HTTPConnection):
    def __init__(self):
        super().__init__("engine", timeout=TIMEOUT)

    def connect(self):
        self.sock = connect()


def connect():
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(TIMEOUT)
    sock.connect(SOCKET)
    return sock


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def lines(self):
        return [json.loads(line) for line in self.body.split(b"\n") if line.strip()]

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def message(self):
        try:
            return self.json["message"]
        except (ValueError, TypeError, KeyError):
            return self.text


def call(method, path, body=None, headers=None):
    """A request on a connection of its own; a dict or list goes as JSON."""
    headers = dict(headers or {})
    if isinstance(body, (dict, list)):
        body = json.dumps(body)
        headers.setdefault("Content-Type", "application/json")
    connection = UnixConnection()
    try:
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def raw(data, half_close=True):
    """Bytes as they are; what comes back until the engine closes."""
    with connect() as sock:
        sock.settimeout(15)
        try:
            sock.sendall(data)
            if half_close:
                sock.shutdown(socket.SHUT_WR)
        except BrokenPipeError:
            pass
        got = b""
        try:
            while True:
                part = sock.recv(65536)
                if not part:
                    return got
                got += part
        except (ConnectionResetError, socket.timeout):
            return got


def upto(sock, end):
    data = b""
    while not data.endswith(end):
        part = sock.recv(1)
        if not part:
            raise EOFError("the stream ended with %r" % data)
        data += part
    return data


def hijack(method, path, body=None, upgrade="tcp", headers=()):
    """(socket, head) of a request that asks for the connection itself."""
    sock = connect()
    data = json.dumps(body).encode() if body is not None else b""
    lines = ["%s %s HTTP/1.1" % (method, path), "Host: engine", "Connection: Upgrade", "Upgrade: " + upgrade, *headers]
    if body is not None:
        lines += ["Content-Type: application/json", "Content-Length: %d" % len(data)]
    sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode() + data)
    return sock, upto(sock, b"\r\n\r\n").decode()


def frames(data):
    """[(stream, bytes)] of a multiplexed stream, neighbours of one stream put together."""
    found = []
    while data:
        stream, size = data[0], int.from_bytes(data[4:8], "big")
        if found and found[-1][0] == stream:
            found[-1] = (stream, found[-1][1] + data[8:8 + size])
        else:
            found.append((stream, data[8:8 + size]))
        data = data[8 + size:]
    return found


def member(value, path):
    for name in path.split("."):
        if isinstance(value, list):
            value = value[int(name)] if int(name) < len(value) else ABSENT
        elif isinstance(value, dict):
            value = value.get(name, ABSENT)
        else:
            return ABSENT
        if value is ABSENT:
            return ABSENT
    return value


def fits(value, want):
    if want is ABSENT or value is ABSENT and (isinstance(want, (type, re.Pattern)) or not callable(want)):
        return want is value
    value = None if value is ABSENT else value
    if isinstance(want, type):
        return isinstance(value, want) and not (want is int and isinstance(value, bool))
    if isinstance(want, re.Pattern):
        return isinstance(value, str) and want.fullmatch(value) is not None
    if callable(want):
        return bool(want(value))
    return value == want and type(value) is type(want)


def problem(answer, status, want):
    """What is wrong with the answer in a sentence; None when nothing is."""
    if status is not None and answer.status not in (status if isinstance(status, tuple) else (status,)):
        return "status %d, expected %s" % (answer.status, status)
    if want is None:
        return None
    if isinstance(want, str):
        if want in (answer.message.strip(), answer.text):
            return None
        return "the message is not %r" % want
    if isinstance(want, re.Pattern):
        return None if want.search(answer.message) or want.search(answer.text) else "the body does not fit %r" % want.pattern
    value = answer.json
    if isinstance(want, dict):
        for path, expected in want.items():
            got = member(value, path)
            if not fits(got, expected):
                return "%s is %s, expected %s" % (path, "absent" if got is ABSENT else json.dumps(got)[:200], show(expected))
        return None
    return None if fits(value, want) else "the body is not %s" % show(want)


def show(want):
    if want is ABSENT:
        return "absent"
    return want.__name__ if isinstance(want, type) else want.pattern if isinstance(want, re.Pattern) else repr(want)


class Suite:
    def __init__(self):
        self.count = self.bad = self.left_out = 0
        self.group = ""
        self.differs = []
        version = call("GET", "/version").json
        self.minor = int(version["ApiVersion"].split(".")[1])
        self.hoyd = ENGINE == "hoyd"

    def report(self, good, name, why=""):
        self.count += 1
        self.bad += not good
        name = " ".join(name.split()).replace("#", "%23")
        print("%sok %d %s: %s" % ("" if good else "not ", self.count, self.group, name[:200]), flush=True)
        for line in [] if good else why.split("\n"):
            print("# " + line)

    def __call__(self, request, status, want=None, body=None, headers=None, old=None, since=0, ours=None, mistake=False):
        """One case: a request and what is expected. The answer, for cases that build on it; None when it was left out."""
        method, path = request.split(" ", 1)
        name = request if body is None else "%s %s" % (request, body[:120] if isinstance(body, (str, bytes)) else json.dumps(body)[:120])
        if self.minor < since:
            self.left_out += 1
            return None
        if ours and self.hoyd:
            status, want = ours[:2]
        elif old and self.minor <= 41:
            status, want = old
        elif mistake and self.hoyd:
            status = 400
        elif status == 400 and self.minor <= 41:
            status, want = (400, 500), None
        answer = call(method, path.replace(" ", "%20"), body, headers)
        try:
            why = problem(answer, status, want)
        except ValueError:
            why = "the body is not JSON"
        if why:
            why += "\nthe answer: %d %s" % (answer.status, answer.text.strip()[:1500])
        self.report(not why, name, why or "")
        return answer

    def check(self, name, good, why=""):
        """One case that is more than a request and an answer."""
        self.report(bool(good), name, str(why))

    def do(self, request, body=None, headers=None):
        """A step on the way: no case, but it has to succeed."""
        method, path = request.split(" ", 1)
        answer = call(method, path.replace(" ", "%20"), body, headers)
        if answer.status >= 400:
            raise RuntimeError("%s: %d %s" % (request, answer.status, answer.message))
        return answer

    def create(self, name, cmd=("sleep", "1000"), **config):
        """A container without a network of its own; its id."""
        host = {"NetworkMode": "none", **config.pop("HostConfig", {})}
        body = {"Image": "bb", "Cmd": list(cmd), "HostConfig": host, **config}
        return self.do("POST /containers/create?name=" + name, body).json["Id"]

    def start(self, name, cmd=("sleep", "1000"), **config):
        ident = self.create(name, cmd, **config)
        self.do("POST /containers/%s/start" % name)
        return ident

    def run(self, name, cmd, **config):
        """The same to its end; its exit code."""
        self.start(name, cmd, **config)
        return self.do("POST /containers/%s/wait" % name).json["StatusCode"]

    def state(self, name):
        return self.do("GET /containers/%s/json" % name).json["State"]

    def until(self, what, seconds=20):
        """The first true value of what(); fails when there is none in time."""
        end = time.monotonic() + seconds
        while True:
            value = what()
            if value:
                return value
            if time.monotonic() > end:
                raise RuntimeError("waited in vain")
            time.sleep(0.02)

    def clean(self):
        """Nothing of one group is there for the next."""
        for item in call("GET", "/containers/json?all=1").json:
            call("DELETE", "/containers/%s?force=1&v=1" % item["Id"])
        for item in call("GET", "/networks").json:
            if item["Name"] not in ("bridge", "host", "none"):
                call("DELETE", "/networks/" + item["Id"])
        for item in call("GET", "/volumes").json["Volumes"] or []:
            call("DELETE", "/volumes/" + item["Name"])

    def run_group(self, function):
        self.group = function.__module__.replace("_cases", "") + " " + function.__name__.replace("_", " ")
        try:
            function(self)
        except Exception:  # the other groups are run all the same
            self.report(False, "the group broke off", traceback.format_exc())
        self.clean()


def main(modules, wanted):
    """Run every group (a function whose name begins with a lower-case letter and that the module itself defines)."""
    suite = Suite()
    for module in modules:
        for function in list(vars(module).values()):
            if getattr(function, "__module__", "") != module.__name__ or not getattr(function, "is_group", False):
                continue
            if not wanted or any(word in module.__name__ or word == function.__name__ for word in wanted):
                suite.run_group(function)
    if suite.left_out:
        print("# left out for API 1.%d: %d cases" % (suite.minor, suite.left_out))
    print("1..%d" % suite.count)
    return 1 if suite.bad or not suite.count else 0


def group(function):
    function.is_group = True
    return function


if __name__ == "__main__":
    sys.exit("suite.py is a part of test/api/run")
