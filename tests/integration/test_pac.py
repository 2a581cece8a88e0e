"""The PAC file: what the tool prints, what the gateway serves, and that it says DIRECT where the policy says bypass.

It is run by node, as a browser would run it."""

import itertools
import json
import unittest

from support.case import SluiceTestCase
from support.daemon import ALLOW_LOOPBACK
from support.metrics import Metrics
from support.waiting import eventually

# What a browser does with the file: runs it, and asks for each URL.
ASK = """
const fs = require("fs"), vm = require("vm");
const [pac, urls] = JSON.parse(fs.readFileSync(0, "utf8"));
const context = vm.createContext({});
vm.runInContext(pac, context);
console.log(JSON.stringify(urls.map((url) => {
  context.url = url;
  context.host = HOST;
  return vm.runInContext("FindProxyForURL(url, host)", context);
})));
"""

POLICY = """
net office 10.1.0.0/16, 2001:db8:1::/48
deny to local, self id own-networks
deny method CONNECT unless port 443, 8443 id connect
deny host secret.intranet.example id secret
allow host ticket.intranet.example user alice id alice
redirect "https://new.example{path}" host old.intranet.example scheme http id moved
quic reject
splice host pinned.intranet.example id pinned
bypass host .intranet.example, printer id intranet
bypass to office unless port 8000-8100 id office
bypass host api.example port 443 scheme https id never
bypass host api.example port 8443 id api
bypass not host .example, .com, .net not to ::/0 scheme http id odd
bypass host a.example user bob id bob
bypass host b.example from 10.0.0.0/8 id b
deny id default
"""

HOSTS = ["intranet.example", "www.intranet.example", "WWW.Intranet.Example", "intranet.example.", "notintranet.example",
         "intranet.example.com", "secret.intranet.example", "a.secret.intranet.example", "ticket.intranet.example",
         "old.intranet.example", "pinned.intranet.example", "printer", "printer.lan", "api.example", "a.example",
         "b.example", "localhost", "x.localhost", "strange", "www.strange.org", "10.1.2.3", "10.2.0.1",
         "127.0.0.1", "[2001:db8:1::7]", "[2001:db8:2::7]", "[::1]", "[::ffff:10.1.9.9]", "[::]", "192.0.2.1"]
PORTS = ["", ":80", ":443", ":8000", ":8100", ":8101", ":8443"]
URLS = [f"{scheme}://{host}{port}/x?y=http://z/"
        for scheme, host, port in itertools.product(("http", "https"), HOSTS, PORTS)]


