# SPDX-License-Identifier: Apache-2.0
"""POST /containers/create: what is refused, what is made of each member, and that it can be read back."""
import re

from suite import ABSENT, ID, TIME, group

CREATE = "POST /containers/create"


@group
def refused(t):
    def no(status, want, more=None, **rest):
        extra = {name: rest.pop(name) for name in ("old", "since", "ours", "mistake") if name in rest}
        return t(CREATE, status, want, body={"Image": "bb", "HostConfig": {"NetworkMode": "none", **rest}, **(more or {})}, **extra)

    t(CREATE, 404, "No such image: nope:latest", body={"Image": "nope"})
    t(CREATE, 404, "No such image: a/b:c", body={"Image": "a/b:c"})
    t(CREATE, 400, re.compile("invalid reference format"), body={"Image": "UPPER"})
    t(CREATE + "?name=a", 400, re.compile(r"Invalid container name \(a\), only \[a-zA-Z0-9\]\[a-zA-Z0-9_.-\] are allowed"), body={"Image": "bb"})
    t(CREATE + "?name=-ab", 400, re.compile("Invalid container name"), body={"Image": "bb"})
    t(CREATE + "?name=a/b", 400, re.compile("Invalid container name"), body={"Image": "bb"})
    t(CREATE + "?name=%20x", 400, re.compile("Invalid container name"), body={"Image": "bb"})
    t(CREATE + "?platform=nope", 400, body={"Image": "bb"})
    # memory
    no(400, "Minimum memory limit allowed is 6MB", Memory=4096)
    no(400, "Minimum memoryswap limit should be larger than memory limit, see usage", Memory=100 << 20, MemorySwap=50 << 20)
    no(400, "You should always set the Memory limit when using Memoryswap limit, see usage", MemorySwap=100 << 20)
    no(400, "Invalid value: 101, valid memory swappiness range is 0-100", MemorySwappiness=101)
    no(400, "Invalid value: -5, valid memory swappiness range is 0-100", MemorySwappiness=-5)
    no(400, "Minimum memory reservation allowed is 6MB", MemoryReservation=4096)
    no(400, "Minimum memory limit can not be less than memory reservation limit, see usage", Memory=20 << 20, MemoryReservation=30 << 20)
    no(400, "SHM size can not be less than 0", ShmSize=-1)
    # processors
    no(400, "Conflicting options: Nano CPUs and CPU Period cannot both be set", NanoCpus=10**9, CpuPeriod=10000)
    no(400, "Conflicting options: Nano CPUs and CPU Quota cannot both be set", NanoCpus=10**9, CpuQuota=10000)
    no(400, re.compile(r"[Rr]ange of CPUs is from 0\.01 to \d+\.00, as there are only \d+ CPUs available"), NanoCpus=10**13)
    no(400, re.compile(r"[Rr]ange of CPUs is from 0\.01 to"), NanoCpus=-1)
    no(400, "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)", CpuPeriod=10)
    no(400, "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)", CpuPeriod=10**7)
    no(400, "CPU cfs quota can not be less than 1ms (i.e. 1000)", CpuQuota=10)
    no(400, "invalid CPU shares (-1): value must be a positive integer", CpuShares=-1, since=42)
    no(400, re.compile("Invalid value x for cpuset cpus"), CpusetCpus="x")
    no(400, re.compile("Requested CPUs are not available - requested 900, available: "), CpusetCpus="900")
    no(400, re.compile("Invalid value y for cpuset mems"), CpusetMems="y")
    no(400, re.compile("Requested memory nodes are not available - requested 900, available: "), CpusetMems="900")
    for weight in (5, 1001):  # dockerd looks at it only where the kernel has it
        no(None, re.compile("Range of blkio weight is from 10 to 1000|Block I/O weight|Weight discarded"), BlkioWeight=weight)
    no(400, "Invalid value 1001, range for oom score adj is [-1000, 1000]", OomScoreAdj=1001)
    # restart policy
    no(400, re.compile("invalid restart policy: unknown policy 'maybe'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'"),
       RestartPolicy={"Name": "maybe"}, old=(400, "invalid restart policy 'maybe'"))
    no(400, re.compile("maximum retry count cannot be (used|negative)|maximum retry count can only be used with 'on-failure'"),
       RestartPolicy={"Name": "always", "MaximumRetryCount": 3})
    no(400, re.compile("maximum retry count cannot be negative"), RestartPolicy={"Name": "on-failure", "MaximumRetryCount": -3})
    no(400, "can't create 'AutoRemove' container with restart policy", RestartPolicy={"Name": "always"}, AutoRemove=True)
    # modes
    no(400, "invalid IPC mode: odd", IpcMode="odd", old=(201, None))
    no(400, "invalid PID mode: odd", PidMode="odd", old=(201, None))
    no(400, "invalid UTS mode: odd", UTSMode="odd", old=(201, None))
    no(400, "invalid cgroup namespace mode: odd", CgroupnsMode="odd")
    no(201, None, UsernsMode="odd", ours=(400, re.compile("invalid.*: odd"), "what is not known is not ignored"))
    # ports
    no(400, re.compile("invalid port|invalid containerPort|Invalid containerPort|invalid hostPort"), PortBindings={"x/tcp": [{"HostPort": "80"}]},
       NetworkMode="bridge")
    no(400, re.compile("invalid port specification: \\\\\"99999\\\\\""), PortBindings={"80/tcp": [{"HostPort": "99999"}]}, NetworkMode="bridge")
    # the process
    no(400, "the working directory 'rel' is invalid, it needs to be an absolute path", {"WorkingDir": "rel"})
    no(400, "invalid environment variable: =x", {"Env": ["=x"]})
    no(400, re.compile("invalid environment variable:"), {"Env": [""]})
    no(400, re.compile("Invalid signal: SIGODD|invalid signal: SIGODD"), {"StopSignal": "SIGODD"})
    no(400, re.compile("no command specified|No command specified"), {"Cmd": [], "Entrypoint": [""]})
    no(400, re.compile("Interval in Healthcheck cannot be less than 1ms"), {"Healthcheck": {"Test": ["CMD", "true"], "Interval": 100}})
    no(400, re.compile("Timeout in Healthcheck cannot be less than 1ms"), {"Healthcheck": {"Test": ["CMD", "true"], "Timeout": 100}})
    no(400, re.compile("StartPeriod in Healthcheck cannot be less than 1ms"), {"Healthcheck": {"Test": ["CMD", "true"], "StartPeriod": 100}})
    no(400, re.compile("Retries in Healthcheck cannot be negative"), {"Healthcheck": {"Test": ["CMD", "true"], "Retries": -1}})
    # rights
    no(400, re.compile('invalid CapAdd: unknown capability: \\\\"CAP_ODD\\\\"'), CapAdd=["ODD"])
    no(400, re.compile('invalid CapDrop: unknown capability: \\\\"CAP_ODD\\\\"'), CapDrop=["ODD"])
    no(400, re.compile("unknown or invalid runtime name: odd|Unknown runtime specified odd"), Runtime="odd")
    # mounts
    no(500, re.compile("invalid volume specification: '::'"), Binds=["::"], mistake=True)
    no(500, re.compile("invalid mode: odd"), Binds=["/tmp:/t:odd"], mistake=True)
    no(500, re.compile("invalid mode: ro,rw"), Binds=["/tmp:/t:ro,rw"], mistake=True)
    no(500, re.compile("invalid mode: z,"), Binds=["/tmp:/t:z,"], mistake=True)
    no(400, re.compile("Duplicate mount point: /t"), Binds=["/tmp:/t", "/var:/t"])
    no(400, re.compile("bind source path does not exist: /no/such/path"), Mounts=[{"Type": "bind", "Source": "/no/such/path", "Target": "/t"}])
    no(400, re.compile("mount type unknown"), Mounts=[{"Type": "odd", "Target": "/t"}])
    no(400, re.compile("invalid mount (config|target)"), Mounts=[{"Type": "bind", "Source": "/tmp", "Target": "rel"}])
    no(400, re.compile("field Target must not be empty"), Mounts=[{"Type": "bind", "Source": "/tmp"}])
    no(400, re.compile("field Source must not be empty"), Mounts=[{"Type": "bind", "Target": "/t"}])
    no(400, re.compile("Source must not be specified"), Mounts=[{"Type": "tmpfs", "Source": "/x", "Target": "/t"}])
    no(500, re.compile("destination can't be '/'"), Binds=["/tmp:/"], mistake=True)
    no(500, re.compile("invalid volume specification"), Binds=["/tmp:rel"], mistake=True)
    # names
    ident = t.create("taken")
    t(CREATE + "?name=taken", 409, 'Conflict. The container name "/taken" is already in use by container "%s". You have to remove '
      "(or rename) that container to be able to reuse that name." % ident, body={"Image": "bb"})
    t(CREATE + "?name=/taken", 409, body={"Image": "bb"})
    t("GET /containers/json?all=1", 200, lambda v: ["/taken"] in [item["Names"] for item in v])


