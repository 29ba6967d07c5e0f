"""The machine of the workflow runners: a container with a Docker daemon, hosts and authorities of its own.

Nothing that a runner does there reaches the developer's daemon, and the names of public registries lead to
local ones. Images stay in a volume between runs. A second daemon on it stands in for a docker:dind service.
"""

import io
import json
import os
import subprocess
import tarfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import trustme

from pushstep import __version__
from tests.support.pushstep import ROOT

NAME = "pushstep-dev-machine"
VOLUME = NAME
"""`.ci/with-docker` leaves it in peace, for its label."""
RUNNER = "pushstep-dev/runner:test"
"""The machine's own files as an image: what `ubuntu-latest` and `docker:27` stand for have what it has.

A small stand-in for buildah is among them, for images that no daemon knows.
"""
HOSTS = {
    "ghcr.io": "127.0.0.2",
    "quay.io": "127.0.0.3",
    "registry-1.docker.io": "127.0.0.4",
    "registry.example.com": "127.0.0.5",
    "registry.gitlab.com": "127.0.0.6",
    "dtr.host.com": "127.0.0.7",
}
"""Registry host → the loopback address of the machine that it leads to, all with TLS and a login.

But Docker Hub's takes everybody: bases are pulled there without one.
"""
USERS = ("mona", "bot", "gitlab-ci-token")
"""Who may push to them, with `PASSWORD`."""
PASSWORD = 'tokens/Are+Long:0="$'
"""Not that of the integration tests, which look whether any process of this computer shows theirs."""
_SUBJECT = "subject:$2b$05$XZ26onNZKsZN6wPBZYsGGOXyVezEIBZGR4OUls6t4VUuheUIZKpk6\n"
"""User and password `credentials`, as the example of the original page has them."""
_HASH = "$2b$05$smRSTQN4HbFO2/lcsGFhwOhITmOnInRF.coYgsI6vUTXLk4Bo2rd."
"""bcrypt of it."""
_AUTHORITY = "/var/lib/docker/pushstep-tests.pem"
"""Key and certificate, in the volume."""
_PRIVILEGES = (
    *("--cap-add", "SYS_ADMIN", "--cap-add", "NET_ADMIN", "--cap-add", "MKNOD"),
    *("--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"),
    *("--security-opt", "systempaths=unconfined", "--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw"),
)
"""What dockerd needs in a container; `--privileged` asks for more than a sandbox may have to give."""
_ASK = """
import base64, json, ssl, sys, urllib.error, urllib.request
host, path, password = sys.argv[1:]
context = ssl.create_default_context(cafile="/etc/ssl/certs/ca-certificates.crt")
request = urllib.request.Request(f"https://{host}/v2/{path}")
request.add_header("Authorization", "Basic " + base64.b64encode(f"bot:{password}".encode()).decode())
kinds = ("oci.image.manifest.v1", "oci.image.index.v1", "docker.distribution.manifest.v2")
request.add_header("Accept", ", ".join(f"application/vnd.{kind}+json" for kind in kinds))
try:
    answer = urllib.request.urlopen(request, context=context, timeout=10)
    print(json.dumps([answer.headers["Docker-Content-Digest"], json.loads(answer.read())]))
except urllib.error.HTTPError as error:
    if error.code != 404:
        raise
    print("null")
"""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A running one."""

    folder: Path
    """Of this test session, for what goes in and out."""

    def run(
        self,
        *argv: str,
        cwd: str = "/",
        environ: Mapping[str, str] | None = None,
        data: bytes | None = None,
        check: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command on it; with `check` a failure is the test's, its output shown."""
        names = [word for name in environ or {} for word in ("--env", name)]
        done = subprocess.run(
            ["docker", "exec", "--interactive", "--workdir", cwd, *names, NAME, *argv],
            env={**os.environ, **(environ or {})},
            input=data,
            capture_output=True,
            check=False,
            timeout=300,
        )
        out, err = done.stdout.decode(), done.stderr.decode()
        assert not check or done.returncode == 0, f"{argv}\n{out[-4000:]}\n{err[-4000:]}"
        return subprocess.CompletedProcess(argv, done.returncode, out, err)

    def put(self, folder: str, files: Mapping[str, str | bytes]) -> None:
        """Write files below a folder there."""
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            for name, text in files.items():
                content = text if isinstance(text, bytes) else text.encode()
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = len(content), 0o755 if content.startswith(b"#!") else 0o644
                tar.addfile(entry, io.BytesIO(content))
        self.run("mkdir", "-p", folder)
        self.run("tar", "-x", "-C", folder, data=archive.getvalue())

    @property
    def address(self) -> str:
        """The machine, as containers on its daemon's default network see it."""
        return self.docker("network", "inspect", "--format={{(index .IPAM.Config 0).Gateway}}", "bridge")

    def read(self, path: str) -> str:
        """A file's text, `""` where there is none."""
        return self.run("sh", "-c", 'cat "$0" 2>/dev/null || true', path).stdout

    def fetch(self, path: str) -> bytes:
        """A file's bytes."""
        argv = ["docker", "exec", NAME, "cat", path]
        return subprocess.run(argv, check=True, capture_output=True, timeout=60).stdout

    def project(self, files: Mapping[str, str], *, remote: str = "https://github.com/acme/app.git") -> str:
        """Make a repository with these files on its branch `main`; returns its folder."""
        folder = f"/projects/{uuid.uuid4().hex[:8]}"
        self.put(folder, files)
        self.git(folder, "init", "--quiet", "--initial-branch=main")
        self.git(folder, "remote", "add", "origin", remote)
        self.git(folder, "add", "--all")
        self.git(folder, "commit", "--quiet", "--message=Begin")
        return folder

    @staticmethod
    def unique() -> str:
        """Make a name that nothing else has."""
        return f"app-{uuid.uuid4().hex[:8]}"

    def git(self, folder: str, *argv: str) -> str:
        """Run git there; returns what it printed, without the last line break."""
        return self.run("git", *argv, cwd=folder).stdout.rstrip("\n")

    def docker(self, *argv: str) -> str:
        """Run the Docker client there; returns what it printed, without the last line break."""
        return self.run("docker", *argv).stdout.rstrip("\n")

    def login(self, host: str) -> None:
        """Log the Docker client in there, as a user would."""
        argv = ("docker", "login", "--username", "bot", "--password-stdin", host)
        self.run(*argv, data=PASSWORD.encode())

    def digest(self, name: str, tag: str) -> str | None:
        """What a registry of `HOSTS` holds under `host/repository:tag`, or None."""
        found = self._ask(name, f"manifests/{tag}")
        return found and str(found[0])

    def image_id(self, name: str, tag: str) -> str | None:
        """The configuration's digest of what a registry of `HOSTS` holds under `host/repository:tag`, or None."""
        found = self._ask(name, f"manifests/{tag}")
        return found and str(found[1]["config"]["digest"])

    def tags(self, name: str) -> list[str]:
        """All tags of `host/repository` at a registry of `HOSTS`."""
        found = self._ask(name, "tags/list")
        return sorted(found[1]["tags"]) if found else []

    def platforms(self, name: str, tag: str) -> list[str]:
        """Platforms of the index under `host/repository:tag` at a registry of `HOSTS`; none where it is none."""
        found = self._ask(name, f"manifests/{tag}")
        listed = found[1].get("manifests", ()) if found else ()
        return sorted(f"{one['platform']['os']}/{one['platform']['architecture']}" for one in listed)

    def _ask(self, name: str, path: str):  # type: ignore[no-untyped-def]  # noqa: ANN202 - JSON
        host, _, repository = name.partition("/")
        host = "registry-1.docker.io" if host == "docker.io" else host
        return json.loads(self.run("python3", "-c", _ASK, host, f"{repository}/{path}", PASSWORD).stdout)

    @contextmanager
    def second_daemon(
        self, *, tls: bool | None, after: float = 0, loaded: Sequence[str] = (), containerd: bool = False
    ) -> "Iterator[Second]":
        """Run one more daemon with files and images of its own, as a service docker:dind of a job.

        It listens where docker:dind does; with `after` only that many seconds from the end of the set-up, and
        with None for `tls` at its socket alone. With `containerd` it keeps images in the store that new installations have since 29.
        """
        folder = f"/var/lib/docker/second/{uuid.uuid4().hex[:6]}"
        self.put(folder, {"daemon.json": json.dumps({"features": {"containerd-snapshotter": containerd}})})
        second = Second(machine=self, folder=folder, tls=bool(tls))
        second.start(listening=tls is not None and not after)
        try:
            second.load(*loaded)
            if after:
                second.stop()
                second.start(listening=True, after=after)
            yield second
        finally:
            second.stop()


