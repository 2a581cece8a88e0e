"""The systems that are measured: the floor (our own bare programs), Sluice, and peers where they are installed.

Every system runs with one worker on one CPU. `explicit` systems get absolute-form and CONNECT, the others are reverse proxies
in front of the origin. `workloads` says what a system takes part in.
"""

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time

SUT_CPU = 0
LOAD_CPU = 1 if (os.cpu_count() or 1) > 1 else 0
STORED = {"stored": 1 << 10, "stored-16k": 16 << 10, "stored-256k": 256 << 10, "stored-4m": 4 << 20}  # octets of content
HTTP = (*STORED, "passed")
TUNNELS = ("tunnels", "hellos", "bulk")


def program(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/local/sbin")


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class System:
    name = ""
    explicit = False
    workloads = HTTP
    needs = None  # the program of a peer
    cpus = {SUT_CPU}
    look_interval = 0.05  # seconds between two looks whether it listens
    patience = 30  # seconds until it does
    when_named = False  # not one of those that are measured unless others are named
    origin_host = "127.0.0.1"
    url_size = 0  # octets that a target URI has at least

    def __init__(self, bench):
        self.bench = bench  # .programs, .sluiced, .origin_port
        self.process = None
        self.port = None
        self.directory = None

    def is_installed(self):
        return self.needs is None or program(self.needs) is not None

    def start(self, workload, directory):
        self.directory, self.port = directory, free_port()
        os.makedirs(directory, exist_ok=True)
        command, environment = self.command(workload)
        with open(os.path.join(directory, "output"), "wb") as output:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
                                            env={**os.environ, **environment},
                                            preexec_fn=lambda: os.sched_setaffinity(0, self.cpus))
        self.wait_until_it_listens()

    def wait_until_it_listens(self):
        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self.process.returncode}: {self.said()}")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(self.look_interval)
        raise RuntimeError(f"{self.name} does not listen: {self.said()}")

    def said(self):
        with open(os.path.join(self.directory, "output"), encoding="utf-8", errors="replace") as file:
            return file.read()[-500:]

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)  # the session that was begun for it
            self.process.wait()
        self.process = None

    def write_lists(self):
        """The folder with the lists of `lists write`: a squidGuard tree, and addresses."""
        folder = os.path.join(self.directory, "lists")
        os.makedirs(folder)
        subprocess.run([f"{self.bench.programs}/lists", "write", folder], check=True, stdin=subprocess.DEVNULL)
        return folder

    def padded(self, url):
        """The URL with a query behind it, so that it is as long as those of this system are."""
        words = "&session=7f3a9c05d1e84b26&lang=en&page=2&utm_source=mail&id=93f0a7&theme=dark&v=1.2.30&cb=51d7d9f00ea7ec890ef36916"
        return (url + "?type=article" + 2 * words)[:max(self.url_size, len(url))]

    def write(self, name, text):
        path = os.path.join(self.directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        return path

    def command(self, workload):
        """Returns (command line, extra environment) of a process that stays in the foreground."""
        raise NotImplementedError


class Floor(System):
    name = "floor"
    workloads = HTTP + TUNNELS

    @property
    def explicit(self):
        return True  # it looks at nothing but the empty line

    def command(self, workload):
        programs, port = self.bench.programs, str(self.port)
        if workload in STORED:
            return [f"{programs}/bare_responder", port, str(STORED[workload])], {}
        return {"passed": [f"{programs}/bare_relay", str(self.bench.origin_port), port],
                **{name: [f"{programs}/connect_relay", "plain", port] for name in TUNNELS}}[workload], {}


class SendfileFloor(System):
    name = "floor-sendfile"
    explicit = True
    workloads = tuple(STORED)

    def command(self, workload):
        return [f"{self.bench.programs}/bare_responder", str(self.port), str(STORED[workload]), "sendfile"], {}


class SpliceFloor(System):
    name = "floor-splice"
    workloads = TUNNELS

    def command(self, workload):
        return [f"{self.bench.programs}/connect_relay", "splice", str(self.port)], {}


class Sluice(System):
    name = "sluice"
    explicit = True
    workloads = HTTP + TUNNELS
    log = "json"
    more_settings = {}

    def command(self, workload):
        self.write("state/policy.sluice", "deny inconsistent\nallow to 127.0.0.0/8, ::1\nallow\n")
        settings = {"listeners": f"127.0.0.1:{self.port}", "admin.metrics": "127.0.0.1:0", "workers": "1", "log.format": self.log,
                    **self.more_settings}
        command = [self.bench.sluiced, "--state-directory", os.path.join(self.directory, "state")]
        for key, value in settings.items():
            command += ["--set", f"{key}={value}"]
        return command, {}


class SluiceUnlogged(Sluice):
    """As the peers are run: without an access log."""

    name = "sluice-nolog"
    log = "none"


class SluiceNamed(Sluice):
    """With URLs as clients send them, of a host with a name and 200 octets long: what `sluice-lists` is compared with."""

    name = "sluice-named"
    workloads = HTTP
    when_named = True
    origin_host = "localhost"
    url_size = 200


class SluiceWithLists(SluiceNamed):
    """With the lists of `lists write` loaded, and rules that ask for all of them; nothing of the benchmark is in one."""

    name = "sluice-lists"  # it takes its time to start

    def command(self, workload):
        command = super().command(workload)
        lists = self.write_lists()
        self.write("state/policy.sluice", f'list made squidguard "{lists}/tree"\nlist nets addresses "{lists}/nets"\n'
                                          "deny list made\ndeny list nets\nallow to 127.0.0.0/8, ::1\nallow\n")
        return command

    def wait_until_it_listens(self):
        deadline = time.monotonic() + 120
        while "sluiced: ready" not in self.said():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} is not ready: {self.said()}")
            time.sleep(0.05)

    def ask(self, command, arguments):
        """A command to the daemon, and its result."""
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(os.path.join(self.directory, "state", "control.sock"))
            control.sendall(json.dumps({"command": command, "arguments": arguments}).encode() + b"\n")
            reply = json.loads(control.makefile().readline())
        if not reply["ok"]:
            raise RuntimeError(f"{self.name}: {command}: {reply['error']['message']}")
        return reply["result"]

    def status_of(self, url):
        """The status with which a request for the URL is answered."""
        authority = url.split("/")[2]
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as client:
            client.sendall(f"GET {url} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode())
            return int(client.makefile("rb").readline().split()[1])


class Nginx(System):
    name = "nginx"
    needs = "nginx"

    def command(self, workload):
        temporary = "".join(f"{kind}_temp_path {self.directory}/{kind}; " for kind in ("client_body", "fastcgi", "uwsgi", "scgi", "proxy"))
        cache = ("", "")
        if workload in STORED:
            cache = (f"proxy_cache_path {self.directory}/cache keys_zone=z:16m inactive=1h; ", "proxy_cache z; ")
        path = self.write("nginx.conf", f"""{'user root;' if os.geteuid() == 0 else ''}
daemon off; master_process off; worker_processes 1; pid {self.directory}/pid; error_log {self.directory}/error.log crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; sendfile on; tcp_nodelay on; {temporary} {cache[0]}
  upstream origin {{ server 127.0.0.1:{self.bench.origin_port}; keepalive 256; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{self.port};
    location / {{ proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection ""; {cache[1]} }}
  }}
}}
""")
        return [program("nginx"), "-p", self.directory, "-e", f"{self.directory}/error.log", "-c", path], {}


class Haproxy(System):
    name = "haproxy"
    needs = "haproxy"

    def command(self, workload):
        cache = ("cache c\n  total-max-size 64\n  max-object-size 8000000\n  max-age 3600\n",
                 "  http-request cache-use c\n  http-response cache-store c\n") if workload in STORED else ("", "")
        path = self.write("haproxy.cfg", f"""global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 10s
  timeout client 600s
  timeout server 600s
  http-reuse always
{cache[0]}frontend f
  bind 127.0.0.1:{self.port}
  default_backend b
backend b
{cache[1]}  server origin 127.0.0.1:{self.bench.origin_port} pool-max-conn 256
""")
        return [program("haproxy"), "-db", "-q", "-f", path], {}


class Squid(System):
    name = "squid"
    needs = "squid"
    explicit = True
    workloads = HTTP + TUNNELS

    def rules(self):
        return "http_access allow all\n"

    def command(self, workload):
        user = "proxy" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        rules = self.rules()
        if os.geteuid() == 0:
            shutil.chown(self.directory, user)
        path = self.write("squid.conf", f"""http_port 127.0.0.1:{self.port}
{rules}cache_mem 64 MB
maximum_object_size_in_memory 8 MB
memory_cache_shared off
access_log none
cache_store_log none
cache_log {self.directory}/cache.log
pid_filename {self.directory}/pid
coredump_dir {self.directory}
cache_effective_user {user}
visible_hostname bench
client_db off
pinger_enable off
netdb_filename none
digest_generation off
shutdown_lifetime 0 seconds
max_filedescriptors 8192
""")
        return [program("squid"), "-N", "-f", path], {}


class SquidNamed(Squid):
    """With the URLs of `sluice-named`."""

    name = "squid-named"
    workloads = HTTP
    when_named = True
    origin_host = "localhost"
    url_size = 200


class SquidWithLists(SquidNamed):
    """With the lists of `sluice-lists`, but for the addresses: a rule on them makes Squid ask the DNS for each request."""

    name = "squid-lists"
    patience = 300  # it reads a million names in seven seconds

    def rules(self):
        tree = os.path.join(self.write_lists(), "tree")
        names = self.write("names", "".join(f".{name}\n" for name in sorted(topmost(names_of(tree)))))
        return (f'acl names dstdomain "{names}"\nacl expressions url_regex "{tree}/patterns/expressions"\n'
                "http_access deny names\nhttp_access deny expressions\nhttp_access allow all\n")


def names_of(tree):
    names = set()
    for folder, _, files in os.walk(tree):
        if "domains" in files:
            with open(os.path.join(folder, "domains"), encoding="ascii") as file:
                names.update(line.strip() for line in file)
    return names


def topmost(names):
    """Without what is below another one: Squid refuses such a list."""
    for name in names:
        labels = name.split(".")
        if not any(".".join(labels[i:]) in names for i in range(1, len(labels))):
            yield name


class E2guardian(System):
    """It filters and forwards, and caches nothing. Debian's configuration, with the lists in it emptied."""

    name = "e2guardian"
    needs = "e2guardian"
    explicit = True
    workloads = ("passed",)
    when_named = True
    origin_host = "localhost"
    url_size = 200

    def write_banned(self):
        """What is to be denied, as (names, expressions)."""
        return [], []

    def command(self, workload):
        folder = os.path.join(self.directory, "etc")
        shutil.copytree("/etc/e2guardian", folder)
        for name in os.listdir(os.path.join(folder, "lists")):
            path = os.path.join(folder, "lists", name)
            if os.path.isfile(path):
                self.write(f"etc/lists/{name}", "")
        names, expressions = self.write_banned()
        self.write("etc/lists/bannedsitelist", "".join(f"{name}\n" for name in names))
        self.write("etc/lists/bannedregexpurllist", "".join(f"{expression}\n" for expression in expressions))
        user = pwd.getpwuid(os.geteuid()).pw_name
        changed = {"filterip": "127.0.0.1", "filterports": str(self.port), "nodaemon": "on", "nologger": "on", "loglevel": "0",
                   "daemonuser": f"'{user}'", "daemongroup": f"'{user}'", "pidfilename": f"'{self.directory}/pid'", "httpworkers": "100",
                   "loglocation": f"'{self.directory}/access.log'", "transparenthttpsport": str(free_port())}
        for name in ("e2guardian.conf", "e2guardianf1.conf", "examplef1.story", "preauth.story", "site.story", "common.story"):
            with open(os.path.join(folder, name), encoding="latin-1") as file:
                lines = file.read().replace("/etc/e2guardian", folder).splitlines()
            if name == "e2guardian.conf":
                lines = [line for line in lines if line.split("=")[0].strip(" #") not in changed]
                lines += [f"{key} = {value}" for key, value in changed.items()]
            self.write(f"etc/{name}", "\n".join(lines).encode("ascii", "ignore").decode() + "\n")
        return [program("e2guardian"), "-N", "-c", os.path.join(folder, "e2guardian.conf")], {}

class E2guardianWithLists(E2guardian):
    name = "e2guardian-lists"
    patience = 300

    def write_banned(self):
        tree = os.path.join(self.write_lists(), "tree")
        with open(f"{tree}/patterns/expressions", encoding="ascii") as file:
            return sorted(names_of(tree)), file.read().split()


class TrafficServer(System):
    name = "trafficserver"
    needs = "traffic_server"
    explicit = True
    workloads = HTTP + TUNNELS

    def command(self, workload):
        folders = {"sysconfdir": "etc", "localstatedir": "run", "runtimedir": "run", "logdir": "log", "cachedir": "cache", "datadir": "."}
        for folder in folders.values():
            os.makedirs(os.path.join(self.directory, folder), exist_ok=True)
        root = self.write("runroot.yaml", f"prefix: {self.directory}\nexec_prefix: {self.directory}\nbindir: /usr/bin\nsbindir: /usr/sbin\n"
                          "includedir: /usr/include\nlibdir: /usr/lib/trafficserver\nlibexecdir: /usr/lib/trafficserver/modules\n"
                          + "".join(f"{key}: {self.directory}/{folder}\n" for key, folder in folders.items()))
        records = [("exec_thread.autoconfig", "INT 0"), ("exec_thread.limit", "INT 1"), ("exec_thread.affinity", "INT 0"),
                   ("accept_threads", "INT 1"), ("task_threads", "INT 1"), ("admin.user_id", "STRING #-1"),
                   ("http.server_ports", f"STRING {self.port}:ip-in=127.0.0.1"), ("reverse_proxy.enabled", "INT 0"),
                   ("url_remap.remap_required", "INT 0"), ("http.connect_ports", f"STRING 443 {self.bench.origin_port}"),
                   ("http.wait_for_cache", "INT 1"), ("cache.ram_cache.size", "INT 67108864"), ("log.logging_enabled", "INT 0"),
                   ("dns.resolv_conf", "STRING NULL"), ("hostdb.host_file.path", "STRING NULL"),
                   ("http.insert_request_via_str", "INT 0"), ("http.keep_alive_no_activity_timeout_in", "INT 3600")]
        self.write("etc/records.config", "".join(f"CONFIG proxy.config.{name} {value}\n" for name, value in records))
        self.write("etc/storage.config", f"{self.directory}/cache 256M\n")
        self.write("etc/ip_allow.yaml", "ip_allow:\n  - apply: in\n    ip_addrs: 0/0\n    action: allow\n    methods: ALL\n")
        for name in ("remap", "plugin", "cache", "hosting", "parent", "volume", "splitdns", "socks"):
            self.write(f"etc/{name}.config", "")
        for name in ("sni", "logging", "strategies"):
            if os.path.exists(f"/etc/trafficserver/{name}.yaml"):
                shutil.copy(f"/etc/trafficserver/{name}.yaml", os.path.join(self.directory, "etc"))
        return [program("traffic_server"), f"--run-root={root}"], {"TS_RUNROOT": root}


ALL = {system.name: system for system in (Floor, SendfileFloor, SpliceFloor, Sluice, SluiceUnlogged, SluiceNamed, SluiceWithLists,
                                          Haproxy, Nginx, TrafficServer, Squid, SquidNamed, SquidWithLists, E2guardian,
                                          E2guardianWithLists)}