MEMBERS = {  # member: values of a wrong type
    "Config": {"Hostname": 1, "Domainname": [], "User": 7, "AttachStdin": "yes", "AttachStdout": 1, "AttachStderr": {},
               "ExposedPorts": [], "Tty": "true", "OpenStdin": 0, "StdinOnce": "x", "Env": {"A": "1"}, "Cmd": 5,
               "Healthcheck": "x", "Image": 3, "Volumes": ["/x"], "WorkingDir": 4, "Entrypoint": 6, "NetworkDisabled": "x",
               "OnBuild": "x", "Labels": ["a=b"], "StopSignal": 9, "StopTimeout": "1", "Shell": 1},
    "HostConfig": {"Binds": "x", "ContainerIDFile": 1, "LogConfig": "x", "NetworkMode": 1, "PortBindings": [], "RestartPolicy": "no",
                   "AutoRemove": "x", "VolumeDriver": 1, "VolumesFrom": "x", "Mounts": "x", "CapAdd": 1, "CapDrop": 1,
                   "CgroupnsMode": 1, "Dns": "1.1.1.1", "DnsOptions": "x", "DnsSearch": "x", "ExtraHosts": "x", "GroupAdd": "x",
                   "IpcMode": 1, "Cgroup": 1, "Links": "x", "OomScoreAdj": "x", "PidMode": 1, "Privileged": "x",
                   "PublishAllPorts": 1, "ReadonlyRootfs": "x", "SecurityOpt": "x", "StorageOpt": "x", "Tmpfs": "x", "UTSMode": 1,
                   "UsernsMode": 1, "ShmSize": "x", "Sysctls": "x", "Runtime": 1, "Isolation": 1, "CpuShares": "x", "Memory": "1g",
                   "NanoCpus": 1.5, "CgroupParent": 1, "BlkioWeight": "x", "BlkioWeightDevice": "x", "BlkioDeviceReadBps": "x",
                   "BlkioDeviceWriteBps": "x", "BlkioDeviceReadIOps": "x", "BlkioDeviceWriteIOps": "x", "CpuPeriod": "x",
                   "CpuQuota": "x", "CpuRealtimePeriod": "x", "CpuRealtimeRuntime": "x", "CpusetCpus": 1, "CpusetMems": 1,
                   "Devices": "x", "DeviceCgroupRules": "x", "DeviceRequests": "x", "MemoryReservation": "x", "MemorySwap": "x",
                   "MemorySwappiness": "x", "OomKillDisable": "x", "PidsLimit": "x", "Ulimits": "x", "CpuCount": "x",
                   "CpuPercent": "x", "IOMaximumIOps": "x", "IOMaximumBandwidth": "x", "MaskedPaths": "x", "ReadonlyPaths": "x",
                   "Init": "x", "ConsoleSize": "x"},
}


