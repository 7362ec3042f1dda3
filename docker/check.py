#!/usr/bin/env python3
"""Looks through this folder without a container engine: what it names must be there, and agree.

    python3 docker/check.py [target/debug/annota]

Wants PyYAML. With the binary, flags and variables are compared with its help. More is checked by what is found on the
path: `docker-compose` or docker's plugin, `hadolint`, `kubectl`, `promtool`, and Python's `kubernetes_validate`
(requirements.txt has those of PyPI). What is not checked is said by name.
"""

import copy
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
KUBERNETES = ("1.30.0", "1.37.0")
# What Ballista's scheduler and the prometheus crate export, beside Annota's own.
KNOWN_METRICS = {
    *(f"job_{what}_total" for what in ("submitted", "completed", "failed", "cancelled")),
    "job_exec_time_seconds", "planning_time_ms", "pending_task_queue_size",
    "process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds", "up",
}
SUBCOMMAND = re.compile(r"^  ([a-z]+) {2,}\S")
# Subcommands that stay, whose options are those of one below them.
FOLDED = {"tls": "init", "jobs": "status"}

passed, faults, skipped = [], {}, []


def main():
    binary = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None
    compose, gpu = read(HERE / "compose.yaml")[0], read(HERE / "compose.gpu.yaml")[0]
    objects = [it for path in sorted((HERE / "kubernetes").glob("*.yaml")) if path.name != "kustomization.yaml" for it in read(path)]
    dockerfile = (HERE / "Dockerfile").read_text()
    ports = ports_of_roles()
    run("Dockerfile", check_dockerfile, dockerfile, ports)
    run("compose files", check_compose, compose, gpu, ports)
    run("Kubernetes' objects", check_kubernetes, objects, ports)
    run("images", check_images, compose, objects)
    run("metrics of the dashboard", check_dashboard)
    run("what Prometheus asks", check_prometheus, compose, ports)
    if binary and binary.is_file():
        run("subcommands, flags and variables", check_commands, binary, compose, gpu, objects)
    else:
        skipped.append(f"subcommands, flags and variables: there is no binary {binary or ''}".rstrip())
    check_with_tools(objects)
    for what in skipped:
        print(f"not checked: {what}")
    for what, those in faults.items():
        for fault in those:
            print(f"{what}: {fault}", file=sys.stderr)
    print(f"docker: {len(passed)} passed, {len(faults)} failed, {len(skipped)} skipped")
    return 1 if faults else 0


def run(what, check, *given):
    found = list(check(*given))
    if found:
        faults[what] = found
    else:
        passed.append(what)


def read(path):
    return [it for it in yaml.safe_load_all(path.read_text()) if it is not None]


def ports_of_roles():
    """The default ports, as the binary's sources have them."""
    sources = [ROOT / "crates/annota-cli/src/commands" / f"{role}.rs" for role in ("scheduler", "executor")]
    found = re.compile(r'env = "(ANNOTA_BIND_\w*PORT)", default_value_t = (\d+)')
    scheduler, executor = (dict(found.findall(source.read_text())) for source in sources)
    return {
        "scheduler": int(scheduler["ANNOTA_BIND_PORT"]),
        "results": int(executor["ANNOTA_BIND_PORT"]),
        "tasks": int(executor["ANNOTA_BIND_GRPC_PORT"]),
        "health": int(executor["ANNOTA_BIND_HTTP_PORT"]),
    }


# -- Dockerfile ---------------------------------------------------------------------------------------------------------


def check_dockerfile(text, ports):
    lines = re.sub(r"\\\n", " ", text).splitlines()
    given = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    words = {name: [value for other, value in given if other == name] for name, _ in given}
    if not words.get("USER") or words["USER"][-1].split(":")[0] in ("root", "0"):
        yield "the last USER is root"
    elif not words["USER"][-1].split(":")[0].isdigit():
        yield "USER is a name: expected a number, by which Kubernetes sees that it is not root"
    if "HEALTHCHECK" not in words:
        yield "no HEALTHCHECK"
    exposed = {int(port) for value in words.get("EXPOSE", []) for port in value.split()}
    if exposed != set(ports.values()):
        yield f"EXPOSE has {sorted(exposed)}, and the roles listen on {sorted(ports.values())}"
    for command in words.get("RUN", []):
        if "apt-get install" in command and "rm -rf /var/lib/apt/lists" not in command:
            yield "apt's lists are left in the image"
        if "apt-get install" in command and "--no-install-recommends" not in command:
            yield "apt-get installs what is only recommended"
    if "ADD" in words:
        yield "ADD where COPY would do"
    for value in words.get("COPY", []):
        for source in [word for word in value.split() if not word.startswith("--")][:-1]:
            if "--from=" not in value and not (ROOT / source).exists():
                yield f"COPY of `{source}`, which is not there"
    health = (HERE / "health").read_text()
    for role, port in (("scheduler", ports["scheduler"]), ("executor", ports["health"])):
        if f":-{port}" not in health:
            yield f"the health script does not ask {role}s on {port}"


