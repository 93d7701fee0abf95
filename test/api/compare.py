# SPDX-License-Identifier: Apache-2.0
"""The same things made in hoyd and in dockerd, and every answer about them compared member by member: which there are, of
which type, whether null, empty or absent, and the values. What may differ stands in test/data/api/differences, with a reason.

compare.py HOYD-SOCKET DOCKERD-SOCKET DIFFERENCES: TAP, one case for each source of answers.
"""
import fnmatch
import json
import os
import re
import sys
import time

HOYD, DOCKERD, LISTED = sys.argv[1:4]
os.environ.setdefault("SUITE_SOCKET", HOYD)
import suite  # noqa: E402 (it wants to know the socket)

BODY = {"Image": "bb", "Cmd": ["sleep", "1000"], "Labels": {"a": "b"}, "Env": ["E=1"], "ExposedPorts": {"81/tcp": {}},
        "HostConfig": {"NetworkMode": "cmpnet", "Memory": 64 << 20, "Binds": ["/tmp:/t:ro", "cmpvol:/v"],
                       "PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}]},
                       "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3}, "Tmpfs": {"/run": "size=1m"},
                       "Ulimits": [{"Name": "nofile", "Hard": 512, "Soft": 256}], "CapAdd": ["CAP_SYS_PTRACE"]}}


def ask(socket_path, method, path, body=None):
    suite.SOCKET = socket_path
    return suite.call(method, path, body)


def newest(socket_path):
    return int(ask(socket_path, "GET", "/version").json["ApiVersion"].split(".")[1])


def make(socket_path, version):
    """The same state; the ids of what was made."""
    def do(method, path, body=None):
        answer = ask(socket_path, method, version + path, body)
        if answer.status >= 400:
            raise RuntimeError("%s %s: %s" % (method, path, answer.message))
        return answer

    since = time.time()
    do("POST", "/volumes/create", {"Name": "cmpvol", "Labels": {"v": "1"}})
    do("POST", "/networks/create", {"Name": "cmpnet", "Labels": {"n": "1"}})
    do("POST", "/containers/create?name=cmp", BODY)
    do("POST", "/containers/cmp/start")
    do("POST", "/containers/create?name=new", {"Image": "full"})
    do("POST", "/containers/create?name=over", {"Image": "bb", "Cmd": ["sh", "-c", "exit 3"], "HostConfig": {"NetworkMode": "none"}})
    do("POST", "/containers/over/start")
    do("POST", "/containers/over/wait")
    exec_id = do("POST", "/containers/cmp/exec", {"Cmd": ["true"], "AttachStdout": True}).json["Id"]
    do("POST", "/exec/%s/start" % exec_id, {"Detach": True})
    return {"exec": exec_id, "since": since}


def sources(made):
    """name: method and path of what is compared."""
    yield "version", "GET", "/version"
    yield "info", "GET", "/info"
    yield "df", "GET", "/system/df"
    yield "ps", "GET", "/containers/json?all=1&size=1"
    for name in ("cmp", "new", "over"):
        yield "inspect", "GET", "/containers/%s/json" % name
    yield "inspect --size", "GET", "/containers/cmp/json?size=1"
    yield "exec", "GET", "/exec/%s/json" % made["exec"]
    yield "stats", "GET", "/containers/cmp/stats?stream=0"
    yield "stats", "GET", "/containers/over/stats?stream=0&one-shot=1"
    yield "top", "GET", "/containers/cmp/top"
    yield "changes", "GET", "/containers/new/changes"
    yield "images", "GET", "/images/json"
    yield "image", "GET", "/images/bb/json"
    yield "image", "GET", "/images/full/json"
    yield "history", "GET", "/images/full/history"
    yield "networks", "GET", "/networks?filters=%7B%22name%22%3A%5B%22cmpnet%22%5D%7D"
    yield "network", "GET", "/networks/cmpnet"
    yield "network bridge", "GET", "/networks/bridge"
    yield "volumes", "GET", "/volumes?filters=%7B%22name%22%3A%5B%22cmpvol%22%5D%7D"
    yield "volume", "GET", "/volumes/cmpvol"
    yield "events", "GET", "/events?since=%.9f&until=%.9f" % (made["since"], time.time())


def errors():
    for method, path, body in (
            ("GET", "/containers/gone/json", None), ("GET", "/nope", None), ("POST", "/containers/cmp/start?x=1", None),
            ("POST", "/containers/new/kill", None), ("DELETE", "/containers/cmp", None), ("POST", "/containers/create", {"Image": "gone"}),
            ("POST", "/containers/create?name=cmp", {"Image": "bb"}), ("POST", "/containers/cmp/rename?name=new", None),
            ("GET", "/containers/json?filters=%7B%22nope%22%3A%5B%22x%22%5D%7D", None), ("GET", "/images/gone/json", None),
            ("DELETE", "/images/gone", None), ("GET", "/networks/gone", None), ("DELETE", "/networks/cmpnet", None),
            ("POST", "/networks/create", {"Name": "cmpnet", "CheckDuplicate": True}), ("GET", "/volumes/gone", None),
            ("DELETE", "/volumes/cmpvol", None), ("GET", "/exec/gone/json", None), ("POST", "/containers/over/pause", None),
            ("POST", "/containers/cmp/unpause", None), ("GET", "/containers/cmp/logs", None), ("GET", "/nodes", None),
            ("POST", "/containers/new/wait?condition=odd", None), ("POST", "/containers/create", {"Image": "bb", "HostConfig": {"Memory": 1}})):
        yield method, path, body