UNNAMED = ("Cmd", "Entrypoint", "Shell", "CapAdd", "CapDrop")  # dockerd does not say which member it is


@group
def wrong_types(t):
    """Every member of Config and HostConfig, given what it cannot be: 400, and the answer names it."""
    for where, members in MEMBERS.items():
        for name, value in members.items():
            body = {"Image": "bb", name: value} if where == "Config" else {"Image": "bb", "HostConfig": {name: value}}
            t(CREATE, 400, None if name in UNNAMED and not t.hoyd else re.compile(name), body=body)
    t(CREATE, 400, re.compile("HostConfig"), body={"Image": "bb", "HostConfig": 1})
    t(CREATE, 400, re.compile("NetworkingConfig"), body={"Image": "bb", "NetworkingConfig": "x"})
    t(CREATE, 400, re.compile("EndpointsConfig"), body={"Image": "bb", "NetworkingConfig": {"EndpointsConfig": "x"}})
    t(CREATE, 400, re.compile("Test"), body={"Image": "bb", "Healthcheck": {"Test": 1}})
    t(CREATE, 400, re.compile("Interval"), body={"Image": "bb", "Healthcheck": {"Interval": "10s"}})
    t(CREATE, 400, re.compile("MaximumRetryCount"), body={"Image": "bb", "HostConfig": {"RestartPolicy": {"MaximumRetryCount": "x"}}})
    t(CREATE, 400, re.compile("HostPort"), body={"Image": "bb", "HostConfig": {"PortBindings": {"80/tcp": [{"HostPort": 80}]}}})
    t(CREATE, 400, re.compile("Target"), body={"Image": "bb", "HostConfig": {"Mounts": [{"Target": 1}]}})
    t(CREATE, 400, re.compile("SizeBytes"), body={"Image": "bb", "HostConfig": {"Mounts": [{"TmpfsOptions": {"SizeBytes": "x"}}]}})
    t(CREATE, 400, re.compile("Hard"), body={"Image": "bb", "HostConfig": {"Ulimits": [{"Name": "nofile", "Hard": "x"}]}})
    t(CREATE, 400, re.compile("PathOnHost"), body={"Image": "bb", "HostConfig": {"Devices": [{"PathOnHost": 1}]}})
    t("GET /containers/json?all=1", 200, [])


