# SPDX-License-Identifier: Apache-2.0
"""For tidy and check-analyzer: run a program over every C file as the build compiles it, on all processors.

A file that was found clean is not looked at again while nothing has changed that goes into it: the file, what it includes of
this tree, its compile command, the checker and its settings. That is remembered below BUILD/lint/clean, by hash.
"""
import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.M)


def commands(build):
    """Where the build is, and {file: [compiler, option, ..., file]} of every C file, those of tests and fuzzers too, without
    the options that say where the output goes."""
    lint = os.path.join(build, "lint")
    if not os.path.exists(os.path.join(lint, "build.ninja")):
        shutil.rmtree(lint, ignore_errors=True)
        subprocess.run(["meson", "setup", lint, ROOT], check=True, stdout=subprocess.PIPE)
    else:
        subprocess.run(["ninja", "-C", lint, "--quiet", "build.ninja"], check=True, stdout=subprocess.PIPE)
    with open(os.path.join(lint, "compile_commands.json"), encoding="utf-8") as file:
        entries = json.load(file)
    found = {}
    for entry in entries:
        path = os.path.realpath(os.path.join(entry["directory"], entry["file"]))
        words = shlex.split(entry["command"])
        if os.path.basename(words[0]) == "ccache":  # meson puts it in front wherever it is installed
            words.pop(0)
        kept = []
        while words:
            word = words.pop(0)
            if word in ("-MQ", "-MF", "-o"):
                words.pop(0)
            elif word not in ("-MD", "-c") and not word.startswith(("-Werror", "-fdiagnostics-color")):
                kept.append(word)
        found.setdefault(path, kept)
    made = [os.path.relpath(path, lint) for path in found if path.startswith(lint + os.sep)]
    subprocess.run(["ninja", "-C", lint, "--quiet"] + (made or ["build.ninja"]), check=True, stdout=subprocess.PIPE)
    return lint, found


class Hashes:
    """The hash of a file and of all that it includes of this tree."""

    def __init__(self):
        self.read = {}

    def includes(self, path):
        if path not in self.read:
            with open(path, "rb") as file:
                data = file.read()
            near = [os.path.join(os.path.dirname(path), name.decode()) for name in INCLUDE.findall(data)]
            far = [os.path.join(ROOT, "src", name.decode()) for name in INCLUDE.findall(data)]
            self.read[path] = (hashlib.sha256(data).digest(),
                               [os.path.realpath(name) for name in near + far if os.path.exists(name)])
        return self.read[path]

    def of(self, path):
        seen, todo = set(), [path]
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo += self.includes(name)[1]
        return b"".join(self.includes(name)[0] for name in sorted(seen))


def check(name, argv, version, settings, run):
    """run(command, file, lint) gives the lines of findings; version is a command, settings are files or words."""
    os.chdir(ROOT)
    lint, todo = commands(os.path.realpath(argv[1] if len(argv) > 1 else "build"))
    clean = os.path.join(lint, "clean")
    os.makedirs(clean, exist_ok=True)
    common = subprocess.run(version, check=True, stdout=subprocess.PIPE).stdout
    for word in settings:
        with open(word, "rb") as file:
            common += file.read()
    hashes = Hashes()

    def one(path):
        key = hashlib.sha256(common + " ".join(todo[path]).encode() + hashes.of(path)).hexdigest()
        mark = os.path.join(clean, "%s-%s" % (name, key))
        if os.path.exists(mark):
            return []
        lines = run(todo[path], path, lint)
        if not lines:
            with open(mark, "wb"):
                pass
        return lines

    findings = []
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for lines in pool.map(one, sorted(todo)):
            findings += [line for line in lines if line not in findings]
    print("\n".join(findings + ["%s: %d findings" % (name, len(findings))]) if findings else name + ": clean")
    return 1 if findings or not todo else 0


def findings_of(text, path, lint):
    """The warnings and errors of a compiler's output, with paths from the root of the tree; one in a header names the file too."""
    found = []
    for line in text.split("\n"):
        match = re.match(r"([^:\s]+)(:\d+:.* (?:warning|error): .*)", line)
        if match:
            place = os.path.realpath(os.path.join(lint, match[1]))
            by = "" if place == path else " (compiling %s)" % os.path.relpath(path, ROOT)
            found.append(os.path.relpath(place, ROOT) + match[2] + by)
    return found


if __name__ == "__main__":
    sys.exit("sources.py is a part of tidy and check-analyzer")
