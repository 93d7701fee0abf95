# SPDX-License-Identifier: Apache-2.0
"""Networks and volumes."""
import json
import re
from urllib.parse import quote

from suite import ABSENT, ID, TIME, call, group


def filters(**values):
    return quote(json.dumps({name: value if isinstance(value, list) else [value] for name, value in values.items()}))


def names(more=""):
    return sorted(item["Name"] for item in call("GET", "/networks?" + more).json)


@group
def networks(t):
    answer = t("POST /networks/create", 201, {"Id": ID, "Warning": ""}, body={"Name": "n1", "Labels": {"a": "b"}})
    ident = answer.json["Id"]
    inspect = {"Name": "n1", "Id": ident, "Created": TIME, "Scope": "local", "Driver": "bridge", "EnableIPv6": False,
               "IPAM.Driver": "default", "IPAM.Config.0.Subnet": re.compile(r"172\..*/\d+"), "IPAM.Config.0.Gateway": re.compile(r"172\..*"),
               "Internal": False, "Attachable": False, "Ingress": False, "ConfigFrom": {"Network": ""}, "ConfigOnly": False,
               "Options": {}, "Labels": {"a": "b"}}
    t("GET /networks/n1", 200, {**inspect, "Containers": {}})
    for ref in (ident, ident[:12]):
        t("GET /networks/" + ref, 200, {"Name": "n1"})
    t("GET /networks/n1?verbose=1", 200, {"Name": "n1"})
    t("GET /networks/n1?scope=local", 200, {"Name": "n1"})
    t("GET /networks/n1?scope=swarm", 404)
    t("GET /networks/gone", 404, "network gone not found")
    t("DELETE /networks/gone", 404, "network gone not found")
    t("POST /networks/create", 409, "network with name n1 already exists", body={"Name": "n1", "CheckDuplicate": True})
    t("POST /networks/create", 400, re.compile("[Nn]ame"), body={"Name": ""})
    t("POST /networks/create", 400, re.compile("[Nn]ame"), body="", headers={"Content-Type": "application/json"})
    t("POST /networks/create", 403, re.compile("bridge|pre-defined"), body={"Name": "bridge", "CheckDuplicate": True}, old=(403, re.compile("predefined bridge network")))
    t("POST /networks/create", 404, re.compile('plugin "odd" not found|could not find plugin odd'), body={"Name": "n2", "Driver": "odd"})
    t("POST /networks/create", 400, re.compile("[Ii]nvalid (subnet|CIDR|pool)"), body={"Name": "n2", "IPAM": {"Config": [{"Subnet": "x"}]}})
    for name, value in {"Name": 1, "Driver": 1, "Internal": "x", "Attachable": "x", "EnableIPv6": "x", "IPAM": "x", "Options": "x",
                        "Labels": "x", "ConfigOnly": "x", "Ingress": "x"}.items():
        t("POST /networks/create", 400, re.compile(name), body={"Name": "n2", name: value})
    t("POST /networks/create", 201, body={"Name": "n3", "Internal": True, "Options": {"com.docker.network.bridge.name": "hoyapi3"},
                                          "IPAM": {"Config": [{"Subnet": "172.26.3.0/24", "Gateway": "172.26.3.9", "IPRange": "172.26.3.128/25"}]}})
    t("GET /networks/n3", 200, {"Internal": True, "IPAM.Config.0": {"Subnet": "172.26.3.0/24", "Gateway": "172.26.3.9", "IPRange": "172.26.3.128/25"},
                                "Options": {"com.docker.network.bridge.name": "hoyapi3"}})
    t("POST /networks/create", None, re.compile("overlaps"), body={"Name": "n4", "IPAM": {"Config": [{"Subnet": "172.26.3.0/25"}]}})
    t.do("POST /networks/create", {"Name": "other"})
    for want, values in ((["n1"], {"name": "n1"}), (["n1", "n3"], {"name": ["n1", "n3"]}), (["n1"], {"id": ident[:9]}),
                         (["n1"], {"label": "a"}), (["n1"], {"label": "a=b"}), ([], {"label": "a=c"}), (["host"], {"driver": "host"}),
                         (["bridge", "host", "none"], {"type": "builtin"}), (["n1", "n3", "other"], {"type": "custom"}),
                         ([], {"scope": "swarm"}), (["n1", "n3", "other"], {"dangling": "true"}), (["other"], {"name": "othe"})):
        got = names("filters=" + filters(**values))
        t.check("%s" % values, got == want, got)
    t("GET /networks?filters=" + filters(nope="x"), 400, "invalid filter 'nope'", old=(400, "Invalid filter 'nope'"))
    t("GET /networks?filters=" + filters(type="odd"), 500, "invalid filter: 'type'='odd'", mistake=True)
    t("GET /networks?filters=" + filters(dangling="x"), 400)
    t("GET /networks?filters=nonsense", 400)
    t("GET /networks/", 200, lambda v: len(v) == 6)
    t("DELETE /networks/n1", 204, "")
    t("DELETE /networks/bridge", 403, re.compile("bridge is a pre-defined network and cannot be removed"))
    t("POST /networks/prune?filters=" + filters(label="nope"), 200, {"NetworksDeleted": None})
    t("POST /networks/prune", 200, {"NetworksDeleted": lambda v: sorted(v) == ["n3", "other"]})