@group
def defaults(t):
    """A container of nothing but an image: what inspect says of each member."""
    answer = t(CREATE + "?name=plain", 201, {"Id": ID, "Warnings": []}, body={"Image": "bb"})
    ident = answer.json["Id"]
    t("GET /containers/plain/json", 200, {
        "Id": ident, "Created": TIME, "Path": "sh", "Args": [], "Image": re.compile("sha256:[0-9a-f]{64}"), "Name": "/plain",
        "RestartCount": 0, "Driver": str, "Platform": "linux", "MountLabel": "", "ProcessLabel": "", "AppArmorProfile": "",
        "ExecIDs": None, "Mounts": [], "ResolvConfPath": "", "HostnamePath": "", "HostsPath": "", "LogPath": "",
        "SizeRw": ABSENT, "SizeRootFs": ABSENT,
    })
    t("GET /containers/plain/json", 200, {
        "State.Status": "created", "State.Running": False, "State.Paused": False, "State.Restarting": False,
        "State.OOMKilled": False, "State.Dead": False, "State.Pid": 0, "State.ExitCode": 0, "State.Error": "",
        "State.StartedAt": "0001-01-01T00:00:00Z", "State.FinishedAt": "0001-01-01T00:00:00Z", "State.Health": ABSENT,
    })
    t("GET /containers/plain/json", 200, {
        "Config.Hostname": ident[:12], "Config.Domainname": "", "Config.User": "", "Config.AttachStdin": False,
        "Config.AttachStdout": False, "Config.AttachStderr": False, "Config.ExposedPorts": ABSENT, "Config.Tty": False,
        "Config.OpenStdin": False, "Config.StdinOnce": False,
        "Config.Cmd": ["sh"],
        "Config.Image": "bb", "Config.Volumes": None, "Config.WorkingDir": lambda v: v in ("", "/"), "Config.Entrypoint": None,
        "Config.OnBuild": lambda v: v in (None, ABSENT), "Config.Labels": {}, "Config.Healthcheck": ABSENT,
        "Config.StopSignal": ABSENT, "Config.StopTimeout": ABSENT, "Config.Shell": ABSENT, "Config.NetworkDisabled": ABSENT,
        "Config.MacAddress": ABSENT,
    })
    t("GET /containers/plain/json", 200, {
        "HostConfig.Binds": None, "HostConfig.ContainerIDFile": "", "HostConfig.LogConfig": {"Type": "json-file", "Config": {}},
        "HostConfig.NetworkMode": lambda v: v in ("bridge", "default"), "HostConfig.PortBindings": lambda v: v in (None, {}),
        "HostConfig.RestartPolicy": lambda v: v["Name"] in ("", "no") and v["MaximumRetryCount"] == 0,
        "HostConfig.AutoRemove": False, "HostConfig.VolumeDriver": "", "HostConfig.VolumesFrom": None, "HostConfig.CapAdd": None,
        "HostConfig.CapDrop": None, "HostConfig.CgroupnsMode": re.compile("host|private"), "HostConfig.IpcMode": "private",
        "HostConfig.Cgroup": "", "HostConfig.Links": None, "HostConfig.OomScoreAdj": 0, "HostConfig.PidMode": "",
        "HostConfig.Privileged": False, "HostConfig.PublishAllPorts": False, "HostConfig.ReadonlyRootfs": False,
        "HostConfig.SecurityOpt": None, "HostConfig.UTSMode": "", "HostConfig.UsernsMode": "", "HostConfig.ShmSize": 67108864,
        "HostConfig.Runtime": lambda v: v is None or isinstance(v, str), "HostConfig.Isolation": "", "HostConfig.CpuShares": 0, "HostConfig.Memory": 0,
        "HostConfig.NanoCpus": 0, "HostConfig.BlkioWeight": 0, "HostConfig.CpuPeriod": 0, "HostConfig.CpuQuota": 0,
        "HostConfig.CpusetCpus": "", "HostConfig.CpusetMems": "", "HostConfig.DeviceCgroupRules": None,
        "HostConfig.DeviceRequests": None, "HostConfig.MemoryReservation": 0, "HostConfig.MemorySwap": 0,
        "HostConfig.PidsLimit": None, "HostConfig.GroupAdd": None, "HostConfig.ExtraHosts": None,
        "HostConfig.Mounts": ABSENT, "HostConfig.Tmpfs": ABSENT, "HostConfig.Sysctls": ABSENT, "HostConfig.StorageOpt": ABSENT,
        "HostConfig.Annotations": ABSENT, "HostConfig.Init": ABSENT,
    })
    t("GET /containers/plain/json", 200, {
        "HostConfig.Ulimits": lambda v: v in (None, []), "HostConfig.Devices": lambda v: v in (None, []),
        "HostConfig.ConsoleSize": [0, 0], "HostConfig.Dns": lambda v: v in (None, []), "HostConfig.DnsOptions": lambda v: v in (None, []),
        "HostConfig.DnsSearch": lambda v: v in (None, []), "HostConfig.MaskedPaths": lambda v: "/proc/kcore" in v,
        "HostConfig.ReadonlyPaths": lambda v: "/proc/sys" in v, "NetworkSettings.Networks": dict, "NetworkSettings.Ports": {},
    })


