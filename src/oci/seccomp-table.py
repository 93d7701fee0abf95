#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""seccomp-table.py IN.json OUT.c: the default seccomp profile as a C table (struct profile)."""
import json
import sys


def text(value):
    return 'NULL' if value is None else '(char *)' + json.dumps(value)


def vector(values):
    if not values:
        return 'NULL'
    return '(char *[]){ ' + ', '.join([text(v) for v in values] + ['NULL']) + ' }'


def condition(cond):
    cond = cond or {}
    return '{ .caps = %s, .arches = %s, .min_kernel = %s }' % (
        vector(cond.get('caps')), vector(cond.get('arches')), text(cond.get('minKernel')))


def args(values):
    if not values:
        return 'NULL'
    return '(struct oci_seccomp_arg[]){ ' + ', '.join(
        '{ .index = %d, .value = %dU, .value_two = %dU, .op = %s }' % (
            a['index'], a['value'], a.get('valueTwo', 0), text(a['op'])) for a in values) + ' }'


def optional(value):
    return '{ false, 0 }' if value is None else '{ true, %d }' % value


def main():
    with open(sys.argv[1], encoding='utf-8') as f:
        profile = json.load(f)
    with open(sys.argv[2], 'w', encoding='utf-8') as out:
        out.write('/* Made by seccomp-table.py; do not edit. */\n#include "oci/seccomp-profile.h"\n\n')
        out.write('static struct profile_arch arch_map[] = {\n')
        for arch in profile['archMap']:
            out.write('{ %s, %s },\n' % (text(arch['architecture']), vector(arch['subArchitectures'])))
        out.write('};\n\nstatic struct profile_rule syscalls[] = {\n')
        for rule in profile['syscalls']:
            out.write('{ .names = %s, .action = %s, .errno_ret = %s, .args = %s, .n_args = %d,\n'
                      '  .includes = %s, .excludes = %s },\n' % (
                          vector(rule['names']), text(rule['action']), optional(rule.get('errnoRet')),
                          args(rule.get('args')), len(rule.get('args') or []),
                          condition(rule.get('includes')), condition(rule.get('excludes'))))
        out.write('};\n\nconst struct profile seccomp_default_profile = {\n'
                  '.default_action = %s, .default_errno_ret = %s,\n'
                  '.arch_map = arch_map, .n_arch_map = ARRAY_SIZE(arch_map),\n'
                  '.syscalls = syscalls, .n_syscalls = ARRAY_SIZE(syscalls),\n};\n' % (
                      text(profile['defaultAction']), optional(profile.get('defaultErrnoRet'))))


main()