class Pac(SluiceTestCase):
    def ask(self, pac, urls, host="new URL(url).hostname"):
        """What the script answers; `host` is the expression of the host that it is handed."""
        self.require("node")
        done = self.run_program_with_input("node", "-e", ASK.replace("HOST", host), text=json.dumps([pac, urls]))
        return json.loads(done)

    def run_program_with_input(self, *command, text):
        path = self.scratch() + "/input"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return self.run_program("sh", "-c", 'exec "$@" < "$0"', path, *command).stdout

    def canonical(self, urls):
        """As a browser hands them over: addresses in one spelling."""
        self.require("node")
        script = 'console.log(JSON.stringify(JSON.parse(require("fs").readFileSync(0)).map((u) => new URL(u).href)))'
        return json.loads(self.run_program_with_input("node", "-e", script, text=json.dumps(urls)))

    def test_it_says_direct_exactly_where_the_policy_says_bypass(self):
        daemon = self.start_daemon(policy=POLICY)
        urls = self.canonical(URLS)
        pac = daemon.tool("pac", "--proxy", "gateway.example:3128").out
        answers = self.ask(pac, urls)
        direct = 0
        for url, answer in zip(urls, answers):
            test = daemon.tool("policy", "test", url, "-o", "json", expect=None).json()
            # With `to` of a name the policy waits for the address, of which a PAC knows nothing; with the user it asks.
            waits = set(test["waits_for"]) - {"own-networks", "office"}
            says_bypass = test["otherwise"] == "bypass" and not waits & {"alice", "odd"}
            self.assertEqual(answer, "DIRECT" if says_bypass else "PROXY gateway.example:3128", (url, test))
            direct += says_bypass
        self.assertGreater(direct, 20)
        self.assertLess(direct, len(urls) - 100)

    def test_addresses_are_compared_as_addresses_however_they_are_written(self):
        daemon = self.start_daemon(policy="deny host 10.1.2.3, 127.0.0.1 id hosts\ndeny to 10.9.0.0/16 id nets\n"
                                          "bypass to 10.0.0.0/8, local\nbypass port 443 not to local, 10.0.0.0/8\n"
                                          "bypass port 8443 unless to ::1\ndeny\n")
        pac = daemon.tool("pac", "--proxy", "gateway.example:3128").out
        proxy = "PROXY gateway.example:3128"
        cases = {"http://10.1.2.3/": proxy, "http://[::ffff:a01:203]/": proxy, "http://[::ffff:10.1.2.3]/": proxy,
                 "http://10.1.2.4/": "DIRECT", "http://[::ffff:a01:204]/": "DIRECT", "http://[0:0::ffff:10.1.2.4]/": "DIRECT",
                 "http://[::ffff:10.9.1.1]/": proxy, "http://localhost/": "DIRECT", "http://127.0.0.1/": proxy,
                 "https://localhost/": "DIRECT", "https://www.example/": proxy, "https://192.0.2.1/": "DIRECT",
                 "https://[2001:db8::1]/": "DIRECT", "https://[::ffff:192.0.2.1]/": "DIRECT", "https://www.example:8443/": proxy,
                 "https://[::1]:8443/": "DIRECT", "https://192.0.2.1:8443/": "DIRECT"}
        self.assertEqual(dict(zip(cases, self.ask(pac, list(cases), "/\\/\\/(\\[[^\\]]*\\]|[^:/]*)/.exec(url)[1]"))), cases)

    def test_what_no_browser_hands_over_goes_to_the_gateway(self):
        daemon = self.start_daemon(policy="deny host 10.1.2.3, xn--bcher-kva.example\nbypass\n")
        pac = daemon.tool("pac", "--proxy", "gateway.example:3128").out
        proxy = "PROXY gateway.example:3128"
        cases = {"http://012.1.2.3/": proxy, "http://0xa010203/": proxy, "http://167838211/": proxy, "http://10.0x10203/": proxy,
                 "http://b\u00fccher.example/": proxy, "http://10.1.2.3.example/": "DIRECT", "http://a_b.example./": "DIRECT"}
        self.assertEqual(dict(zip(cases, self.ask(pac, list(cases), "/\\/\\/([^/]*)/.exec(url)[1]"))), cases)

    def test_ports_and_schemes_of_urls_as_browsers_write_them(self):
        daemon = self.start_daemon(policy="bypass host a.example port 443\nbypass host b.example port 80\ndeny\n")
        pac = daemon.tool("pac", "--proxy", "[2001:db8::1]:3128").out
        proxy = "PROXY [2001:db8::1]:3128"
        cases = {"https://a.example/": "DIRECT", "http://a.example/": proxy, "http://a.example:443/": "DIRECT",
                 "wss://a.example/": "DIRECT", "ws://b.example/": "DIRECT", "https://u:p@a.example/": "DIRECT",
                 "https://a.example?x=a.example:80": "DIRECT", "ftp://b.example:80/": proxy, "http://b.example/": "DIRECT",
                 "http://b.example:8080/@c:80": proxy}
        self.assertEqual(dict(zip(cases, self.ask(pac, list(cases)))), cases)

    def test_a_quick_bypass_under_the_default_policy_is_said(self):
        daemon = self.start_daemon(policy=None)
        daemon.tool("policy", "bypass", "intranet.example")
        pac = daemon.tool("pac").out
        self.assertEqual(self.ask(pac, ["https://www.intranet.example/", "http://intranet.example/"]), ["DIRECT", "DIRECT"])
        self.assertEqual(self.ask(pac, ["https://www.example/"]), [f"PROXY 127.0.0.1:{daemon.port}"])

    def test_what_cannot_be_said_is_named(self):
        daemon = self.start_daemon(policy=POLICY)
        outcome = daemon.tool("pac")
        self.assertIn(f'var PROXY = "PROXY 127.0.0.1:{daemon.port}";', outcome.out)
        self.assertIn("3 not", outcome.error)
        self.assertIn("bob", outcome.error)
        self.assertIn("asks for `from`", outcome.error)
        self.assertIn("// Bypass rules that are not said here, so that the gateway decides: 3.", outcome.out)
        self.assertNotIn("user", outcome.out, "anybody may fetch the file")
        result = daemon.tool("pac", "-o", "json").json()
        self.assertEqual([rule["rule"] for rule in result["unsaid"]], ["never", "bob", "b"])
        self.assertEqual(result["said"], 4)

    def test_it_is_made_of_a_file_without_a_daemon(self):
        path = self.scratch() + "/policy.sluice"
        with open(path, "w", encoding="utf-8") as file:
            file.write("bypass host .a.example\nallow\n")
        daemon = self.prepare_daemon()  # never started: only its socket is named
        self.assertIn('below(host, "a.example")', daemon.tool("pac", "--policy", path, "--proxy", "gw:80").out)
        self.assertIn("--proxy", daemon.tool("pac", "--policy", path, expect=2).error)
        for bad in ("gw", "gw:0", 'g"w:80', "gw:80;DIRECT", ""):
            daemon.tool("pac", "--policy", path, "--proxy", bad, expect=2)

    def test_the_gateway_serves_it(self):
        daemon = self.start_daemon(policy="bypass host a.example id direct\n" + ALLOW_LOOPBACK)
        with self.connect(daemon) as client:
            for path, method in (("/proxy.pac", "GET"), ("/wpad.dat", "GET"), ("/proxy.pac", "HEAD")):
                client.send(f"{method} {path} HTTP/1.1\r\nHost: wpad.corp.example:{daemon.port}\r\n\r\n".encode())
                answer = client.response(method)
                self.assertEqual(answer.status, 200)
                self.assertEqual(answer.fields["Content-Type"], "application/x-ns-proxy-autoconfig")
                self.assertEqual(answer.fields["Cache-Control"], "private, max-age=300")
                if method == "HEAD":
                    self.assertEqual(answer.body, b"")
                    continue
                self.assertIn(f'"PROXY wpad.corp.example:{daemon.port}"', answer.body.decode())
                self.assertEqual(self.ask(answer.body.decode(), ["http://a.example/"]), ["DIRECT"])
        line = json.loads(eventually(daemon.log_lines, "a line")[0])
        self.assertEqual((line["status"], line["url"]), (200, f"http://wpad.corp.example:{daemon.port}/proxy.pac"))
        self.assertNotIn("verdict", line)
        self.assertEqual(Metrics.of(daemon).total("sluice_requests_total", outcome="local"), 3)
        daemon.tool("policy", "remove", "direct")
        answer = self.raw(daemon, "GET /proxy.pac HTTP/1.1\r\nHost: gw:1\r\n\r\n")
        self.assertNotIn(b"DIRECT;", answer.body.split(b"FindProxyForURL")[1])

    def raw(self, daemon, head):
        with self.connect(daemon) as client:
            client.send(head.encode("latin-1"))
            return client.response()

    def test_nothing_else_of_the_gateway_is_served(self):
        daemon = self.start_daemon()
        for head in ("GET / HTTP/1.1\r\nHost: gw\r\n\r\n", "POST /proxy.pac HTTP/1.1\r\nHost: gw\r\nContent-Length: 0\r\n\r\n",
                     "GET /proxy.pac/ HTTP/1.1\r\nHost: gw\r\n\r\n", "GET /proxy.pac HTTP/1.1\r\n\r\n",
                     'GET /proxy.pac HTTP/1.1\r\nHost: g"w\r\n\r\n', "GET /wpad.dat HTTP/1.1\r\nHost: g;DIRECT\r\n\r\n"):
            self.assertEqual(self.raw(daemon, head).status, 400, head)


if __name__ == "__main__":
    unittest.main()