@group
def merged(t):
    """What an image says, and what the request puts over it."""
    t.do(CREATE + "?name=img", {"Image": "full"})
    t("GET /containers/img/json", 200, {
        "Path": "echo", "Args": ["entry", "arg"], "Config.Cmd": ["arg"], "Config.Entrypoint": ["echo", "entry"],
        "Config.Env": lambda v: {"A=1", "B=two"} <= set(v), "Config.Labels": {"kind": "full"}, "Config.ExposedPorts": {"80/tcp": {}},
        "Config.Volumes": {"/data": {}}, "Config.WorkingDir": "/tmp", "Config.User": "www", "Config.StopSignal": ABSENT,
        "Config.Healthcheck": {"Test": ["CMD-SHELL", "true"], "Interval": 3600 * 10**9, "Retries": 2},
        "Mounts.0.Type": "volume", "Mounts.0.Destination": "/data", "Mounts.0.Driver": "local", "Mounts.0.RW": True,
        "Mounts.0.Name": ID, "Mounts.0.Mode": "", "Mounts.0.Propagation": "", "Mounts.0.Source": str,
    })
    t.do(CREATE + "?name=over", {"Image": "full", "Cmd": ["mine"], "Env": ["A=2", "C=3", "B"], "Labels": {"kind": "mine", "x": "y"},
                                 "ExposedPorts": {"81/udp": {}}, "WorkingDir": "/var", "User": "0:0", "StopSignal": "9",
                                 "StopTimeout": 3, "Healthcheck": {"Test": ["NONE"]}})
    t("GET /containers/over/json", 200, {
        "Config.Cmd": ["mine"], "Config.Entrypoint": ["echo", "entry"], "Config.Labels": {"kind": "mine", "x": "y"},
        "Config.ExposedPorts": {"80/tcp": {}, "81/udp": {}}, "Config.WorkingDir": "/var", "Config.User": "0:0",
        "Config.StopSignal": "9", "Config.StopTimeout": 3, "Config.Healthcheck.Test": ["NONE"],
        "Config.Env": lambda v: {"A=2", "C=3"} <= set(v) and "A=1" not in v,
    })
    t.do(CREATE + "?name=entry", {"Image": "full", "Entrypoint": ["/bin/true"]})
    t("GET /containers/entry/json", 200, {"Path": "/bin/true", "Args": [], "Config.Cmd": None})
    t.do(CREATE + "?name=string", {"Image": "bb", "Cmd": "one word"})
    t("GET /containers/string/json", 200, {"Config.Cmd": ["one word"], "Path": "one word"})


