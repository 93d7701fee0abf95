# SPDX-License-Identifier: Apache-2.0
"""The protocol itself: versions, paths, heads, bodies."""
import re

from suite import call, group, raw

PAGE = {"message": "page not found"}


@group
def versions(t):
    newest = t.minor
    for minor in range(40, newest + 1):
        t("GET /v1.%d/version" % minor, 200, {"ApiVersion": "1.%d" % newest, "Os": "linux"})
    t("GET /version", 200, {"ApiVersion": "1.%d" % newest})
    t("GET /v1.%d/version" % (newest + 1), 400, "client version 1.%d is too new. Maximum supported API version is 1.%d" % (newest + 1, newest))
    t("GET /v1.11/version", 400, re.compile(r"client version 1\.11 is too old\. Minimum supported API version is 1\.\d+, please upgrade your client to a newer version"))
    t("GET /v2.0/version", 400, re.compile(r"client version 2\.0 is too new"))
    t("GET /v1/version", 400, re.compile(r"client version 1(\.0)? is too old"))
    t("GET /vx/version", 404, "page not found")
    t("GET /v1.41", 404, "page not found")


@group
def ping(t):
    for path in ("/_ping", "/v1.40/_ping"):
        answer = t("GET " + path, 200, "OK")
        for name, value in (("Api-Version", "1.%d" % t.minor), ("Docker-Experimental", "false"), ("Ostype", "linux"),
                            ("Cache-Control", "no-cache, no-store, must-revalidate"), ("Pragma", "no-cache"),
                            ("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", "2")):
            t.check("%s: %s" % (path, name), answer.headers[name] == value, answer.headers[name])
        t.check(path + ": Server", re.fullmatch(r"\w+/\S+ \(linux\)", answer.headers["Server"]), answer.headers["Server"])
        head = t("HEAD " + path, 200, "")
        t.check(path + ": HEAD has the same head", drop_date(head) == drop_date(answer), drop_date(head))
    t("POST /_ping", 404, PAGE)


def drop_date(answer):
    return sorted((name, value) for name, value in answer.headers.items() if name not in ("Date", "Content-Length"))


@group
def paths(t):
    t("GET /", 404, PAGE)
    t("GET /nope", 404, PAGE)
    t("PUT /version", 404, PAGE)
    t("DELETE /info", 404, PAGE)
    t("GET /containers", 404, PAGE)
    t("GET /containers/x", 404, PAGE)
    t("GET /containers/a/b/json", 404)
    t("POST /containers/json", 404, PAGE)
    t("GET /images/x", 404, PAGE)
    t("GET /exec/x", 404, PAGE)
    t("POST /volumes", 404, PAGE)
    t("POST /networks", 404, PAGE)
    t("PATCH /containers/json", 404, PAGE)
    t("GET /containers/a%2Fb/json", 404)
    t("GET /containers/%2e%2e/json", 301, ours=(404, None, "hoyd redirects nobody"))
    for path in ("/containers/../version", "/../version", "/v1.41/../version"):
        answer = raw(b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path.encode())
        t.check("%s leads nowhere" % path, not answer.startswith(b"HTTP/1.1 200 "), answer[:300])
    for path in ("/containers//json", "//version", "/version/"):
        answer = raw(b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path.encode())
        t.check("%s is not served" % path, answer[:12] in (b"HTTP/1.1 404", b"HTTP/1.1 301"), answer[:300])


@group
def malformed(t):
    long = b"a" * 2_000_000
    for name, data, codes in (
            ("no HTTP at all", b"hello\r\n\r\n", (400,)),
            ("no version", b"GET /_ping\r\n\r\n", (400,)),
            ("HTTP/3", b"GET /_ping HTTP/3.0\r\nHost: x\r\n\r\n", (400, 505)),
            ("no host", b"GET /_ping HTTP/1.1\r\n\r\n", (400,)),
            ("two hosts", b"GET /_ping HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", (400,)),
            ("space in the name of a header", b"GET /_ping HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n", (400,)),
            ("a header without a colon", b"GET /_ping HTTP/1.1\r\nHost: x\r\nnothing\r\n\r\n", (400,)),
            ("a length that is no number", b"POST /_ping HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", (400,)),
            ("a length below zero", b"POST /_ping HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", (400,)),
            ("two lengths", b"POST /_ping HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", (400,)),
            ("an unknown transfer coding", b"POST /auth HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: odd\r\n\r\n", (400, 501)),
            ("a head without end", b"GET /_ping HTTP/1.1\r\nHost: x\r\nX: " + long + b"\r\n\r\n", (431,)),
            ("an escape that is none", b"GET /containers/%zz/json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", (400,)),
            ("NUL in the path", b"GET /containers/a%00b/json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", (400, 404))):
        answer = raw(data)
        t.check(name, any(answer.startswith(b"HTTP/1.1 %d " % code) for code in codes), answer[:300])
    cut = raw(b"POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
    t.check("a body that is cut short is no request", b" 201 " not in cut[:20], cut[:300])
    chunk = raw(b"POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n")
    t.check("a chunk whose size is no number", b" 201 " not in chunk[:20], chunk[:300])
    t("GET /_ping", 200, "OK")


@group
def connections(t):
    ping = b"GET /_ping HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /_ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    t.check("three requests at once on one connection", raw(ping + ping + last, False).count(b"HTTP/1.1 200 OK") == 3)
    t.check("Connection: close", b"connection: close" in raw(last, False).lower())
    t.check("HTTP/1.0", raw(b"GET /_ping HTTP/1.0\r\n\r\n")[:13] in (b"HTTP/1.0 200 ", b"HTTP/1.1 200 "))
    body = b'{"Image":"missing-image"}'
    head = b"POST /containers/create HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
    chunked = b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
    t.check("a body in chunks of one byte", b"No such image: missing-image:latest" in raw(head + chunked, False))
    asked = raw(head + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body) + body, False)
    t.check("Expect: 100-continue", b"No such image: missing-image:latest" in asked, asked)


