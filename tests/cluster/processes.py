"""What scripts that start clusters share."""

import os
import socket
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORDS = "a row of words that a model must read before it has a vector and no two of them are alike".split()


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def add_annota(parser):
    built = [ROOT / f"target/{profile}/annota" for profile in ("release", "debug")]
    parser.add_argument("--annota", default=next((path for path in built if path.is_file()), built[0]))


def program(path):
    """The whole path of the binary, if it is one."""
    path = str(Path(path).resolve())
    if not os.access(path, os.X_OK):
        sys.exit(f"{path} is no program: build it with cargo build --release -p annota-cli")
    return path
