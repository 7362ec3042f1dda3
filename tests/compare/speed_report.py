"""Tables of the speed comparisons in README.md, each between markers of its own."""

import os
import platform
import re
import sys
from importlib import metadata
from pathlib import Path

import peers

README = Path(__file__).resolve().parent / "README.md"


def machine():
    """The processor and its cores, and the instructions that matter here."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"
    facts = dict(re.split(r"\s*:\s*", line, maxsplit=1) for line in lines if re.search(r"\s*:\s*\S", line))
    model = facts.get("model name", platform.machine())
    if "cpu family" in facts:
        model += f" (family {facts['cpu family']}, model {facts.get('model')})"
    flags = facts.get("flags", "").split()
    known = [flag for flag in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16") if flag in flags]
    return ", ".join([model, f"{len(os.sched_getaffinity(0))} cores", " ".join(known)])


def told(command, programs, packages=()):
    """What stands under a table: the machine, the versions, the command."""
    versions = {program.version for program in programs}
    for name in packages:
        try:
            versions.add(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            pass
    return f"{machine()}. {', '.join(sorted(versions))}. Command: `{command}`."


def command(script, given):
    """The call without what names places of this machine."""
    words = [word for word in given if word != "--write"]
    for flag in ("--annota", "--json"):
        while flag in words:
            place = words.index(flag)
            del words[place : place + 2]
    return " ".join(["python", f"tests/compare/{script}", *words])


def publish(part, text, write):
    """Prints, and with `write` puts the text between the part's markers in README.md."""
    print(text, end="\n\n", flush=True)
    if not write:
        return
    begin, end = f"<!-- speed:{part} -->", f"<!-- /speed:{part} -->"
    page = README.read_text(encoding="utf-8")
    block = f"{begin}\n\n{text}\n\n{end}"
    if begin in page:
        page = re.sub(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: block, page, flags=re.S)
    else:
        page = f"{page.rstrip()}\n\n{block}\n"
    README.write_text(page, encoding="utf-8")


def warn_if_busy():
    """Figures of a machine that does other things are worth little."""
    load = os.getloadavg()[0]
    if load > 0.5:
        print(f"the machine was busy in the last minute (load {load:.1f}): take no figures now", file=sys.stderr)


def tables(*given):
    return "\n\n".join(peers.table(header, rows) for header, rows in given)