@group
def bodies(t):
    create = "POST /containers/create"
    t(create, 400, re.compile("got EOF while reading request body"), body="", headers={"Content-Type": "application/json"},
      old=(500, "EOF"))
    t(create, 400, re.compile(r"unsupported Content-Type header \(text/plain\): must be 'application/json'"), body="{}",
      headers={"Content-Type": "text/plain"}, old=(400, "Content-Type specified (text/plain) must be 'application/json'"))
    t(create, 400, re.compile(r"Content-Type header \(\)"), body="{}",
      old=(400, "Content-Type specified () must be 'application/json'"))
    for text in ('{"Image":', "[]", '"x"', "17", '{"Image":"bb"', "{Image:1}", "nonsense"):
        t(create, 400, body=text, headers={"Content-Type": "application/json"})
    t(create, 400, body='{"Image":"bb"}{}', headers={"Content-Type": "application/json"}, old=(201, None))
    t(create, 404, "No such image: nope:latest", body='{"image":"nope","Unknown":{"a":[1,2]}}',
      headers={"Content-Type": "application/json; charset=utf-8"})
    t("POST /networks/create", 400, body="[1]", headers={"Content-Type": "application/json"})
    t("POST /volumes/create", 400, body='{"Name":1}', headers={"Content-Type": "application/json"})
    t("POST /auth", 500, body="{", headers={"Content-Type": "application/json"}, ours=(400, None, "a mistake of the client"))


@group
def swarm(t):
    plain = re.compile("This node is not a swarm manager")
    for request in ("GET /swarm", "GET /swarm/unlockkey", "GET /nodes", "GET /nodes/x", "GET /services", "GET /services/x",
                    "DELETE /services/x", "GET /tasks", "GET /tasks/x", "GET /secrets", "GET /secrets/x", "DELETE /secrets/x",
                    "GET /configs", "GET /configs/x", "DELETE /configs/x", "DELETE /nodes/x", "GET /services/x/logs?stdout=1",
                    "GET /tasks/x/logs?stdout=1"):
        t(request, 503, plain)
    for request in ("POST /services/create", "POST /services/x/update?version=1", "POST /secrets/create", "POST /configs/create",
                 "POST /secrets/x/update?version=1", "POST /configs/x/update?version=1", "POST /nodes/x/update?version=1",
                 "POST /swarm/update?version=1"):
        t(request, 503, plain, body={})
    t("GET /plugins", 200, [])
    t("GET /plugins/nope/json", 404, re.compile('plugin "nope(:latest)?" not found'))
    for request in ("POST /plugins/nope/enable?timeout=0", "POST /plugins/nope/disable", "DELETE /plugins/nope"):
        t(request, 404, re.compile('plugin "nope(:latest)?" not found'))


@group
def versioned_shapes(t):
    """What older clients get: members that came or went with a version."""
    t.create("old")
    for minor, path in ((40, "/v1.40"), (44, "/v1.44"), (t.minor, "")):
        if minor > t.minor:
            continue
        value = call("GET", path + "/info").json
        t.check("1.%d: info has the old names of runc" % minor, "RuncCommit" in value)
        t.check("1.%d: KernelMemory of info is gone since 1.42" % minor, ("KernelMemory" in value) in ((minor < 42), False))
        t.check("1.%d: create answers with Warnings" % minor,
                call("POST", path + "/containers/create", {"Image": "bb"}).json["Warnings"] in ([], None))