@dataclass(frozen=True, kw_only=True)
class Second:
    """The second daemon. Its /run is its own, so that its socket is where containers of it expect one."""

    machine: Machine
    folder: str
    tls: bool

    @property
    def reached(self) -> tuple[str, ...]:
        """Options that let jobs of gitlab-ci-local reach it: the service's name, the client's certificates.

        Without TLS no credential goes to it unasked, so jobs reach GitLab's registry, as they do there.
        """
        address = self.machine.address
        certificates = "--volume=/certs/client:/certs/client:ro"
        registry = f"--extra-host=registry.gitlab.com:{address}"
        return (f"--extra-host=docker:{address}", certificates if self.tls else registry)

    def start(self, *, listening: bool, after: float = 0) -> None:
        """Start it, and wait for it where nobody else is to."""
        server = ("--tlsverify", *(f"--tls{name}=/certs/server/{name}.pem" for name in ("key", "cert")))
        secured = (*server, "--tlscacert=/certs/server/ca.pem") if self.tls else ("--tls=false",)
        port = 2376 if self.tls else 2375
        tcp = (f"--host=tcp://{self.machine.address}:{port}", *secured) if listening else ()
        script = (
            'echo $$ >"$0/pid" && sleep "$1" && shift && mount -t tmpfs tmpfs /run && exec dockerd '
            '--config-file "$0/daemon.json" --data-root "$0/data" --iptables=false "$@" >"$0/log" 2>&1'
        )
        options = ("--host=unix:///var/run/docker.sock", *tcp)
        argv = ["unshare", "--mount", "sh", "-c", script, self.folder, str(after), *options]
        subprocess.run(["docker", "exec", "--detach", NAME, *argv], check=True, capture_output=True)
        for _ in range(0 if after else 200):
            if self.run("docker", "info", check=False).returncode == 0:
                return
            time.sleep(0.1)
        assert after, self.machine.read(f"{self.folder}/log")

    def stop(self) -> None:
        """End it, and with it all that it runs."""
        script = 'kill "$(cat "$0/pid")"; while kill -0 "$(cat "$0/pid")"; do sleep 0.1; done'
        self.machine.run("sh", "-c", script, self.folder, check=False)

    def load(self, *names: str) -> None:
        """Give it images of the machine's first daemon."""
        if names:
            pipe = 'docker save "$@" | nsenter --target "$(cat "$0/pid")" --mount docker load'
            self.machine.run("sh", "-c", pipe, self.folder, *names)

    def run(
        self, *argv: str, cwd: str = "/", environ: Mapping[str, str] | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of the machine where this daemon's socket is the one at /var/run/docker.sock."""
        script = 'exec nsenter --target "$(cat "$0/pid")" --mount --wd="$PWD" "$@"'
        return self.machine.run("sh", "-c", script, self.folder, *argv, cwd=cwd, environ=environ, check=check)


@contextmanager
def machine(folder: Path) -> Iterator[Machine]:
    """Start it, and fill it with all that runs need; `.ci/machine` has built its image."""
    subprocess.run(["docker", "rm", "--force", NAME], check=False, capture_output=True)  # a killed run's
    _volume()
    hosts = [word for host, address in HOSTS.items() for word in ("--add-host", f"{host}:{address}")]
    mounts = ("--volume", f"{VOLUME}:/var/lib/docker")
    start = ["docker", "run", "--detach", "--name", NAME, *_PRIVILEGES, *hosts, *mounts]
    subprocess.run(
        [*start, "pushstep-dev/machine:test", "sleep", "infinity"], check=True, capture_output=True
    )
    try:
        made = Machine(folder=folder)
        _trust(made)
        subprocess.run(
            ["docker", "exec", "--detach", NAME, "sh", "-c", "exec dockerd >/var/log/dockerd.log 2>&1"],
            check=True,
        )
        _wait(made)
        _images(made)
        _registries(made)
        _ourselves(made)
        yield made
    finally:
        subprocess.run(["docker", "rm", "--force", NAME], check=False, capture_output=True)


def _volume() -> None:
    made = ["docker", "volume", "create", "--label", "pushstep-dev.keep", VOLUME]
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL)