@group
def connections(t):
    net = t.do("POST /networks/create", {"Name": "cn", "IPAM": {"Config": [{"Subnet": "172.26.4.0/24"}]}}).json["Id"]
    ident = t.start("cc", HostConfig={"NetworkMode": "bridge"})
    t("POST /networks/cn/connect", 200, "", body={"Container": "cc", "EndpointConfig": {"Aliases": ["al"], "IPAMConfig": {"IPv4Address": "172.26.4.77"}}})
    t("GET /containers/cc/json", 200, {"NetworkSettings.Networks": lambda v: sorted(v) == ["bridge", "cn"]})
    t("GET /containers/cc/json", 200, {
        "NetworkSettings.Networks.cn.NetworkID": net, "NetworkSettings.Networks.cn.IPAddress": "172.26.4.77",
        "NetworkSettings.Networks.cn.IPPrefixLen": 24, "NetworkSettings.Networks.cn.Gateway": "172.26.4.1",
        "NetworkSettings.Networks.cn.EndpointID": ID, "NetworkSettings.Networks.cn.MacAddress": re.compile("([0-9a-f]{2}:){5}[0-9a-f]{2}"),
        "NetworkSettings.Networks.cn.Aliases": lambda v: "al" in v, "NetworkSettings.Networks.cn.Links": None,
        "NetworkSettings.Networks.cn.IPAMConfig": {"IPv4Address": "172.26.4.77"}, "NetworkSettings.Networks.cn.DriverOpts": lambda v: v in (None, {})})
    t("GET /networks/cn", 200, {"Containers": lambda v: list(v) == [ident] and v[ident]["Name"] == "cc" and v[ident]["IPv4Address"] == "172.26.4.77/24"
                                and v[ident]["IPv6Address"] == ""})
    t("POST /networks/cn/connect", 403, re.compile("endpoint with name cc already exists in network cn"), body={"Container": "cc"})
    t("DELETE /networks/cn", 403, re.compile("(network cn|error while removing network: network cn) (id [0-9a-f]+ )?has active endpoints"))
    t("POST /networks/cn/connect", 404, "No such container: gone", body={"Container": "gone"})
    t("POST /networks/gone/connect", 404, "network gone not found", body={"Container": "cc"})
    t("POST /networks/cn/connect", None, re.compile("invalid name or ID supplied|No such container|EOF"), body="", headers={"Content-Type": "application/json"})
    t("POST /networks/cn/connect", 400, re.compile("Container"), body={"Container": 1})
    t("POST /networks/host/connect", None, re.compile("host"), body={"Container": "cc"})
    t("POST /networks/cn/disconnect", 200, "", body={"Container": "cc"})
    t("POST /networks/cn/disconnect", None, re.compile("[Cc]ontainer [0-9a-f]{64} is not connected to (the )?network (cn|[0-9a-f]{64})|is not connected"), body={"Container": "cc"})
    t("POST /networks/cn/disconnect", 404, "No such container: gone", body={"Container": "gone"})
    t("POST /networks/gone/disconnect", 404, "network gone not found", body={"Container": "cc"})
    t("POST /networks/cn/disconnect", 400, re.compile("Force"), body={"Container": "cc", "Force": "x"})
    t.do("POST /containers/create?name=two", {"Image": "bb", "Cmd": ["sleep", "100"], "HostConfig": {"NetworkMode": "cn"},
                                              "NetworkingConfig": {"EndpointsConfig": {"cn": {"Aliases": ["x"], "IPAMConfig": {"IPv4Address": "172.26.4.50"}}}}})
    t("POST /containers/two/start", 204)
    t("GET /containers/two/json", 200, {"NetworkSettings.Networks.cn.IPAddress": "172.26.4.50", "NetworkSettings.Networks.cn.Aliases": lambda v: "x" in v})
    t("GET /networks/bridge", 200, {"Name": "bridge", "Driver": "bridge", "Containers": lambda v: list(v) == [ident], "Scope": "local"})