ROUND_TRIP = {
    "Binds": ["/tmp:/t:ro"], "LogConfig": {"Type": "none", "Config": {}}, "CapAdd": ["CAP_SYS_PTRACE"], "CapDrop": ["CAP_MKNOD"],
    "Dns": ["192.0.2.1"], "DnsOptions": ["ndots:2"], "DnsSearch": ["example.org"], "ExtraHosts": ["h:192.0.2.2"],
    "GroupAdd": ["44"], "IpcMode": "shareable", "OomScoreAdj": 100, "PidMode": "host", "Privileged": True,
    "PublishAllPorts": True, "ReadonlyRootfs": True, "SecurityOpt": ["no-new-privileges"], "Tmpfs": {"/run": "size=1m"},
    "UTSMode": "host", "ShmSize": 1 << 20, "Sysctls": {"net.ipv4.ip_forward": "1"}, "CpuShares": 512,
    "Memory": 64 << 20, "NanoCpus": 500_000_000, "CpusetCpus": "0", "CpusetMems": "0", "PidsLimit": 100,
    "Ulimits": [{"Name": "nofile", "Hard": 1024, "Soft": 512}], "Init": True, "CgroupnsMode": "host",
    "Devices": [{"PathOnHost": "/dev/null", "PathInContainer": "/dev/mine", "CgroupPermissions": "rwm"}],
    "DeviceCgroupRules": ["c 1:3 rwm"], "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 4}, "ContainerIDFile": "/x",
    "VolumeDriver": "local", "MaskedPaths": ["/proc/a"], "ReadonlyPaths": ["/proc/b"], "MemoryReservation": 32 << 20,
    "MemorySwap": 128 << 20, "AutoRemove": True, "UsernsMode": "host", "Isolation": "default",
}


@group
def round_trip(t):
    """Each member of HostConfig as it was given."""
    for name, value in ROUND_TRIP.items():
        host = {"NetworkMode": "none", name: value}
        if name == "MemorySwap":
            host["Memory"] = 64 << 20
        if name == "MemoryReservation":
            host["Memory"] = 64 << 20
        answer = t(CREATE, 201, {"Id": ID}, body={"Image": "bb", "HostConfig": host})
        if answer.status == 201:
            t("GET /containers/%s/json" % answer.json["Id"][:12], 200, {"HostConfig." + name: value})
            t.do("DELETE /containers/%s?force=1" % answer.json["Id"])


@group
def mounts(t):
    t.do("POST /volumes/create", {"Name": "vol"})
    t.do(CREATE + "?name=mm", {"Image": "bb", "Cmd": ["sleep", "100"], "HostConfig": {
        "NetworkMode": "none", "Binds": ["vol:/v:ro", "/usr:/b"], "Mounts": [
            {"Type": "tmpfs", "Target": "/tm", "TmpfsOptions": {"SizeBytes": 1 << 20, "Mode": 0o700}},
            {"Type": "volume", "Source": "vol", "Target": "/v2"}, {"Type": "bind", "Source": "/var", "Target": "/b2", "ReadOnly": True}]}})
    answer = t("GET /containers/mm/json", 200, {"HostConfig.Binds": ["vol:/v:ro", "/usr:/b"], "HostConfig.Mounts": lambda v: len(v) == 3})
    found = {item["Destination"]: item for item in answer.json["Mounts"]}
    t.check("the mounts", sorted(found) == ["/b", "/b2", "/tm", "/v", "/v2"], sorted(found))
    for where, members in {"/v": {"Type": "volume", "Name": "vol", "Driver": "local", "Mode": "ro", "RW": False},
                           "/v2": {"Type": "volume", "Name": "vol", "Driver": "local", "Mode": "z", "RW": True},
                           "/b": {"Type": "bind", "Source": "/usr", "Mode": "", "RW": True, "Propagation": "rprivate"},
                           "/b2": {"Type": "bind", "Source": "/var", "Mode": "", "RW": False, "Propagation": "rprivate"},
                           "/tm": {"Type": "tmpfs", "Source": "", "Mode": "", "RW": True}}.items():
        got = {name: found.get(where, {}).get(name) for name in members}
        t.check("the mount " + where, got == members, found.get(where))
