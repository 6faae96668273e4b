#!/usr/bin/env python3
"""Hosts a local port while a command runs, which is given the URL: with_url.py 3000 curl -s"""

import json
import signal
import subprocess
import sys


def main() -> int:
    port, *command = sys.argv[1:]
    host = subprocess.Popen(
        ["underpass", "host", port, "--json", "--timeout", "30"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        for line in host.stdout:
            event = json.loads(line)
            if event["event"] == "error":
                print(event["message"], file=sys.stderr)
            if event["event"] == "url":
                return subprocess.run([*command, event["url"]]).returncode
        # It ended without a URL: its exit code says why (docs/command-line.md).
        return host.wait()
    finally:
        if host.poll() is None:
            host.send_signal(signal.SIGINT)
            host.stdout.read()
            host.wait()


sys.exit(main())
