# SPDX-License-Identifier: Apache-2.0
"""GET /containers/json: members, parameters, every filter; and how names and ids are found."""
import json
import re
from urllib.parse import quote

from suite import ABSENT, ID, call, group


def filters(**values):
    return quote(json.dumps({name: value if isinstance(value, list) else [value] for name, value in values.items()}))


def names(more=""):
    answer = call("GET", "/containers/json?" + more)
    return sorted(item["Names"][0][1:] for item in answer.json)


@group
def members(t):
    t.start("up", Labels={"a": "b"})
    t.create("new")
    t.run("over", ["sh", "-c", "exit 3"])
    t("GET /containers/json", 200, lambda v: [item["Names"] for item in v] == [["/up"]])
    t("GET /containers/json?all=1", 200, lambda v: [item["Names"][0] for item in v] == ["/over", "/new", "/up"])
    t("GET /containers/json", 200, {
        "0.Id": ID, "0.Names": ["/up"], "0.Image": "bb", "0.ImageID": re.compile("sha256:[0-9a-f]{64}"), "0.Command": "sleep 1000",
        "0.Created": int, "0.Ports": [], "0.Labels": {"a": "b"}, "0.State": "running", "0.Status": re.compile("Up .*"),
        "0.HostConfig.NetworkMode": "none", "0.NetworkSettings.Networks": lambda v: list(v) == ["none"], "0.Mounts": [],
        "0.SizeRw": ABSENT, "0.SizeRootFs": ABSENT})
    t("GET /containers/json?all=1", 200, {"0.State": "exited", "0.Status": re.compile(r"Exited \(3\) .* ago"),
                                          "0.Command": "sh -c 'exit 3'", "1.State": "created", "1.Status": "Created"})
    t("GET /containers/json?size=1", 200, {"0.SizeRootFs": int})
    t("GET /containers/json?limit=1", 200, lambda v: [item["Names"] for item in v] == [["/over"]])
    t("GET /containers/json?limit=2", 200, lambda v: len(v) == 2)
    t("GET /containers/json?limit=-1", 200, lambda v: len(v) == 1)
    t("GET /containers/json?limit=x", 500, mistake=True)
    t("GET /containers/json?all=0", 200, lambda v: len(v) == 1)
    t("GET /containers/json?all=true&limit=0", 200, lambda v: len(v) == 3)
    if t.hoyd:  # a parameter of its own: without what a table does not show
        t("GET /containers/json?all=1&brief=1", 200, lambda v: [sorted(item) for item in v] == 3 * [sorted(
            ("Id", "Names", "Image", "ImageID", "Command", "Created", "Ports", "State", "Status"))])
        t("GET /containers/json?brief=1&filters=" + filters(label="a=b"), 200, {"0.Labels": {"a": "b"}})


