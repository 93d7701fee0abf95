# SPDX-License-Identifier: Apache-2.0
"""Parameters and members that no other group has a reason to name."""
import base64
import io
import json
import re
import tarfile
import urllib.parse

from suite import TIME, call, group, hijack, member, upto


def tar_of(name, **members):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        info = tarfile.TarInfo(name)
        content = members.pop("content", b"")
        info.size = len(content)
        for key, value in members.items():
            setattr(info, key, value)
        tar.addfile(info, io.BytesIO(content))
    return data.getvalue()


def stat_of(answer):
    return json.loads(base64.b64decode(answer.headers["X-Docker-Container-Path-Stat"]))


@group
def archive_parameters(t):
    t.start("ap", User="33")
    answer = t("HEAD /containers/ap/archive?path=/etc/passwd", 200, "")
    t.check("HEAD tells of the file", stat_of(answer)["name"] == "passwd" and stat_of(answer)["size"] > 0 and stat_of(answer)["linkTarget"] == "",
            answer.headers)
    t.check("GET tells the same", stat_of(call("GET", "/containers/ap/archive?path=/etc/passwd")) == stat_of(answer))
    t("HEAD /containers/ap/archive", 400)
    kind = {"Content-Type": "application/x-tar"}
    t.do("PUT /containers/ap/archive?path=/tmp", tar_of("there", type=tarfile.DIRTYPE, mode=0o755), kind)
    for value, status in (("1", 400), ("true", 400), ("0", 200)):
        t("PUT /containers/ap/archive?noOverwriteDirNonDir=%s&path=/tmp" % value, status, body=tar_of("there", content=b"x"), headers=kind)
    t("PUT /containers/ap/archive?path=/tmp&noOverwriteDirNonDir=1", 400, body=tar_of("there", type=tarfile.DIRTYPE), headers=kind)
    t("PUT /containers/ap/archive?path=/etc/passwd", 400, re.compile("not a directory"), body=tar_of("x"), headers=kind)
    t("PUT /containers/ap/archive?path=/nope", 404, body=tar_of("x"), headers=kind)
    t("PUT /containers/ap/archive?path=/tmp", (400, 500), body=b"this is no archive" * 100, headers=kind)
    for value, owner in (("1", 33), ("", 0)):
        t.do("PUT /containers/ap/archive?path=/tmp&copyUIDGID=" + value, tar_of("mine%d" % owner, content=b"x"), kind)
        got = call("GET", "/containers/ap/archive?path=/tmp/mine%d" % owner)
        with tarfile.open(fileobj=io.BytesIO(got.body)) as tar:
            uid = tar.getmembers()[0].uid
        t.check("copyUIDGID=%s" % value, uid == owner, uid)


def masked(kind, data):
    return bytes([0x80 | kind, 0x80 | len(data)]) + b"\0\0\0\0" + data