def _trust(machine: Machine) -> None:
    """Certificates: an authority that everything on it trusts, and what registries and daemon show."""
    authority = _authority(machine)
    served = authority.issue_cert(*HOSTS, "docker")
    client = authority.issue_cert("client.example.com")
    pem = authority.cert_pem.bytes()

    def pair(cert: trustme.LeafCert, name: str) -> dict[str, bytes]:
        return {f"{name}.pem": cert.cert_chain_pems[0].bytes(), "key.pem": cert.private_key_pem.bytes()}

    machine.put("/certs/server", {"ca.pem": pem, **pair(served, "cert")})
    machine.put("/certs/client", {"ca.pem": pem, **pair(client, "cert")})
    machine.put("/certs/server", {"htpasswd": _SUBJECT + "".join(f"{user}:{_HASH}\n" for user in USERS)})
    machine.put("/usr/local/share/ca-certificates", {"pushstep-tests.crt": pem})
    machine.run("update-ca-certificates")


def _authority(machine: Machine) -> trustme.CA:
    """The one that the machine made when it was new: images that trust it stay, and need not be made again."""
    kept = machine.read(_AUTHORITY)
    if not kept:
        new = trustme.CA()
        kept = new.private_key_pem.bytes().decode() + new.cert_pem.bytes().decode()
        folder, _, name = _AUTHORITY.rpartition("/")
        machine.put(folder, {name: kept})
    key, begin, certificate = kept.partition("-----BEGIN CERTIFICATE-----")
    return trustme.CA.from_pem((begin + certificate).encode(), key.encode())


