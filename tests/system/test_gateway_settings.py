#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What single settings do to the built springparkd, with a real broker."""
import json
import os
import shutil
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import test_gateway as gateways  # noqa: E402
from broker import wait_until  # noqa: E402


LOOK_S = 10     # from one look of the daemon at its certificate to the next


def setUpModule():
    gateways.setUpModule()


def tearDownModule():
    gateways.tearDownModule()


class Settings(gateways.WithBroker):
    def test_a_reload_says_whether_anything_changed(self):
        gateway = self.gateway(gateways.PCSC_READERS, pcscd="/nonexistent/pcscd.comm")

        def changed():
            return json.loads(gateway.tool("--json", "reload").stdout)["changed"]

        self.assertIs(changed(), False)
        for inside in ("insert_remove = true;", "insert_remove = true; debounce_ms = 7;"):
            gateway.configure(gateways.configuration(self.broker, gateways.PCSC_READERS,
                                                     smart_reader="smart_reader: { %s };\n" % inside))
            self.assertIs(changed(), True)
            self.assertIs(changed(), False)

    def test_a_signal_during_a_reload_is_followed_by_another_one(self):
        gateway = self.gateway()
        path = gateway.configuration_path
        old = path.read_text()
        path.unlink()
        os.mkfifo(path)                                     # whoever reads it waits for what is written below
        gateway.reload()
        gateway.wait_log("reading %s again" % path)
        gateway.reload()
        gateway.wait_log("a reload is under way already; this request is carried out after it")
        with open(path, "w", encoding="utf-8") as fifo:     # the first reload has it open
            path.unlink()
            gateway.configure(old + 'device: { serial = "SECOND"; };\n')
            fifo.write(old)
        wait_until(lambda: gateway.log_text().count("the configuration is taken over") == 2, 10, "both are done")
        self.assertEqual(gateway.status()["serial"], "SECOND")

    def test_status_comes_at_each_interval(self):
        status = self.subscriber("status")
        self.gateway(options="status_interval = 1")
        told = [json.loads(one.payload) for one in status.wait_for(4, 8)]
        self.assertEqual({one["State"] for one in told[1:]}, {"online,ready"})
        seconds = [float(one["Uptime"].split(":")[1]) for one in told]
        self.assertGreater(seconds[3] - seconds[2], 0.9)


class Trust(gateways.WithBroker):
    """The broker's CA is not the one in the slot, or there is none: what the other kinds of trust make of it."""

    def serve(self, server):
        self.broker.close()
        self.broker = gateways.Broker(gateways.SANDBOX, server=server)
        self.addCleanup(self.broker.close)

    @staticmethod
    def wait_online(gateway):
        wait_until(lambda: gateway.status()["broker"]["state"] == "online", 10, "the broker is online")

    def test_any_must_be_allowed_and_is_named_at_each_start(self):
        self.serve(gateways.SANDBOX.make_server_of_other_ca())
        gateway = self.gateway(wait_ready=False, tls='trust = "any";')
        self.assertEqual(gateway.wait(), 78)
        self.assertIn("mqtt.tls.trust (register 0288): \"any\" is refused", gateway.log_text())
        gateway = self.gateway(tls='trust = "any"; allow_insecure = true;')
        for start in (1, 2):
            self.wait_online(gateway)
            self.assertEqual(gateway.log_text().count("is \"any\": anybody can be the broker"), start)
            gateway.stop()
            if start == 1:
                gateway.start()

    def test_a_pinned_broker_is_known_by_its_certificate_or_its_key(self):
        server = gateways.SANDBOX.make_server_of_other_ca()
        self.serve(server)
        for exact in ("true", "false"):
            with self.subTest(exact=exact):
                gateway = self.gateway(tls='trust = "server"; exact = %s;' % exact, ca=server)
                self.wait_online(gateway)
                gateway.stop()
                gateway = self.gateway(tls='trust = "server"; exact = %s;' % exact, ca="server")
                gateway.wait_log("is not that of " + gateways.SANDBOX.pem("server"))
                self.assertNotEqual(gateway.status()["broker"]["state"], "online")
                gateway.stop()

    def test_a_reload_takes_up_that_the_key_alone_counts(self):
        """The slot holds another certificate for the broker's key, as after a renewal."""
        pin = gateways.SANDBOX.make_renewed_server()
        gateway = self.gateway(tls='trust = "server"; exact = true;', ca=pin, options="reconnect_interval = 1")
        gateway.wait_log("another for the same key")
        gateway.configure(gateways.configuration(self.broker, self.script.setting,
                                                 tls='trust = "server"; exact = false;', ca=pin))
        self.assertEqual(gateway.tool("reload").returncode, 0)
        self.wait_online(gateway)


class Expiry(gateways.WithBroker):
    def test_a_certificate_that_ends_soon_is_told_until_it_is_renewed(self):
        """In the log once, in `status`, and in STATUS on the broker."""
        sandbox = gateways.SANDBOX
        name = sandbox.make_expiring_client("ends-soon", days=5)
        status = self.subscriber("status")

        def health():
            return json.loads(status.messages[-1].payload).get("Health") or "" if status.messages else "nothing came"

        def problems(gateway):
            return [one["problem"] for one in gateway.status()["health"] if one["what"] == "certificate"]

        gateway = self.gateway(credential=name)
        words = "certificate: the certificate of this box expires in 4 days"
        wait_until(lambda: words in health(), 25, "STATUS tells it")
        self.assertIn("; next: ", problems(gateway)[0])
        self.assertEqual(gateway.log_text().count("the certificate of this box expires"), 1)

        def put(other):
            for suffix in ("pem", "key"):
                shutil.copy(sandbox.directory / (other + "." + suffix), sandbox.directory / (name + "." + suffix))

        put(sandbox.make_expired_client())
        self.broker.restart()  # a reload would refuse that certificate
        wait_until(lambda: "expired" in (gateway.status()["broker"]["detail"] or ""), 10, "no connection with that one")
        time.sleep(LOOK_S + 2)  # so that it has looked at it once more
        self.assertTrue(problems(gateway))
        self.assertNotIn("was renewed", gateway.log_text())
        status = self.subscriber("status")
        put("device")
        self.assertEqual(gateway.tool("reload").returncode, 0)
        wait_until(lambda: not problems(gateway), 25, "status does not tell it any more")
        gateway.wait_log("the certificate of this box was renewed")
        wait_until(lambda: "certificate" not in health(), 10, "STATUS does not tell it any more")


if __name__ == "__main__":
    unittest.main()