IDS = re.compile(r"\b(sha256:)?[0-9a-f]{64}\b|\b[0-9a-f]{12}\b")


def kind(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    return {str: "string", list: "array", dict: "object"}[type(value)]


def flat(value, path=""):
    """(path, kind, value) of every member; an element of an array of objects stands as [], whichever it is."""
    if isinstance(value, dict):
        yield path, "object" if value else "empty object", None
        for name, item in value.items():
            yield from flat(item, "%s.%s" % (path, IDS.sub("ID", name)) if path else IDS.sub("ID", name))
    elif isinstance(value, list):
        yield path, "array" if value else "empty array", None
        if value and isinstance(value[0], (dict, list)):
            for item in value:
                yield from flat(item, path + "[]")
        else:
            yield path + "[]", "values", json.dumps(sorted(map(json.dumps, value)))
    else:
        yield path, "empty string" if value == "" else kind(value), IDS.sub("ID", json.dumps(value))


def collect(value):
    found = {}
    for path, what, text in flat(value):
        found.setdefault(path, (set(), []))
        found[path][0].add(what)
        found[path][1].append(text)
    return found


def differences(ours, theirs):
    """(path, what, sentence): "type" when there, type or emptiness differ, "value" when only the value does."""
    ours, theirs = collect(ours), collect(theirs)
    for path in sorted(set(ours) | set(theirs)):
        if path not in ours or path not in theirs:
            parent = path.rsplit(".", 1)[0] if "." in path else ""
            if parent and (parent in ours) != (parent in theirs):
                continue  # told of the parent
            yield path, "type", "only %s has it: %s" % (("hoyd", ours[path]) if path in ours else ("dockerd", theirs[path]))
        elif ours[path][0] != theirs[path][0]:
            yield path, "type", "hoyd %s, dockerd %s" % (ours[path], theirs[path])
        elif sorted(map(str, ours[path][1])) != sorted(map(str, theirs[path][1])):
            yield path, "value", "hoyd %s, dockerd %s" % (ours[path][1], theirs[path][1])


def listed():
    """[(source, path, what)] of the file: a line is SOURCE, PATH, value|type and the reason, between tabs."""
    with open(LISTED, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file if line.strip() and not line.startswith("#")]
    for row in rows:
        if len(row) != 4 or row[2] not in ("value", "type") or not row[3]:
            sys.exit("%s: not SOURCE, PATH, value|type, REASON: %s" % (LISTED, row))
    return rows


def allowed(rows, source, path, what):
    return any(fnmatch.fnmatchcase(source, row[0]) and fnmatch.fnmatchcase(path.replace("[]", "{}"), row[1].replace("[]", "{}"))
               and (row[2] == "type" or what == "value") for row in rows)


def parsed(answer, name):
    return answer.lines if name == "events" else answer.json


def main():
    version = "/v1.%d" % min(newest(HOYD), newest(DOCKERD))
    rows, bad, count = listed(), 0, 0
    made = {path: make(path, version) for path in (HOYD, DOCKERD)}
    time.sleep(0.1)
    for ours, theirs in zip(sources(made[HOYD]), sources(made[DOCKERD])):
        name, method, path = ours
        pair = [parsed(ask(*where), name) for where in ((HOYD, method, version + path), (DOCKERD, theirs[1], version + theirs[2]))]
        found = [(where, what, text) for where, what, text in differences(*pair) if not allowed(rows, name, where, what)]
        count += 1
        bad += bool(found)
        print("%sok %d compare: %s: %s" % ("not " if found else "", count, name, path.split("?")[0]), flush=True)
        for where, what, text in found:
            print("# %s\t%s\t%s\t%s" % (name, where, what, text[:300]))
    for method, path, body in errors():
        ours, theirs = (ask(where, method, version + path, body) for where in (HOYD, DOCKERD))
        same = ours.status == theirs.status and IDS.sub("ID", ours.message) == IDS.sub("ID", theirs.message)
        good = same or allowed(rows, "error", "%s %s" % (method, path), "type" if ours.status != theirs.status else "value")
        count += 1
        bad += not good
        print("%sok %d compare: error of %s %s" % ("" if good else "not ", count, method, path), flush=True)
        if not good:
            print("# hoyd    %d %s\n# dockerd %d %s" % (ours.status, ours.message.strip(), theirs.status, theirs.message.strip()))
    print("1..%d" % count)
    return 1 if bad else 0


sys.exit(main())
