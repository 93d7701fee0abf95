#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill-images.py COUNT SEED REGISTRY DIR: COUNT image commands one after the other, each killed (-9) at a random moment.

A command is known by a word in its environment, which its private engine and that one's children inherit. Either all of
them are killed at once, or one of them, and then the others have to end by themselves. DIR has one.tar, two.tar (roots)
and saved.tar (an archive of images); the container "keep" is committed. What is left afterwards is for others to judge."""
import os
import random
import signal
import subprocess
import sys
import time

count, seed, registry, place = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
word = f'HOY_KILLED={os.getpid()}'.encode()
environ = dict(os.environ, HOY_KILLED=str(os.getpid()))
dice = random.Random(seed)
names = ['%s/t/a:1' % registry, '%s/t/b:1' % registry, 'imported:1', 'saved:1', 'saved:2', 'snap:1']


def command():
    kind = dice.choice(['pull', 'pull', 'load', 'import', 'rmi', 'rmi', 'commit', 'prune'])
    return kind, {
        'pull': ['pull', '-q', dice.choice(names[:2])],
        'load': ['load', '-q', '-i', place + '/saved.tar'],
        'import': ['import', dice.choice([place + '/one.tar', place + '/two.tar']), 'imported:1'],
        'rmi': ['rmi', '-f'] + dice.sample(names, 2),
        'commit': ['commit', 'keep', 'snap:1'],
        'prune': ['image', 'prune', '-af'],
    }[kind]


def ours():
    """pidfds of what the command started and is still there"""
    found = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            fd = os.pidfd_open(int(pid))
        except OSError:
            continue
        try:
            with open(f'/proc/{pid}/environ', 'rb') as f:
                mine = word in f.read().split(b'\0')
        except OSError:
            mine = False
        if mine:
            found.append(fd)
        else:
            os.close(fd)
    return found


def kill(fds):
    for fd in fds:
        try:
            signal.pidfd_send_signal(fd, signal.SIGKILL)
        except ProcessLookupError:
            pass


def wait_gone(process, seconds):
    end = time.monotonic() + seconds
    while True:
        process.poll()
        left = ours()
        for fd in left:
            os.close(fd)
        if not left:
            return process.wait()
        if time.monotonic() > end:
            sys.exit(f'seed {seed}: {len(left)} processes of {process.args} did not end')
        time.sleep(0.01)


def start(args):
    return subprocess.Popen(['hoy'] + args, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)


lasts = {}  # seconds that a kind of command takes
for n in range(count):
    kind, args = command()
    if kind not in lasts or dice.random() < 0.1:  # now and then one goes through
        begin = time.monotonic()
        wait_gone(start(args), 60)
        lasts[kind] = time.monotonic() - begin
    process = start(args)
    time.sleep(dice.uniform(0, 1.1 * lasts[kind]))
    victims = ours()
    if victims and dice.random() < 0.5:
        kill([dice.choice(victims)])
        for fd in victims:
            os.close(fd)
        wait_gone(process, 60)
        continue
    while victims:
        kill(victims)
        for fd in victims:
            os.close(fd)
        process.poll()
        victims = ours()
    process.wait()
