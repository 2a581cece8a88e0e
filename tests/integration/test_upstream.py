"""Choosing and reaching the next hop: refusals, DNS in all its moods, loops, a parent proxy."""

import os
import socket
import threading
import unittest

from support.case import SluiceTestCase
from support.client import Client
from support.http import Stream, read_request
from support.metrics import Metrics
from support.origin import reply, unused_port
from support.waiting import TIME_SCALE, Stopwatch, eventually


class Refusals(SluiceTestCase):
    def test_a_refused_connection_is_a_502_at_once(self):
        daemon = self.start_daemon()
        port = unused_port()
        self.get(daemon, f"http://127.0.0.1:{port}/")
        watch = Stopwatch()
        response = self.get(daemon, f"http://127.0.0.1:{port}/")
        self.assertEqual(response.status, 502)
        self.assertIn("connection_refused", response.fields["Proxy-Status"])
        self.assertEqual(response.fields["Cache-Control"], "no-store")
        self.assertLess(watch.seconds(), 0.1 * TIME_SCALE)

    def test_a_refused_connect_is_a_502_too(self):
        daemon = self.start_daemon()
        with Client(daemon.port) as client:
            response = client.connect_to(f"127.0.0.1:{unused_port()}")
        self.assertEqual(response.status, 502)
        self.assertIn("connection_refused", response.fields["Proxy-Status"])

    def test_the_client_connection_lives_on_after_a_502(self):
        daemon = self.start_daemon()
        origin = self.start_origin()
        url = origin.on("/x", reply(body=b"x"))
        client = self.connect(daemon)
        self.assertEqual(client.request(f"http://127.0.0.1:{unused_port()}/").status, 502)
        self.assertEqual(client.request(url).body, b"x")

    def test_a_full_backlog_is_a_504_at_the_connect_limit(self):
        daemon = self.start_daemon({"timeouts.connect": "1s"})
        listener = socket.socket()
        self.addCleanup(listener.close)
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = []
        for _ in range(4):  # never accepted: the queue is full and further SYNs are dropped
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            fillers.append(filler)
            self.addCleanup(filler.close)
        watch = Stopwatch()
        response = self.get(daemon, f"http://127.0.0.1:{listener.getsockname()[1]}/")
        self.assertEqual(response.status, 504)
        self.assertIn("connection_timeout", response.fields["Proxy-Status"])
        self.assertLess(abs(watch.seconds() - 1), 0.8 * TIME_SCALE)