def _wait(machine: Machine) -> None:
    for _ in range(300):
        if machine.run("docker", "info", check=False).returncode == 0:
            return
        time.sleep(0.1)
    raise AssertionError(machine.read("/var/log/dockerd.log")[-4000:])


def _images(machine: Machine) -> None:
    """Base, registry and runner, under the names that workflows know them by."""
    left = machine.docker("ps", "--all", "--quiet").split()
    if left:
        machine.docker("rm", "--force", *left)
    machine.docker("network", "prune", "--force")
    machine.run("sh", "-c", "rm -rf /var/lib/docker/second")
    public = {"DEV_BASE_IMAGE": "python:3.13-slim-trixie", "DEV_REGISTRY_IMAGE": "registry:2"}
    for variable, name in public.items():
        own = os.environ[variable]
        if (
            _id(own)
            != machine.run("docker", "image", "inspect", "--format={{.Id}}", own, check=False).stdout.strip()
        ):
            with subprocess.Popen(["docker", "save", own], stdout=subprocess.PIPE) as saved:
                load = ["docker", "exec", "--interactive", NAME, "docker", "load"]
                subprocess.run(load, stdin=saved.stdout, check=True, capture_output=True)
        machine.docker("tag", own, name)
    _trusting(machine, "python:3.13-slim-trixie", os.environ["DEV_BASE_IMAGE"])
    made_of = _id("pushstep-dev/machine:test")
    label = machine.run(
        "docker", "image", "inspect", "--format={{.Config.Labels.machine}}", RUNNER, check=False
    )
    if label.stdout.strip() != made_of:
        files = (
            "tar --one-file-system --exclude=./var/lib/docker --exclude=./run --exclude=./tmp -C / -cf - ."
        )
        path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        script = f"{files} | docker import -c 'LABEL machine={made_of}' -c 'ENV {path}' -c 'CMD [\"bash\"]' - {RUNNER}"
        machine.run("sh", "-c", script)
    for name in ("ubuntu-latest:latest", "docker:27", "docker:27-dind", "quay.io/buildah/stable:latest"):
        machine.docker("tag", RUNNER, name)
    # a base of a shell and what it needs, so that pushes of the tests move little
    shell = "tar -chf - /bin/sh $(ldd /bin/sh | grep -o '/[^ ]*' | sort -u)"
    machine.run("sh", "-c", f"{shell} | docker import - alpine:3")


