"""Starts one command and counts what it takes, from a process so small that its own size does not count.

    python -I -S launcher.py ANSWER.json SECONDS COMMAND...

Linux passes the peak memory of the process that starts a program on to the program: begun from a large process
a small command would look large. SECONDS of 0 means no limit; past it the command and all it started are killed.
A command of several processes weighs what they hold together, each shared page counted once.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time

EVERY = 0.25  # seconds between two looks at the processes


def find_family(root: int) -> list[int]:
    """The process and all it started that still live; only the process itself where /proc does not tell."""
    family = [root]
    for process in family:
        try:
            for thread in os.listdir(f"/proc/{process}/task"):  # noqa: PTH208
                with open(f"/proc/{process}/task/{thread}/children") as children:  # noqa: PTH123
                    family += map(int, children.read().split())
        except OSError:
            continue
    return family


def weigh(process: int) -> int:
    """Bytes of memory of a process, where a page shared by n processes counts an n-th; 0 when it has gone."""
    try:
        with open(f"/proc/{process}/smaps_rollup") as rollup:  # noqa: PTH123
            return sum(int(line.split()[1]) * 1024 for line in rollup if line.startswith("Pss:"))
    except OSError:
        return 0


def main() -> None:
    answer, seconds, command = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    ended = threading.Event()
    seen = {"together": 0, "killed": False}

    def watch() -> None:
        while not ended.wait(EVERY):
            family = find_family(process.pid)
            if len(family) > 1:
                seen["together"] = max(seen["together"], sum(map(weigh, family)))
            if seconds and time.perf_counter() - began > seconds:
                seen["killed"] = True
                for member in family:
                    try:
                        os.kill(member, signal.SIGKILL)
                    except ProcessLookupError:
                        continue

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    ended.set()
    watcher.join()
    unit = 1 if sys.platform == "darwin" else 1024  # bytes on macOS, kilobytes on Linux
    with open(answer, "w") as file:  # noqa: PTH123
        json.dump(
            {
                "wall": wall,
                "cpu": used.ru_utime + used.ru_stime,
                "peak_mb": max(used.ru_maxrss * unit, seen["together"]) / 1e6,
                "code": os.waitstatus_to_exitcode(status),
                "killed": seen["killed"],
            },
            file,
        )


if __name__ == "__main__":
    main()