def images(compose, objects):
    for name, service in compose["services"].items():
        yield f"compose's {name}", service["image"]
    for it, pod in pods(objects):
        for container in pod["containers"]:
            yield f"{it['kind']} {named(it)}", container["image"]
    # A digest beside a tag would be better still, and would keep security fixes out until somebody looks.
    for image in re.findall(r"^FROM (\S+)", (HERE / "Dockerfile").read_text(), re.MULTILINE):
        yield "Dockerfile", image


def check_images(compose, objects):
    version = re.search(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[1]
    for where, image in images(compose, objects):
        name, _, tag = image.partition(":")
        if not tag or not re.search(r"\d|bookworm", tag) or "latest" in tag:
            yield f"{where}: image `{image}` has no version"
        if name == "annota" and tag != version:
            yield f"{where}: image `{image}`, and this is version {version}"


# -- compose ------------------------------------------------------------------------------------------------------------


def check_compose(compose, gpu, ports):
    services = compose["services"]
    for name in gpu["services"]:
        if name not in services:
            yield f"compose.gpu.yaml has a service `{name}` that compose.yaml lacks"
    for name, service in services.items():
        if "healthcheck" not in service and service["image"].split(":")[0] not in ("annota", "prom/prometheus", "grafana/grafana"):
            yield f"{name} has no health check"
        for secret in service.get("secrets", []):
            if secret not in compose["secrets"]:
                yield f"{name} has a secret `{secret}` that is not declared"
        for mount in service.get("volumes", []):
            source = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", mount).split(":")[0]
            if source.startswith("."):
                if not (HERE / source).exists():
                    yield f"{name} mounts `{source}`, which is not there"
            elif source not in compose["volumes"]:
                yield f"{name} mounts a volume `{source}` that is not declared"
        waits = service.get("depends_on", {})
        for other, how in (waits.items() if isinstance(waits, dict) else []):
            if other not in services:
                yield f"{name} waits for `{other}`, which is not there"
            elif how["condition"] == "service_completed_successfully" and services[other].get("restart") != "no":
                yield f"{name} waits for the end of {other}, which is started again"
        yield from check_files(name, service)
    hosts = re.findall(r"--host (\S+)", " ".join(services["tls"]["command"]))
    for name, service in services.items():
        host = service.get("environment", {}).get("ANNOTA_EXTERNAL_HOST")
        if host and host != name:
            yield f"{name} is to be reached as {host}"
        if host and host not in hosts:
            yield f"no certificate is made for {name}"
    text = (HERE / "compose.yaml").read_text()
    for url in re.findall(r"df://([\w-]+):(\d+)", text):
        if url != ("scheduler", str(ports["scheduler"])):
            yield f"df://{':'.join(url)} is not the scheduler"
    store = services["store"]
    s3 = re.search(r":(\d+)/", " ".join(store["healthcheck"]["test"]))[1]
    if services["scheduler"]["environment"]["AWS_ENDPOINT"] != f"http://store:{s3}":
        yield "AWS_ENDPOINT is not where the store is asked for its health"


def check_files(name, service):
    """What variables name must be mounted."""
    mounts = [mount.split(":")[-2 if mount.endswith(":ro") else -1] for mount in service.get("volumes", [])]
    mounts += [f"/run/secrets/{secret}" for secret in service.get("secrets", [])]
    for variable, value in service.get("environment", {}).items():
        is_file = variable.startswith("ANNOTA_TLS_") or variable.endswith("_FILE")
        if is_file and not any(value == mount or value.startswith(mount + "/") for mount in mounts):
            yield f"{name}: {variable} names `{value}`, which is not mounted"
        side = re.match(r"/etc/annota/tls/(\w+)/(.+)$", value)
        if side and side[2] not in ("ca.pem", f"{side[1]}.pem", f"{side[1]}.key"):
            yield f"{name}: {variable} names `{value}`, which `annota tls init` does not make"


# -- Kubernetes ---------------------------------------------------------------------------------------------------------


def named(it):
    return it["metadata"].get("name") or it["metadata"]["generateName"] + "…"


def pods(objects):
    for it in objects:
        template = it.get("spec", {}).get("template") if it["kind"] in ("Deployment", "StatefulSet", "Job") else None
        if template:
            yield it, template["spec"]


def check_kubernetes(objects, ports):
    by_kind = {}
    for it in objects:
        by_kind.setdefault(it["kind"], {})[named(it)] = it
    secrets = {name: set(it["stringData"]) for name, it in by_kind["Secret"].items()}
    maps = {name: it["data"] for name, it in by_kind["ConfigMap"].items()}
    for it, pod in pods(objects):
        where = f"{it['kind']} {named(it)}"
        labels = it["spec"]["template"]["metadata"]["labels"]
        selector = it["spec"].get("selector", {}).get("matchLabels", {})
        if not selector.items() <= labels.items():
            yield f"{where}: its selector is not its pods'"
        if pod.get("enableServiceLinks") is not False:
            yield f"{where}: enableServiceLinks would set variables of Annota's"
        if not pod["securityContext"].get("runAsNonRoot"):
            yield f"{where}: may run as root"
        if it["kind"] != "Job" and pod["terminationGracePeriodSeconds"] <= grace(objects):
            yield f"{where}: ends before the scheduler's grace period does"
        yield from check_volumes(where, pod, secrets, maps)
        for container in pod["containers"]:
            yield from check_container(where, container, secrets, maps, ports)
    yield from check_services(by_kind["Service"], objects, ports)
    for name, policy in by_kind["NetworkPolicy"].items():
        for rule in policy["spec"].get("ingress", []):
            for port in rule["ports"]:
                if port["port"] not in ports.values():
                    yield f"NetworkPolicy {name}: no role listens on {port['port']}"
    listed = set(read(HERE / "kubernetes/kustomization.yaml")[0]["resources"])
    for name in listed:
        if not (HERE / "kubernetes" / name).is_file():
            yield f"kustomization.yaml lists `{name}`, which is not there"


def grace(objects):
    scheduler = next(pod for it, pod in pods(objects) if named(it) == "scheduler")
    given = {it["name"]: it.get("value") for it in scheduler["containers"][0]["env"]}
    return int(given.get("ANNOTA_EXECUTOR_TERMINATION_GRACE_PERIOD", 30))


def check_volumes(where, pod, secrets, maps):
    mounts = {mount["name"] for container in pod["containers"] for mount in container["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    if mounts != set(volumes):
        yield f"{where}: mounts {sorted(mounts)} of volumes {sorted(volumes)}"
    for volume in volumes.values():
        secret = volume.get("secret", {}).get("secretName")
        if secret and secret not in secrets:
            yield f"{where}: there is no secret `{secret}`"


def check_container(where, container, secrets, maps, ports):
    expected = set(ports.values())
    names = {it["name"]: it["containerPort"] for it in container.get("ports", [])}
    for name, port in names.items():
        if ports.get(name) != port or port not in expected:
            yield f"{where}: port {name} is {port}, expected {ports.get(name)}"
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        asked = container.get(probe, {}).get("httpGet")
        if names and not asked:
            yield f"{where}: no {probe}"
        if asked and asked["port"] not in names:
            yield f"{where}: {probe} asks port {asked['port']}"
        if asked and asked["path"] not in ("/healthz", "/readyz"):
            yield f"{where}: {probe} asks {asked['path']}"
        if asked and asked.get("scheme") != "HTTPS":
            yield f"{where}: {probe} asks in plaintext"
    environment = variables(container, maps)
    for source in container["envFrom"]:
        for kind, known in (("secretRef", secrets), ("configMapRef", maps)):
            if kind in source and source[kind]["name"] not in known:
                yield f"{where}: there is no {source[kind]['name']}"
    mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    if container["securityContext"].get("readOnlyRootFilesystem") and "/tmp" not in mounts:
        yield f"{where}: no folder for temporary files"
    for variable, value in environment.items():
        if variable.startswith("ANNOTA_TLS_") or variable.endswith("_FILE"):
            folder, _, key = value.rpartition("/")
            if folder not in mounts:
                yield f"{where}: {variable} names `{value}`, which is not mounted"
            elif not any(key in keys for keys in secrets.values()):
                yield f"{where}: no secret has a key `{key}`"


def variables(container, maps):
    found = {}
    for source in container.get("envFrom", []):
        found |= maps.get(source.get("configMapRef", {}).get("name"), {})
    return found | {it["name"]: it.get("value", "") for it in container.get("env", [])}


def check_services(services, objects, ports):
    templates = [it["spec"]["template"] for it, _ in pods(objects)]
    for name, service in services.items():
        selector = service["spec"]["selector"]
        chosen = [it for it in templates if selector.items() <= it["metadata"]["labels"].items()]
        if not chosen:
            yield f"Service {name} chooses no pod"
        for port in service["spec"]["ports"]:
            if ports.get(port["name"]) != port["port"]:
                yield f"Service {name}: port {port['name']} is {port['port']}"
            for template in chosen:
                targets = {it["name"] for container in template["spec"]["containers"] for it in container["ports"]}
                if port["targetPort"] not in targets:
                    yield f"Service {name}: its pods have no port {port['targetPort']}"
    for it, pod in pods(objects):
        if it["kind"] == "StatefulSet" and it["spec"]["serviceName"] not in services:
            yield f"StatefulSet {named(it)}: there is no service {it['spec']['serviceName']}"


# -- what is run --------------------------------------------------------------------------------------------------------


def check_commands(binary, compose, gpu, objects):
    helps = {}

    def help_of(*command):
        if command not in helps:
            told = subprocess.run([binary, *command, "--help"], capture_output=True, text=True)
            helps[command] = told.stdout if told.returncode == 0 else ""
        return helps[command]

    subcommands = {match[1] for line in help_of().splitlines() if (match := SUBCOMMAND.match(line))}

    def check(where, words, given):
        if words[0] not in subcommands:
            yield f"{where}: there is no `annota {words[0]}`"
            return
        deeper = [words[0]] + ([words[1]] if words[0] in FOLDED else [])
        text = help_of(*deeper)
        if not text:
            yield f"{where}: there is no `annota {' '.join(deeper)}`"
        for word in words[len(deeper):]:
            flag = word.split("=")[0]
            if flag.startswith("--") and f"{flag} " not in text and f"{flag}\n" not in text:
                yield f"{where}: `annota {' '.join(deeper)}` has no {flag}"
        for variable in given:
            if variable.startswith("ANNOTA_") and f"[env: {variable}" not in text:
                yield f"{where}: `annota {' '.join(deeper)}` does not hear {variable}"

    for file in (compose, gpu):
        for name, service in file["services"].items():
            # A service of compose.gpu.yaml adds to the one of compose.yaml.
            whole = {**compose["services"][name], **service}
            if whole["image"].split(":")[0] != "annota" or name in ("tls", "annota"):
                continue
            command = whole["command"]
            yield from check(f"compose's {name}", command, service.get("environment", {}))
    yield from check("compose's annota", ["run"], compose["services"]["annota"]["environment"])
    maps = {named(it): it["data"] for it in objects if it["kind"] == "ConfigMap"}
    for it, pod in pods(objects):
        for container in pod["containers"]:
            # Settings of both roles come from one map.
            own = {name for name in variables(container, maps) if name != "ANNOTA_SCHEDULER_HOST"}
            yield from check(f"{it['kind']} {named(it)}", container["args"], own)
    shell = [HERE / "compose.yaml", HERE / "compose.gpu.yaml", HERE / "README.md", *(HERE / "kubernetes").glob("*.yaml")]
    for path in shell:
        for words in commands_in(path.read_text(), subcommands):
            yield from check(path.name, words, [])


def commands_in(text, subcommands):
    """Calls of `annota` in code and in comments: a subcommand, and the flags up to the end of the line."""
    text = re.sub(r"\\\n\s*", " ", text)
    for match in re.finditer(r"(?<![\w/.-])annota(?::[\w.-]+)? ((?:%s)\b[^\n`|;)]*)" % "|".join(sorted(subcommands)), text):
        words = match[1].replace('"', " ").replace("'", " ").split()
        words = words[: words.index("#")] if "#" in words else words
        if len(words) > 1 and (words[0] not in FOLDED or re.match(r"[a-z]+$", words[1])):
            yield words


# -- what is watched ----------------------------------------------------------------------------------------------------


def check_dashboard():
    dashboard = json.loads((HERE / "grafana/dashboard.json").read_text())
    source = (ROOT / "crates/annota-cluster/src/roles/metrics.rs").read_text()
    exported = set(re.findall(r'"(annota_[a-z_]+)"', source))
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    queries += [variable["definition"] for variable in dashboard["templating"]["list"]]
    used = set()
    for query in queries:
        bare = re.sub(r'\{[^}]*\}|\[[^\]]*\]|by \([^)]*\)|"[^"]*"|\$\w+|, \w+\)$', " ", query)
        used |= set(re.findall(r"\b([a-z]+(?:_[a-z]+)+|up)\b(?!\s*\()", bare))
    known = exported | KNOWN_METRICS
    for metric in sorted(used):
        if metric not in known and re.sub(r"_(bucket|sum|count)$", "", metric) not in known:
            yield f"{metric} is exported by nobody"
    for metric in sorted(exported - used):
        yield f"{metric} is exported and not shown"
    ids = [panel["id"] for panel in dashboard["panels"]]
    if len(ids) != len(set(ids)):
        yield "two panels have one id"
    uids = {it["uid"] for it in read(HERE / "grafana/datasources.yaml")[0]["datasources"]}
    if {panel["datasource"]["uid"] for panel in dashboard["panels"]} - uids:
        yield "a panel asks a source that is not provisioned"


def check_prometheus(compose, ports):
    services = compose["services"]
    config = read(HERE / "prometheus.yml")[0]
    expected = {f"scheduler:{ports['scheduler']}"}
    expected |= {f"{name}:{ports['health']}" for name in services if name.startswith("executor-")}
    jobs = config["scrape_configs"]
    targets = {target for job in jobs for group in job["static_configs"] for target in group["targets"]}
    if targets != expected:
        yield f"targets are {sorted(targets)}, expected {sorted(expected)}"
    for job in jobs:
        files = {f"ANNOTA_TLS_{key}": value for key, value in job["tls_config"].items()}
        files["TOKEN_FILE"] = job["authorization"]["credentials_file"]
        yield from check_files("prometheus", services["prometheus"] | {"environment": files})


# -- tools --------------------------------------------------------------------------------------------------------------


def check_with_tools(objects):
    tool("docker-compose", compose_command(), check_compose_config)
    tool("hadolint", found("hadolint"), lambda command: told([*command, HERE / "Dockerfile"]))
    tool("kubectl", found("kubectl"), lambda command: told([*command, "kustomize", HERE / "kubernetes"]))
    tool("promtool", found("promtool"), lambda command: told([*command, "check", "config", "--syntax-only", HERE / "prometheus.yml"]))
    tool("shellcheck", found("shellcheck"), lambda command: told([*command, HERE / "health", HERE / "secrets.sh"]))
    try:
        import kubernetes_validate
    except ImportError:
        skipped.append("Kubernetes' schemas: there is no kubernetes_validate")
        return
    run("Kubernetes' schemas", check_schemas, kubernetes_validate, objects)


def tool(name, command, check):
    if command:
        run(name, check, command)
    else:
        skipped.append(f"{name}: it is not here")


def found(name):
    # Beside this Python first: an environment need not be activated.
    path = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    return [path] if path else None


def compose_command():
    docker = found("docker")
    if docker and subprocess.run([*docker, "compose", "version"], capture_output=True).returncode == 0:
        return [*docker, "compose"]
    return found("docker-compose")


def told(command, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    if done.returncode != 0:
        yield (done.stdout + done.stderr).strip()


def check_compose_config(command):
    """In a copy that has secrets."""
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder) / "docker"
        shutil.copytree(HERE, copied, ignore=shutil.ignore_patterns("secrets"))
        yield from told(["sh", copied / "secrets.sh"])
        files = ["--file", copied / "compose.yaml"]
        for more in ([], ["--file", copied / "compose.gpu.yaml"]):
            yield from told([*command, *files, *more, "--profile", "*", "config", "--quiet"], cwd=folder)


def check_schemas(kubernetes_validate, objects):
    for it in objects:
        it = copy.deepcopy(it)
        it["metadata"].setdefault("name", "generated")
        for version in KUBERNETES:
            try:
                kubernetes_validate.validate(it, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                yield f"{it['kind']} {named(it)} for {version}: {error.message}"


if __name__ == "__main__":
    sys.exit(main())