def _trusting(machine: Machine, name: str, base: str) -> None:
    """Let `name` be an image that trusts what the machine trusts, as public registries are trusted everywhere."""
    pem = machine.read("/usr/local/share/ca-certificates/pushstep-tests.crt")
    build = f"FROM {base}\nCOPY pushstep-tests.crt /usr/local/share/ca-certificates/\nRUN update-ca-certificates\n"
    machine.put("/var/lib/trusting", {"Dockerfile": build, "pushstep-tests.crt": pem})
    machine.docker("build", "--quiet", "--tag", name, "/var/lib/trusting")


def _id(image: str) -> str:
    found = ["docker", "image", "inspect", "--format={{.Id}}", image]
    return subprocess.run(found, check=True, capture_output=True, text=True).stdout.strip()


def _registries(machine: Machine) -> None:
    settings = {"HTTP_TLS_CERTIFICATE": "/certs/cert.pem", "HTTP_TLS_KEY": "/certs/key.pem"}
    login = {
        "AUTH": "htpasswd",
        "AUTH_HTPASSWD_REALM": "pushstep tests",
        "AUTH_HTPASSWD_PATH": "/certs/htpasswd",
    }
    for host, address in HOSTS.items():
        where = {"HTTP_ADDR": f"{address}:443", "HTTP_HOST": f"https://{host}"}
        environ = {**settings, **where, **({} if host == "registry-1.docker.io" else login)}
        words = [word for name, value in environ.items() for word in ("--env", f"REGISTRY_{name}={value}")]
        mount = ("--volume", "/certs/server:/certs:ro")
        machine.docker("run", "--detach", "--network", "host", *mount, *words, "registry:2")
    # containers cannot reach the loopback addresses of the machine
    listen = f"TCP-LISTEN:443,bind={machine.address},reuseaddr,fork"
    forward = ["socat", listen, f"TCP:{HOSTS['registry.gitlab.com']}:443"]
    subprocess.run(["docker", "exec", "--detach", NAME, *forward], check=True, capture_output=True)
    for host in HOSTS:
        for _ in range(100):
            with suppress(AssertionError):
                machine.tags(f"{host}/nothing/here")
                break
            time.sleep(0.1)


def _ourselves(machine: Machine) -> None:
    """This checkout as it is: the action's folder, and the project that GitLab includes files from."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    files = {name: (ROOT / name).read_bytes() for name in listed if (ROOT / name).is_file()}
    machine.run("git", "config", "--global", "user.name", "Mona")
    machine.run("git", "config", "--global", "user.email", "mona@example.com")
    machine.put("/pushstep", files)
    machine.git("/pushstep", "init", "--quiet", "--initial-branch=main")
    machine.git("/pushstep", "add", "--all")
    machine.git("/pushstep", "commit", "--quiet", "--message=This checkout")
    for tag in ("v1", "1.0.0"):
        machine.git("/pushstep", "tag", tag)
    machine.git("/", "clone", "--quiet", "--bare", "/pushstep", "/pushstep.git")
    # GitLab's runner clones what a pipeline includes, and pip what it installs
    for address in ("https://gitlab.com:443/OWNER/pushstep.git", "https://github.com/OWNER/pushstep"):
        machine.run("git", "config", "--global", "--add", "url./pushstep.git.insteadOf", address)
    machine.run("git", "config", "--global", "uploadpack.allowFilter", "true")
    # the build of the action, which every job with `uses:` begins with, finds its layers made
    name = f"ghcr.io/owner/pushstep:{__version__}"
    machine.run("docker", "build", "--tag", name, "/pushstep", environ={"DOCKER_BUILDKIT": "0"})
    machine.docker("tag", name, "ghcr.io/owner/pushstep:1")