@group
def websockets(t):
    key = ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13", "Origin: http://engine")
    t.create("ws", ["sh", "-c", "read line; echo got $line"], OpenStdin=True, AttachStdin=True, AttachStdout=True, StdinOnce=True)
    t("GET /containers/gone/attach/ws?stream=1", (400, 404), None)
    sock, head = hijack("GET", "/containers/ws/attach/ws?logs=0&stream=1&stdin=1&stdout=1&stderr=1&detachKeys=ctrl-a,b", upgrade="websocket", headers=key)
    t.check("101 and the key's answer", head.startswith("HTTP/1.1 101 ") and "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head, head)
    t.do("POST /containers/ws/start")
    sock.sendall(masked(2, b"words\n"))
    got = upto(sock, b"got words\n")
    t.check("what it says comes in a message", got[1:2] == bytes([len(b"got words\n")]), got)
    sock.close()
    t("POST /containers/ws/wait", 200, {"StatusCode": 0})
    sock, head = hijack("GET", "/containers/ws/attach/ws?logs=1&stdout=1", upgrade="websocket", headers=key)
    t.check("logs=1", upto(sock, b"got words\n").endswith(b"got words\n"))
    sock.close()


@group
def rare_members(t):
    t.do("POST /containers/create?name=rr", {
        "Image": "bb", "Cmd": ["true"], "ArgsEscaped": True,
        "Healthcheck": {"Test": ["CMD", "true"], "StartInterval": 5 * 10**9, "StartPeriod": 10**9},
        "HostConfig": {"NetworkMode": "none", "BlkioDeviceReadBps": [{"Path": "/dev/null", "Rate": 1048576}], "Mounts": [
            {"Type": "volume", "Source": "rv", "Target": "/v", "Consistency": "cached",
             "VolumeOptions": {"NoCopy": True, "Labels": {"a": "b"}}},
            {"Type": "bind", "Source": "/tmp", "Target": "/b", "BindOptions": {"Propagation": "rslave", "NonRecursive": True}}]}})
    t("GET /containers/rr/json", 200, {
        "Config.ArgsEscaped": True, "HostConfig.BlkioDeviceReadBps": [{"Path": "/dev/null", "Rate": 1048576}],
        "HostConfig.Mounts.0.Consistency": "cached", "HostConfig.Mounts.0.VolumeOptions": {"NoCopy": True, "Labels": {"a": "b"}},
        "HostConfig.Mounts.1.BindOptions": {"Propagation": "rslave", "NonRecursive": True},
        "NetworkSettings.SandboxID": "", "GraphDriver.Name": str, "GraphDriver.Data": lambda v: v is None or isinstance(v, dict)})
    t("GET /volumes/rv", 200, {"Labels": {"a": "b"}})
    if t.minor >= 44:
        t("GET /containers/rr/json", 200, {"Config.Healthcheck.StartInterval": 5 * 10**9})

    def mount(status, want, old=None, **options):
        t("POST /containers/create", status, want, old=old, body={"Image": "bb", "HostConfig": {"Mounts": [{"Target": "/m", **options}]}})

    for option, said in (({"ExtraHosts": ["x"]}, 'bad format for add-host: "x"'), ({"ExtraHosts": ["x:1.2.3"]}, 'invalid IP address in add-host: "1.2.3"'),
                         ({"Isolation": "hyperv"}, re.compile("[Ii]nvalid isolation: \"hyperv\" - linux only supports 'default'"))):
        t("POST /containers/create", 400, said, body={"Image": "bb", "HostConfig": option})
    for option in ({"ExtraHosts": ["x:host-gateway", "y:::1", "z:10.0.0.1"]}, {"Isolation": "Default"}):
        t("POST /containers/create", 201, body={"Image": "bb", "HostConfig": option})
    mount(400, re.compile("VolumeOptions must not be specified"), Type="bind", Source="/tmp", VolumeOptions={})
    mount(400, re.compile("BindOptions must not be specified"), Type="tmpfs", BindOptions={})
    mount(400, re.compile("TmpfsOptions must not be specified"), Type="volume", TmpfsOptions={}, old=(201, None))
    mount(400, re.compile("bind source path does not exist: /no/such"), Type="bind", Source="/no/such")
    if t.hoyd:
        mount(501, re.compile("mounts of type \"image\" are not supported"), Type="image", Source="bb", ImageOptions={"Subpath": "bin"})
        mount(201, None, Type="bind", Source="/tmp/hoy-suite-made/" + "x" * 8, BindOptions={"CreateMountpoint": True})
    for request, said in (({"Driver": "nvidia", "Count": -1, "DeviceIDs": None, "Capabilities": [["gpu"]], "Options": {}}, '"nvidia" with capabilities: [[gpu]]'),
                          ({"Driver": "", "Count": 0, "DeviceIDs": ["0", "1"], "Capabilities": [["gpu", "x"], ["y"]]}, '"" with capabilities: [[gpu x] [y]]')):
        ident = t.create("gpu", HostConfig={"DeviceRequests": [request]})
        t("GET /containers/gpu/json", 200, {"HostConfig.DeviceRequests.0.Capabilities": request["Capabilities"],
                                            "HostConfig.DeviceRequests.0.DeviceIDs": request["DeviceIDs"]})
        t("POST /containers/gpu/start", 500, "could not select device driver " + said)
        t.do("DELETE /containers/" + ident)


@group
def addresses(t):
    t.do("POST /networks/create", {"Name": "aux", "EnableIPv4": True, "IPAM": {"Config": [
        {"Subnet": "172.26.79.0/24", "AuxiliaryAddresses": {"router": "172.26.79.2"}}]}})
    t("GET /networks/aux", 200, {"IPAM.Config.0.AuxiliaryAddresses": {"router": "172.26.79.2"}})
    t("GET /networks/", 200, lambda v: "aux" in [n["Name"] for n in v])
    settings = {"aux": {"IPAMConfig": {"IPv4Address": "172.26.79.2"}}}
    t.create("taken", HostConfig={"NetworkMode": "aux"}, NetworkingConfig={"EndpointsConfig": settings})
    t("POST /containers/taken/start", 403, re.compile("Address already in use"))
    settings = {"aux": {"IPAMConfig": {"LinkLocalIPs": ["169.254.8.8"]}}}
    t.start("local", HostConfig={"NetworkMode": "aux"}, NetworkingConfig={"EndpointsConfig": settings})
    t("GET /containers/local/json", 200, {"NetworkSettings.Networks.aux.IPAMConfig.LinkLocalIPs": ["169.254.8.8"],
                                          "NetworkSettings.Networks.aux.IPAddress": "172.26.79.3",
                                          "NetworkSettings.SandboxID": re.compile("[0-9a-f]{64}")})
    stats = call("GET", "/containers/local/stats?stream=0").json
    for name in ("io_service_bytes_recursive", "io_serviced_recursive", "io_queue_recursive", "io_service_time_recursive",
                 "io_wait_time_recursive", "io_merged_recursive", "io_time_recursive", "sectors_recursive"):
        got = member(stats, "blkio_stats." + name)
        t.check(name, got is None or all(set(e) == {"major", "minor", "op", "value"} for e in got), got)
    if t.hoyd:
        t.check("os_type", stats["os_type"] == "linux")
        # cgroup v2 tells neither
        t.check("percpu_usage", all(isinstance(v, int) for v in stats["cpu_stats"]["cpu_usage"].get("percpu_usage") or []))
        t.check("max_usage and failcnt", all(stats["memory_stats"].get(m, 0) >= 0 for m in ("max_usage", "failcnt")))


@group
def image_parameters(t):
    t("GET /images/json?all=1&manifests=1&identity=1", 200, lambda v: {"bb:latest", "full:latest"} <= {n for i in v for n in i["RepoTags"] or []})
    t("GET /images/bb/json?manifests=1", 200, {"Os": "linux", "GraphDriver": dict, "Variant": lambda v: not v, "OsVersion": lambda v: not v})
    windows = urllib.parse.quote(json.dumps({"os": "windows", "architecture": "amd64"}))
    if t.hoyd:
        t("GET /images/bb/attestations?type=x&statement=1&platform=%7B%22os%22%3A%22linux%22%2C%22architecture%22%3A%22amd64%22%7D", 200, [])
        t("GET /images/gone/attestations", 404, "No such image: gone:latest")
        t("GET /images/bb/attestations?platform=nope//x", 400)
        t("DELETE /images/bb?platforms=nonsense", 400)
        t("DELETE /images/bb?platforms=[%s]" % windows, 404, re.compile("does not provide the specified platform \\(windows/amd64\\)"))
        t("POST /images/bb/push?platform=nonsense", 400)
        t("POST /images/bb/push?platform=" + windows, 200, re.compile("errorDetail.*wanted windows/amd64"), headers={"X-Registry-Auth": "e30="})
        t("GET /images/search?term=", 400)
        t("GET /images/search?term=x&filters=nonsense", 400)
        t("GET /images/search?term=x&filters=" + urllib.parse.quote('{"nope":["1"]}'), 400, re.compile("invalid filter 'nope'"))
    t.create("cc")
    for value in ("0", "1", "true"):
        t("POST /commit?container=cc&repo=cm&pause=" + value, 201, {"Id": re.compile("sha256:[0-9a-f]{64}")}, body={})
        t("DELETE /images/cm?noprune=" + value, 200, lambda v: v[0] == {"Untagged": "cm:latest"})
    t("DELETE /images/nope?noprune=1&force=1", 404, "No such image: nope:latest")


@group
def system_parameters(t):
    for value in ("0", "1"):
        t("GET /system/df?type=container&verbose=" + value, 200, dict)
    t("POST /build/prune?reserved-space=1&max-used-space=2&min-free-space=3&all=1", 200, {"SpaceReclaimed": 0})
    info = call("GET", "/info").json
    index = info["RegistryConfig"]["IndexConfigs"]["docker.io"]
    t.check("docker.io is secure and official", index["Secure"] is True and index["Official"] is True, index)
    if t.hoyd:
        t.check("FirewallBackend", info["FirewallBackend"]["Driver"] == "nftables" and not info["FirewallBackend"].get("Info"), info["FirewallBackend"])
        t.check("CDISpecDirs, ProductLicense", info["CDISpecDirs"] == [] and not info.get("ProductLicense"))
        t.check("DefaultAddressPools", info.get("DefaultAddressPools") in (None, []), info.get("DefaultAddressPools"))
        t.check("runtimeArgs", all(not r.get("runtimeArgs") for r in info["Runtimes"].values()), info["Runtimes"])
        t("POST /system/check", 200)
        t("POST /system/migrate?driver=nope", 400)
        t("GET /images/mounts", 200, list)
        t("POST /images/gone/mount", 404, "No such image: gone:latest")
        t("POST /images/gone/umount", (400, 404))
        t("POST /grpc", 501)
        t("POST /session", 501)
    t("GET /version", 200, {"BuildTime": lambda v: v is None or TIME.match(v), "GitCommit": str})


@group
def swarms_and_plugins(t):
    for request in ("POST /swarm/leave?force=0", "POST /swarm/unlock", "POST /swarm/join"):
        t(request, (400, 503, 406), body={"UnlockKey": "x"} if "unlock" in request else {})
    if t.hoyd:
        t("POST /swarm/init", 503, body={"ListenAddr": "127.0.0.1"})
    if t.hoyd:
        t("GET /plugins/privileges?remote=nope", 503)
    for request in ("POST /plugins/pull?remote=nope", "POST /plugins/create?name=x",
                    "POST /plugins/nope/push", "POST /plugins/nope/set", "POST /plugins/nope/upgrade?remote=nope"):
        answer = call(*request.split(" "), body=[] if request.startswith("POST") else None)
        t.check(request + " is refused in a sentence", answer.status >= 400 and answer.message, answer.text)
