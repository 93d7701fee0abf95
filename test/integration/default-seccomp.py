#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""default-seccomp.py CONFIG.json: give the container the default profile as it is for one without capabilities."""
import json
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, '../../src/oci/seccomp-default.json'), encoding='utf-8') as f:
    profile = json.load(f)
with open(sys.argv[1], encoding='utf-8') as f:
    config = json.load(f)
caps = set(config['process'].get('capabilities', {}).get('bounding', []))
rules = []
for rule in profile['syscalls']:
    inc, exc = rule.get('includes') or {}, rule.get('excludes') or {}
    if 'arches' in inc and 'amd64' not in inc['arches'] or 'amd64' in exc.get('arches', []):
        continue
    if not set(inc.get('caps', [])) <= caps or set(exc.get('caps', [])) & caps:
        continue
    rules.append({k: rule[k] for k in ('names', 'action', 'errnoRet', 'args') if rule.get(k)})
config['linux']['seccomp'] = {
    'defaultAction': profile['defaultAction'], 'defaultErrnoRet': 1,
    'architectures': ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'], 'syscalls': rules}
with open(sys.argv[1], 'w', encoding='utf-8') as f:
    json.dump(config, f)
