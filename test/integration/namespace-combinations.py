#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""namespace-combinations.py RUNTIME STATE BUNDLE CGROUP COUNT SEED: COUNT containers whose seven namespaces beside the mount
namespace are each new, joined from another container or the host's, at random and in random order; the first half joins
nothing. Each must be in exactly those that its config names; /proc of a joined pid namespace below a new user namespace is
refused. Prints what is not so, ends with 1 then."""
import copy
import json
import os
import random
import subprocess
import sys

runtime, state, bundle, cgroup, count, seed = sys.argv[1:]
files = {'user': 'user', 'pid': 'pid', 'mount': 'mnt', 'network': 'net', 'ipc': 'ipc', 'uts': 'uts', 'cgroup': 'cgroup', 'time': 'time'}
kinds = [t for t in files if t != 'mount' and os.path.exists('/proc/self/ns/' + files[t])]
maps = [{'containerID': 0, 'hostID': 100000, 'size': 65536}]
findings = 0
random.seed(int(seed))
with open(bundle + '/config.json', encoding='utf-8') as f:
    base = json.load(f)
base.pop('hostname', None)
# One needs a new ipc namespace, which not all of these have.
base['mounts'] = [m for m in base['mounts'] if m['type'] != 'mqueue']


def runc(*words, **options):
    return subprocess.run([runtime, '--root', state, *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)


def namespaces(pid):
    return {t: os.readlink(f'/proc/{pid}/ns/{files[t]}') for t in kinds}


def write(program, group, choice, holder):
    config = copy.deepcopy(base)
    config['process']['args'] = program
    config['linux']['cgroupsPath'] = cgroup + group
    listed = [{'type': 'mount'}]
    for kind, what in choice.items():
        if what == 'join':
            listed.append({'type': kind, 'path': f'/proc/{holder}/ns/{files[kind]}'})
        elif what == 'new':
            listed.append({'type': kind})
    random.shuffle(listed)
    config['linux']['namespaces'] = listed
    if choice.get('user') == 'new':
        config['linux']['uidMappings'] = config['linux']['gidMappings'] = maps
    with open(bundle + '/config.json', 'w', encoding='utf-8') as out:
        json.dump(config, out)


def check(choice, holder, known):
    words = ' '.join(files[t] for t in kinds)
    write(['sh', '-c', f'for n in {words}; do readlink /proc/self/ns/$n; done'], '-b', choice, holder)
    done = runc('run', '-b', bundle, 'combination')
    got = dict(zip(kinds, done.stdout.split()))
    # A procfs shows one pid namespace, and only its owner may mount it: the host's is no substitute.
    if choice['user'] == 'new' and choice['pid'] == 'join':
        if done.returncode == 1 and "does not own the pid namespace" in done.stderr:
            return False
        print(choice, done.returncode, got, done.stderr)
        return True
    right = done.returncode == 0 and len(got) == len(kinds)
    for kind in kinds if right else []:
        where = [w for w, ns in known.items() if ns[kind] == got[kind]]
        right &= where == {'join': ['holder'], 'host': ['host'], 'new': []}[choice[kind]]
    if not right:
        print(choice, done.returncode, got, done.stderr)
    return not right


write(['sleep', '1000'], '-a', {t: 'new' for t in kinds}, 0)
# It keeps what it is given as stdout: no pipe.
subprocess.run([runtime, '--root', state, 'run', '-d', '-b', bundle, 'holder'], check=True, stdin=subprocess.DEVNULL,
               stdout=subprocess.DEVNULL)
pid = json.loads(runc('state', 'holder').stdout)['pid']
known = {'host': namespaces('self'), 'holder': namespaces(pid)}
for i in range(int(count)):
    ways = ['new', 'host'] if i < int(count) // 2 else ['new', 'join', 'host']
    choice = {t: random.choice(ways) for t in kinds}
    # What belongs to the other container's user namespace is not joined from the host's with mounts to be made.
    if choice['user'] == 'host' and 'join' in choice.values():
        choice['user'] = 'join'
    findings += check(choice, pid, known)
runc('delete', '--force', 'holder')
sys.exit(findings > 0)
