# SPDX-License-Identifier: MIT
"""What the tests of springparkd and springparkctl on the stand-in share: a network of their own where the endpoint's
name leads to the stand-in, so that all that the gateway does for AWS alone is in force.

    def setUpModule():
        daemon_parts.start()
        ... daemon_parts.AWS ...
"""
import itertools
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import gateway  # noqa: E402
import network  # noqa: E402
from broker import wait_until  # noqa: E402
from raw_client import RawClient  # noqa: E402
from standin import ACCOUNT, ENDPOINT, REGION, Standin, use_endpoint_name  # noqa: E402
from tool_parts import Process  # noqa: E402

PORT = 8883
PREFIX = "springcard/springcore/"
ARN = "arn:aws:iot:%s:%s:" % (REGION, ACCOUNT)
NUMBERS = itertools.count(1)
TAG = "01020304"
GRANTED = json.dumps({"Sequence": 96})     # a READER COMMAND


class Aws:
    """The one stand-in of a test program."""

    def __init__(self):
        self.standin = None

    def start(self, **options):
        """Skips the tests where there can be no network of one's own."""
        why_not = network.reason_to_skip()
        if why_not:
            raise unittest.SkipTest(why_not)
        network.enter_private_network()
        use_endpoint_name()
        self.standin = Standin(port=PORT, **options)
        self.standin.start()

    def stop(self):
        if self.standin is not None:
            self.standin.close()


AWS = Aws()


class DaemonTest(unittest.TestCase):
    def setUp(self):
        self.aws = AWS.standin
        self.since = self.aws.mark()

    def new_name(self, role="box"):
        """A certificate of the customer's CA that AWS does not know yet; its name is its CN."""
        name = "%s-%d" % (role, next(NUMBERS))
        return self.aws.credentials.make_client(name, name)

    def gateway(self, credential, mqtt="auto", options=""):
        """A springparkd with that certificate and a scripted reader: (gateway, script). options: of mqtt.options."""
        script = gateway.Script()
        self.addCleanup(script.close)
        box = gateway.Gateway(gateway.configuration(self.aws, script.setting, host=ENDPOINT, port=PORT,
                                                    credential=credential, options=options,
                                                    mqtt='version = "%s";' % mqtt))
        self.addCleanup(box.close)
        return box, script

    def subscribe(self, credential, *more):
        """springparkctl subscribe with that certificate, whose CN is its name; a tool_parts.Process."""
        aws = self.aws
        tool = Process(["subscribe", "--broker", ENDPOINT, "--port", str(PORT), "--ca", aws.pem("server-ca"), "--cert",
                        aws.pem(credential), "--key", aws.key(credential), "--client-id", credential, *more])
        self.addCleanup(tool.close)
        return tool

    def other(self, name="other"):
        """A client that may do anything, connected: it plays the customer's application."""
        name = self.new_name(name)
        self.aws.put_policy("anything", {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
        self.aws.register(name, ["anything"])
        client = RawClient(self.aws, name, name)
        self.addCleanup(client.close)
        self.assertEqual(client.connect(), 0)
        return client

    def wait_for(self, what, timeout=15, **fields):
        return self.aws.wait_for(what, timeout, self.since, **fields)

    def wait_state(self, box, state, timeout=15):
        wait_until(lambda: box.status()["broker"]["state"] == state, timeout, "the broker is " + state)

    def assert_never(self, what, **fields):
        self.assertEqual(self.aws.records(what, self.since, **fields), [])