@group
def published(t):
    t.start("pp", HostConfig={"NetworkMode": "bridge", "PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}], "53/udp": [{"HostPort": ""}]}},
            ExposedPorts={"80/tcp": {}, "53/udp": {}, "99/tcp": {}})
    answer = t("GET /containers/pp/json", 200, {"NetworkSettings.Ports.80/tcp.0.HostIp": "127.0.0.1", "NetworkSettings.Ports.80/tcp.0.HostPort": re.compile(r"\d+"),
                                               "NetworkSettings.Ports.99/tcp": None, "HostConfig.PortBindings.80/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}]})
    port = int(answer.json["NetworkSettings"]["Ports"]["80/tcp"][0]["HostPort"])
    t("GET /containers/json", 200, {"0.Ports": lambda v: {"IP": "127.0.0.1", "PrivatePort": 80, "PublicPort": port, "Type": "tcp"} in v
                                    and {"PrivatePort": 99, "Type": "tcp"} in v})
    for want, values in ((1, {"publish": str(port)}), (0, {"publish": "1"}), (1, {"expose": "99"}), (1, {"expose": "90-100/tcp"})):
        got = call("GET", "/containers/json?filters=" + filters(**values)).json
        t.check("%s" % list(values), len(got) == want, got)
    made = t.do("POST /containers/create", {"Image": "bb", "Cmd": ["sleep", "9"], "HostConfig": {"PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}]}}})
    if t.hoyd:  # dockerd without its firewall rules does not hold the port
        t("POST /containers/%s/start" % made.json["Id"], 500, re.compile("port is already allocated|address already in use"))


@group
def volumes(t):
    t("GET /volumes", 200, {"Volumes": lambda v: v in ([], None), "Warnings": None})
    made = {"Name": "v1", "Driver": "local", "Mountpoint": re.compile("/.*/v1/_data"), "CreatedAt": TIME, "Labels": {"a": "b"}, "Scope": "local",
            "Options": lambda v: v in (None, {}), "UsageData": ABSENT, "Status": ABSENT}
    t("POST /volumes/create", 201, made, body={"Name": "v1", "Labels": {"a": "b"}})
    t("POST /volumes/create", 201, {"Name": "v1"}, body={"Name": "v1"})
    t("GET /volumes/v1", 200, made)
    t("POST /volumes/create", 201, {"Name": ID, "Labels": lambda v: v in (None, {}) or "com.docker.volume.anonymous" in v}, body={})
    t("POST /volumes/create", 400, re.compile(r'"a": volume name is too short, names should be at least two alphanumeric characters|volume name is too short'), body={"Name": "a"})
    t("POST /volumes/create", 400, re.compile("includes invalid characters for a local volume name"), body={"Name": "x/y"})
    t("POST /volumes/create", 201, {"Name": ID}, old=(400, None), body="", headers={"Content-Type": "application/json"})
    t("POST /volumes/create", None, re.compile("odd"), body={"Name": "v2", "Driver": "odd"})
    t("POST /volumes/create", 400, re.compile('invalid option: \\\\?"odd'), body={"Name": "v2", "DriverOpts": {"odd": "x"}})
    for name, value in {"Name": 1, "Driver": 1, "DriverOpts": "x", "Labels": "x"}.items():
        t("POST /volumes/create", 400, re.compile(name), body={"Name": "v2", name: value})
    t("GET /volumes/gone", 404, re.compile("get gone: no such volume"))
    t("DELETE /volumes/gone", 404, re.compile("get gone: no such volume"))
    t("DELETE /volumes/gone?force=1", 204, "")
    t.do("POST /volumes/create", {"Name": "v3"})
    ident = t.create("user", HostConfig={"Binds": ["v3:/x"]})
    t("DELETE /volumes/v3", 409, re.compile(r"remove v3: volume is in use - \[%s\]" % ident))
    t("DELETE /volumes/v3?force=1", 409)

    def found(**values):
        return sorted(item["Name"][:2] for item in call("GET", "/volumes?filters=" + filters(**values)).json["Volumes"] or [])

    for want, values in ((["v1"], {"name": "v1"}), (["v1", "v3"], {"name": ["v1", "v3"]}), (["v1"], {"label": "a"}),
                         (["v1"], {"label": "a=b"}), ([], {"label": "a=c"}), (["v3"], {"dangling": "false"}), ([], {"driver": "odd"})):
        t.check("%s" % values, found(**values) == want, found(**values))
    t.check("driver=local", len(found(driver="local")) == (3 if t.minor <= 41 else 4), found(driver="local"))
    t.check("dangling=true", "v1" in found(dangling="true") and "v3" not in found(dangling="true"))
    t("GET /volumes?filters=" + filters(nope="x"), 400, "invalid filter 'nope'", old=(400, "Invalid filter 'nope'"))
    t("GET /volumes?filters=" + filters(dangling="x"), 400)
    t("GET /volumes?filters=nonsense", 400)
    t("POST /volumes/prune?filters=" + filters(label="nope"), 200, {"VolumesDeleted": lambda v: v in (None, []), "SpaceReclaimed": int})
    t("POST /volumes/prune", 200, {"VolumesDeleted": lambda v: len(v) == 2 and not {"v1", "v3"} & set(v)}, since=42)
    t("POST /volumes/prune?filters=" + filters(all="true"), 200, {"VolumesDeleted": ["v1"]}, since=42)
    t("POST /volumes/prune?filters=" + filters(all="x"), 400, since=42)
    t("DELETE /containers/user", 204)
    t("DELETE /volumes/v3", 204, "")
    t("PUT /volumes/v1?version=1", 503, re.compile("swarm"), body={}, since=42)
    t("PUT /volumes/v1", None, re.compile("version|swarm"), body={}, since=42)