@group
def filtered(t):
    up = t.start("up", Labels={"tier": "web", "v": "1"}, HostConfig={"Binds": ["fvol:/v"]})
    t.create("new", Labels={"tier": "db"}, ExposedPorts={"80/tcp": {}})
    t.run("over", ["sh", "-c", "exit 3"])
    t.start("pause")
    t.do("POST /containers/pause/pause")
    everything = ["new", "over", "pause", "up"]
    for want, values in (
            (["up"], {"name": "up"}), (["new", "over", "pause", "up"], {"name": "e|p|n"}), (["up"], {"name": "^/up$"}),
            (["up"], {"name": "^up$"}), (["new", "up"], {"name": ["up", "new"]}), ([], {"name": "nothing"}),
            (["up"], {"id": up}), (["up"], {"id": up[:5]}), ([], {"id": "zzz"}),
            (["up"], {"label": "tier=web"}), (["new", "up"], {"label": "tier"}), (["up"], {"label": ["tier", "v=1"]}),
            ([], {"label": ["tier=web", "tier=db"]}), (["over"], {"status": "exited"}), (["new"], {"status": "created"}),
            (["pause"], {"status": "paused"}), (["new", "up"], {"status": ["created", "running"]}),
            (["over"], {"exited": "3"}), ([], {"exited": "0"}), (["new", "over"], {"since": "up", "status": ["created", "exited"]}),
            (["up"], {"before": "new"}), (["new", "up"], {"before": "over"}), (["up"], {"volume": "fvol"}), (["up"], {"volume": "/v"}),
            ([], {"volume": "other"}), (everything, {"ancestor": "bb"}), (everything, {"ancestor": "bb:latest"}),
            ([], {"ancestor": "full"}), ([], {"ancestor": "no-such-image"}), (everything, {"network": "none"}),
            ([], {"network": "bridge"}), (everything, {"health": "none"}), ([], {"health": "healthy"}),
            (everything, {"is-task": "false"}), ([], {"is-task": "true"}), ([], {"expose": "80/udp"}), ([], {"publish": "80"}), ([], {"status": "dead"}),
            ([], {"status": "removing"}), ([], {"status": "restarting"}), (["up"], {"name": "up", "label": "tier"}),
            ([], {"name": "new", "label": "v"})):
        got = names("all=1&filters=" + filters(**values))
        t.check("%s" % values, got == sorted(want), got)
    t.check("status=exited without all", names("filters=" + filters(status="exited")) == ["over"])
    t.check("the older form of filters", names("all=1&filters=" + quote('{"status":{"exited":true}}')) == ["over"])
    for values, message in (({"nope": "x"}, "invalid filter 'nope'"), ({"status": "odd"}, "invalid filter 'status=odd': invalid value for state (odd): must be one of created, running, paused, restarting, removing, exited, dead"),
                            ({"health": "odd"}, None), ({"exited": "x"}, None), ({"before": "nothing"}, None),
                            ({"since": "nothing"}, None), ({"is-task": "x"}, None), ({"volume": "a", "nope": "b"}, "invalid filter 'nope'")):
        t("GET /containers/json?filters=" + filters(**values), 404 if set(values) & {"before", "since"} else 400, message,
          old=(500 if set(values) & {"before", "since", "exited"} else 400, None))
    for name in ("publish", "expose"):
        t("GET /containers/json?all=1&filters=" + filters(**{name: "x"}), 500, mistake=True)
    for text in ("nonsense", "[", '{"name":"x"}', '{"name":1}', "[]", '"x"'):
        t("GET /containers/json?filters=" + quote(text), 400)
    t("GET /containers/json?filters=", 200)
    t("GET /containers/json?filters=%7B%7D", 200)


@group
def finding(t):
    """Names, ids, prefixes; what fits several is refused."""
    made = [t.create("c%d" % i) for i in range(18)]  # two of them begin with the same digit
    first = next(c for c in "0123456789abcdef" if sum(ident[0] == c for ident in made) > 1)
    ident = made[0]
    for ref in (ident, ident[:12], "c0", ident[:40]):
        t("GET /containers/%s/json" % quote(ref, safe=""), 200, {"Id": ident})
    t("GET /containers/%s/json" % first, 400, re.compile("[Mm]ultiple IDs found with provided prefix: " + first))
    t("POST /containers/%s/start" % first, 400, re.compile("[Mm]ultiple IDs found with provided prefix: " + first))
    t("DELETE /containers/%s" % first, 400, re.compile("[Mm]ultiple IDs found with provided prefix: " + first))
    t("GET /containers/%s0/json" % ident, 404, "No such container: %s0" % ident)
    t("GET /containers/zz/json", 404, "No such container: zz")
    other = t.create(ident[:6])
    t("GET /containers/%s/json" % ident[:6], 200, {"Id": other})
    for request in ("GET %s/json", "GET %s/top", "GET %s/logs?stdout=1", "GET %s/stats?stream=0", "GET %s/changes", "GET %s/export",
                    "POST %s/start", "POST %s/stop", "POST %s/restart", "POST %s/rename?name=x", "POST %s/pause",
                    "POST %s/unpause", "POST %s/wait", "POST %s/attach?stream=1&stdout=1", "POST %s/resize?h=1&w=1", "DELETE %s"):
        t(request % "/containers/gone", 404, "No such container: gone")
    t("POST /containers/gone/kill", 404, re.compile("[Cc]annot kill container: gone: No such container: gone"))
    t("POST /containers/gone/update", 404, "No such container: gone", body={})
    t("POST /containers/gone/exec", 404, "No such container: gone", body={"Cmd": ["true"]})
