"""Stands where a program is: has the tests' process begin it warm (`tests.programs`) and ends as it ends.

Run as ``asking.py SOCKET ENTRY PROGRAM WORDS...`` by a Python without libraries, which begins in 10 ms.
"""

import json
import os
import signal
import socket
import sys

path, entry, *words = sys.argv[1:]
with socket.socket(socket.AF_UNIX) as asked:
    asked.connect(path)
    wish = json.dumps({"entry": entry, "words": words, "cwd": os.getcwd(), "env": dict(os.environ)}).encode()
    socket.send_fds(asked, [len(wish).to_bytes(4, "big")], [0, 1, 2])
    asked.sendall(wish)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: asked.sendall(bytes([number])))
    told = asked.recv(1)
sys.exit(told[0] if told else 1)