class Names(SluiceTestCase):
    def start(self, records=None, **settings):
        self.dns = self.start_dns(records)
        self.origin = self.start_origin()
        self.origin.on("/x", reply(body=b"x"))
        # Each worker keeps the answers by itself, so one worker: the questions are counted.
        return self.start_daemon({"workers": "1", "upstream.dns_servers": self.dns.server, "timeouts.dns": "1s",
                                  **{key.replace("__", "."): value for key, value in settings.items()}})

    def url(self, name):
        return f"http://{name}:{self.origin.port}/x"

    def test_a_name_is_resolved_and_its_answer_kept_for_its_ttl(self):
        daemon = self.start({"origin.example": ["127.0.0.1"]})
        for _ in range(5):
            self.origin.drop_connections()
            self.assertEqual(self.get(daemon, self.url("origin.example")).body, b"x")
        self.assertLessEqual(self.dns.questions["origin.example"], 2, "one for each family at most")

    def test_an_expired_answer_is_asked_for_again(self):
        daemon = self.start({"origin.example": ["127.0.0.1"]})
        self.dns.ttl = 1
        self.get(daemon, self.url("origin.example"))
        asked = self.dns.questions["origin.example"]

        def asked_again():
            self.origin.drop_connections()
            self.assertEqual(self.get(daemon, self.url("origin.example")).body, b"x")
            return self.dns.questions["origin.example"] > asked

        eventually(asked_again, "a new question after the TTL", timeout=6, interval=0.1)

    def test_a_name_that_does_not_exist_is_a_502_and_remembered(self):
        daemon = self.start({})
        for _ in range(3):
            watch = Stopwatch()
            response = self.get(daemon, self.url("nowhere.example"))
            self.assertEqual(response.status, 502)
            self.assertIn("destination_not_found", response.fields["Proxy-Status"])
            self.assertLess(watch.seconds(), 3)
        self.assertLessEqual(self.dns.questions["nowhere.example"], 2)

    def test_a_failing_resolver_is_answered_within_three_seconds(self):
        daemon = self.start({})
        self.dns.failing = True
        watch = Stopwatch()
        response = self.get(daemon, self.url("origin.example"))
        self.assertEqual(response.status, 502)
        self.assertIn("dns_error", response.fields["Proxy-Status"])
        self.assertLess(watch.seconds(), 3 * TIME_SCALE)

    def test_a_silent_resolver_is_a_504_at_the_dns_limit(self):
        daemon = self.start({})
        self.dns.silent = True
        watch = Stopwatch()
        response = self.get(daemon, self.url("origin.example"))
        self.assertEqual(response.status, 504)
        self.assertIn("dns_timeout", response.fields["Proxy-Status"])
        self.assertLess(watch.seconds(), 3 * TIME_SCALE)

    def test_the_last_good_answer_serves_while_dns_fails(self):
        daemon = self.start({"origin.example": ["127.0.0.1"]})
        self.dns.ttl = 1
        self.get(daemon, self.url("origin.example"))
        asked = self.dns.questions["origin.example"]
        self.dns.failing = True

        def served_after_a_failure():
            self.origin.drop_connections()
            self.assertEqual(self.get(daemon, self.url("origin.example")).body, b"x")
            return self.dns.questions["origin.example"] > asked

        eventually(served_after_a_failure, "a failed question after the TTL", timeout=6, interval=0.1)

    def test_an_address_that_refuses_is_followed_by_the_next(self):
        daemon = self.start({"origin.example": ["127.0.0.9", "127.0.0.1"]})
        for _ in range(3):
            self.origin.drop_connections()
            self.assertEqual(self.get(daemon, self.url("origin.example")).body, b"x")

    def test_a_family_that_does_not_work_does_not_hold_up_the_other(self):
        daemon = self.start({"origin.example": ["::1", "127.0.0.1"]})  # the origin listens on IPv4 only
        watch = Stopwatch()
        self.assertEqual(self.get(daemon, self.url("origin.example")).body, b"x")
        self.assertLess(watch.seconds(), 2)

    def test_names_work_for_connect(self):
        daemon = self.start({"origin.example": ["127.0.0.1"]})
        with Client(daemon.port) as client:
            self.assertEqual(client.connect_to(f"origin.example:{self.origin.port}").status, 200)
            client.send("GET /x HTTP/1.1\r\nHost: origin.example\r\n\r\n")
            self.assertEqual(client.response().body, b"x")

    def test_many_clients_waiting_for_one_name_cause_one_question(self):
        daemon = self.start({"origin.example": ["127.0.0.1"]})
        clients = [self.connect(daemon) for _ in range(20)]
        for number, client in enumerate(clients):
            client.send_request(self.url("origin.example") + f"?{number}")
        for client in clients:
            self.assertEqual(client.response().body, b"x")
        self.assertLessEqual(self.dns.questions["origin.example"], 4)


class Loops(SluiceTestCase):
    def test_a_request_to_the_gateway_itself_stops_at_the_first_return(self):
        daemon = self.start_daemon()
        with Client(daemon.port) as client:
            response = client.request(f"http://127.0.0.1:{daemon.port}/", fields={"X": "y"})
        self.assertGreaterEqual(response.status, 400)
        eventually(lambda: daemon.log_lines(), "the log")
        accepted = Metrics.of(daemon).total("sluice_client_connections_total")
        self.assertLessEqual(accepted, 3, "the client's, its one return, and nothing more")

    def test_a_reload_says_that_other_name_servers_wait_for_a_restart(self):
        first, second = self.start_dns({"a.example": ["127.0.0.1"]}), self.start_dns({"b.example": ["127.0.0.1"]})
        url = self.start_origin().on("/x", reply(body=b"x"))
        port = url.split(":")[2].split("/")[0]
        file = os.path.join(self.scratch(), "sluice.yaml")
        def write(server):
            with open(file, "w", encoding="ascii") as configuration:
                configuration.write(f"upstream:\n  dns_servers: [\"{server}\"]\ntimeouts:\n  dns: 2s\n")
        write(first.server)
        daemon = self.start_daemon(arguments=["--config", file])
        self.assertEqual(self.get(daemon, f"http://a.example:{port}/x").status, 200)
        write(second.server)
        reloaded = daemon.tool("config", "reload", "-o", "json").json()
        self.assertEqual((reloaded["changed"], reloaded["needs_restart"]), ([], ["upstream.dns_servers"]))
        self.assertGreaterEqual(self.get(daemon, f"http://b.example:{port}/x").status, 500)
        daemon.restart()
        self.assertEqual(self.get(daemon, f"http://b.example:{port}/x").status, 200)

    def test_a_loop_through_a_name_stops_as_well(self):
        dns = self.start_dns({"self.example": ["127.0.0.1"]})
        daemon = self.start_daemon({"upstream.dns_servers": dns.server})
        response = self.get(daemon, f"http://self.example:{daemon.port}/")
        self.assertGreaterEqual(response.status, 400)
        self.assertLessEqual(Metrics.of(daemon).total("sluice_client_connections_total"), 3)

    def test_two_gateways_that_are_each_others_parent(self):
        first_port, second_port = unused_port(), unused_port()
        first = self.start_daemon({"listeners": f"127.0.0.1:{first_port}", "upstream.parent": f"127.0.0.1:{second_port}"})
        second = self.start_daemon({"listeners": f"127.0.0.1:{second_port}", "upstream.parent": f"127.0.0.1:{first_port}"})
        response = self.get(first, "http://origin.example/")
        self.assertGreaterEqual(response.status, 400)
        for daemon in (first, second):
            self.assertLessEqual(Metrics.of(daemon).total("sluice_client_connections_total"), 3)

    def test_someone_elses_via_is_no_loop(self):
        daemon = self.start_daemon()
        origin = self.start_origin()
        url = origin.on("/x", reply(body=b"x"))
        response = self.get(daemon, url, {"Via": "1.1 elsewhere, 1.0 other.example:3128 (comment, with comma)"})
        self.assertEqual(response.body, b"x")
        self.assertTrue(origin.last().fields["Via"].startswith("1.1 elsewhere, 1.0 other.example:3128"))
        self.assertEqual(len(origin.last().fields.all("Via")[-1].split("sluice")), 2)


class Parent(SluiceTestCase):
    def test_requests_and_tunnels_go_through_the_parent(self):
        parent = self.start_daemon()
        child = self.start_daemon({"upstream.parent": f"127.0.0.1:{parent.port}"})
        origin = self.start_origin()
        url = origin.on("/x", reply(body=b"x", fields={"Cache-Control": "no-store"}))
        response = self.get(child, url)
        self.assertEqual(response.body, b"x")
        self.assertEqual(origin.last().fields["Via"].count("sluice"), 2)
        with Client(child.port) as client:
            self.assertEqual(client.connect_to(origin.authority).status, 200)
            client.send("GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertEqual(client.response().body, b"x")
        eventually(lambda: len(parent.log_lines()) >= 2, "the parent saw both")

    def test_a_parent_gets_absolute_form_and_a_name_it_resolves_itself(self):
        seen = []
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def serve():
            stream = Stream(listener.accept()[0])
            seen.append(read_request(stream))
            stream.send(reply(body=b"by the parent"))
            stream.close()

        threading.Thread(target=serve, daemon=True).start()
        child = self.start_daemon({"upstream.parent": f"127.0.0.1:{listener.getsockname()[1]}"})
        self.assertEqual(self.get(child, "http://origin.example/path?q").body, b"by the parent")
        self.assertEqual(seen[0].target, "http://origin.example/path?q")

    def test_a_parents_denial_of_a_tunnel_is_passed_on(self):
        parent = self.start_daemon(policy='deny host .denied.example reason "HR-231"\nallow\n')
        child = self.start_daemon({"upstream.parent": f"127.0.0.1:{parent.port}"})
        with Client(child.port) as client:
            client.send("CONNECT www.denied.example:443 HTTP/1.1\r\nHost: www.denied.example:443\r\n\r\n")
            answer = client.response()
        self.assertEqual(answer.status, 403)
        self.assertIn("http_request_denied", answer.fields.get("Proxy-Status", ""))
        self.assertIn(b"HR-231", answer.body)

    def test_a_parent_that_refuses_is_a_502(self):
        child = self.start_daemon({"upstream.parent": f"127.0.0.1:{unused_port()}"})
        self.assertEqual(self.get(child, "http://origin.example/").status, 502)

    def test_bypassed_names_go_direct(self):
        dns = self.start_dns({"www.direct.example": ["127.0.0.1"]})
        origin = self.start_origin()
        origin.on("/x", reply(body=b"direct"))
        child = self.start_daemon({"upstream.parent": f"127.0.0.1:{unused_port()}", "upstream.parent_bypass": ".direct.example",
                                   "upstream.dns_servers": dns.server})
        self.assertEqual(self.get(child, f"http://www.direct.example:{origin.port}/x").body, b"direct")


if __name__ == "__main__":
    unittest.main()
