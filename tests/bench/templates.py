#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What each template costs: the time from a card to its event, beside the number of commands that the card got for it,
on simulated cards (tests/parts/cards) behind a real pcscd, with mosquitto, mutual TLS and one subscriber. The floor is
the template id-only on the same card, in the same run; rounds of both are interleaved.

Times are from just before the simulated reader is told of the card to the subscriber's callback; they are printed. The
simulated card answers at once, so that what is measured is the way there and back: a real one takes some milliseconds
for each command, as --slow MS lets this one do, FF CA among them. The number of commands is exact, and must be the least
that the protocol allows: exit status 2 if it is not. FF CA, by which a reader says what it knows already, does not count;
loading a key into the reader does.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import statistics
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "parts"))
import template_rows as table  # noqa: E402
from broker import Broker, wait_until  # noqa: E402
from cards.desfire import AES, FREE, FULL, DesfireCard, Key  # noqa: E402
from cards.ndef import message, uri  # noqa: E402
from cards.type2 import Type2  # noqa: E402
from cards.type3 import Type3  # noqa: E402
from cards.type4 import Type4  # noqa: E402
from cards.vicc import Vicc  # noqa: E402
from gateway import Gateway, build_directory, configuration  # noqa: E402
from measures import percentile, print_verdicts, use_disk  # noqa: E402
from pcscd import Pcscd  # noqa: E402
from pki import Sandbox  # noqa: E402

AT_ONCE = "smart_reader: { insert_remove = false; read_interval = 0; repeat_interval = 255; debounce_ms = 0; };\n"
FLOOR = 'type = "id-only"; technologies = "all"; format = "hex";'
WARM_UPS = 2
PAUSE_S = (0.005, 0.040)    # between a card that has left and the next one
MISSED_S = 5

NDEF = f'type = "ndef-data"; {table.STRING}'
CLASSIC = f'type = "mifare-classic"; key_type = "a"; key = "{table.KEY_A}"; format = "hex-4";'
FILES = f'type = "iso-data"; apdu_1 = "{table.SELECT}"; apdu_2 = "{table.READ}"; format = "hex";'
TINY = message(uri(0x03, "a.io"))       # with its TLV 11 bytes: it stands in what one READ from the CC on gives

APPLICATION, AES_KEY = 0xF51234, "00112233445566778899AABBCCDDEEFF"
DESFIRE = f'type = "desfire-data"; application = {APPLICATION}; format = "hex";'
WITH_KEY = f'key_index = 1; key = "{AES_KEY}"; communication = "encrypted";'


def desfire():
    """File 1 is free, file 2 of 16 bytes is enciphered under a key."""
    card = DesfireCard("04112233445566")
    application = card.add_application(APPLICATION, [Key(AES), Key(AES, AES_KEY)])
    application.add_data(1, bytes(range(16)), read=FREE)
    application.add_data(2, bytes(range(16)), FULL, read=1)
    return card


# commands: how many there must be. What they are is said in the comment.
Case = collections.namedtuple("Case", "name settings card tag_data commands")
CASES = [
    # FF B0
    Case("mifare-ultralight, 4 bytes", 'type = "mifare-ultralight"; address = 4; format = "hex-4";', table.pages,
         "00001234", 1),
    Case("mifare-ultralight, 32 bytes", 'type = "mifare-ultralight"; address = 4; format = "hex-32";', table.pages,
         "0000123456789ABCDEF0112233445566778899AABBCCDDEEFF01020304050607", 1),
    # load key, authenticate, FF B0
    Case("mifare-classic, a block", f'{CLASSIC} address = 4;', table.blocks, "40414243", 3),
    # the same for the directory, which has two blocks, and for the sector; a reader need not give two blocks at once
    Case("mifare-classic, by AID", f'{CLASSIC} aid = 0x4811;', table.directory, "70717273", 7),
    # FF B0
    Case("iso15693-memory, 4 bytes", 'type = "iso15693-memory"; address = 2; format = "hex-4";', table.vicc,
         "08090A0B", 1),
    Case("iso15693-memory, 16 bytes", 'type = "iso15693-memory"; address = 2; format = "hex-16";', table.vicc,
         "08090A0B0C0D0E0F1011121314151617", 1),
    # the two that the settings say
    Case("iso-data, two commands", FILES, table.files, "0102030405060708090A", 2),
    # and two GET RESPONSE
    Case("iso-data, a chain of three", FILES, lambda: table.files(chunk=4), "0102030405060708090A", 4),
    # CC and message; the rest of the message
    Case("ndef-data, type 2, 9 bytes", NDEF, lambda: Type2(ndef=TINY), "http://a.io", 1),
    Case("ndef-data, type 2, 19 bytes", NDEF, lambda: Type2(ndef=table.LINK), "http://www.example.com/42", 2),
    # select the service, attributes, message
    Case("ndef-data, type 3", NDEF, lambda: Type3(table.LINK), "http://www.example.com/42", 3),
    # select application and CC, read it, select the file, read it
    Case("ndef-data, type 4", NDEF, lambda: Type4(table.LINK), "http://www.example.com/42", 5),
    # 19 bytes and NLEN by 15 at once: one READ BINARY more
    Case("ndef-data, type 4, MLe 15", NDEF, lambda: Type4(table.LINK, mle=15), "http://www.example.com/42", 6),
    # CC, with which the size of a block is known; the length and what fits beside it; the rest
    Case("ndef-data, type 5, 9 bytes", NDEF, lambda: Vicc(ndef=TINY), "http://a.io", 2),
    Case("ndef-data, type 5, 19 bytes", NDEF, lambda: Vicc(ndef=table.LINK), "http://www.example.com/42", 3),
    # select, read
    Case("desfire-data, free", f'{DESFIRE} file = 1;', desfire, bytes(range(16)).hex().upper(), 2),
    # select, two for the authentication, read
    Case("desfire-data, AES EV1", f'{DESFIRE} file = 2; authentication = "aes-ev1"; {WITH_KEY}', desfire,
         bytes(range(16)).hex().upper(), 4),
    Case("desfire-data, AES EV2", f'{DESFIRE} file = 2; authentication = "aes-ev2"; {WITH_KEY}', desfire,
         bytes(range(16)).hex().upper(), 4),
    # GetVersion has three parts
    Case("desfire-id, GetVersion", 'type = "desfire-id"; format = "hex";', desfire, "04112233445566", 3),
    # select, two for the authentication, GetCardUID
    Case("desfire-id, with a key", f'type = "desfire-id"; application = {APPLICATION}; authentication = "aes-ev1";'
         f' {WITH_KEY} format = "hex";', desfire, "04112233445566", 4),
]


class Measure:
    """latencies_ms and floor_ms: by name of the case; commands and air: the numbers that were seen."""

    def __init__(self, pcscd, broker, gateway, seed):
        self._pcscd = pcscd
        self._broker = broker
        self._gateway = gateway
        self._subscriber = broker.subscriber()
        self._random = random.Random(seed)
        self.latencies_ms = collections.defaultdict(list)
        self.floor_ms = collections.defaultdict(list)
        self.commands = collections.defaultdict(set)
        self.air = collections.defaultdict(set)

    def use(self, settings):
        self._gateway.configure(configure(self._broker, settings))
        done = self._gateway.tool("reload", timeout=30)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        wait_until(lambda: [one["health"] for one in self._gateway.status()["readers"]] == ["works"], 10,
                   "the reader works")

    def visit(self, card, tag_data):
        """The time in ms."""
        self._subscriber.clear()
        time.sleep(self._random.uniform(*PAUSE_S))
        begin = time.monotonic()
        self._pcscd.insert_card(0, card)
        event = self._subscriber.wait_for(1, MISSED_S)[0]
        self._pcscd.remove(0)
        if json.loads(event.payload).get("TagData") != tag_data:
            raise RuntimeError("%r is not the event of %s" % (event.payload, tag_data))
        return 1000 * (event.at - begin)

    def round(self, case, inserts):
        for settings, latencies in ((FLOOR, self.floor_ms), (case.settings, self.latencies_ms)):
            self.use(settings)
            for number in range(WARM_UPS + inserts):
                card = case.card()
                latency_ms = self.visit(card, card.uid if settings == FLOOR else case.tag_data)
                if number >= WARM_UPS:
                    latencies[case.name].append(latency_ms)
                if settings != FLOOR:
                    self.commands[case.name].add(card.commands)
                    self.air[case.name].add(getattr(card, "air", card.commands))
                elif card.commands != 0:
                    raise RuntimeError("id-only talked to the card: %s" % [one.hex() for one in card.log])


def configure(broker, settings):
    return configuration(broker, '{ driver = "pcsc"; name = "*"; }', smart_reader=AT_ONCE, keep_alive=60,
                         templates="templates: ( { %s } );\n" % settings)


def numbers(seen):
    return " or ".join(str(number) for number in sorted(seen))


def print_table(measure):
    print("%-30s%10s%10s%18s%12s%10s%10s%10s" % ("", "commands", "on air", "floor median ms", "median ms", "p95 ms",
                                                 "x floor", "inserts"))
    for name, latencies in measure.latencies_ms.items():
        floor, median = statistics.median(measure.floor_ms[name]), statistics.median(latencies)
        print("%-30s%10s%10s%18.2f%12.2f%10.2f%10.2f%10d" % (
            name, numbers(measure.commands[name]), numbers(measure.air[name]), floor, median,
            percentile(latencies, 0.95), median / floor, len(latencies)))


def judge(measure):
    return [("%s: %s card commands (exactly %d)" % (case.name, numbers(measure.commands[case.name]), case.commands),
             measure.commands[case.name] == {case.commands}) for case in CASES]


def parse_arguments():
    parser = argparse.ArgumentParser(description="Time and card commands of each template, beside id-only.")
    parser.add_argument("--inserts", type=int, default=30, help="cards for each case, in all (default 30)")
    parser.add_argument("--rounds", type=int, default=6, help="rounds for each case (default 6)")
    parser.add_argument("--slow", type=int, default=0, metavar="MS", help="each exchange takes so long (default 0)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments (default 1)")
    parser.add_argument("--directory", help="for the state folder, on a disk (default: that for temporary files)")
    arguments = parser.parse_args()
    if not 1 <= arguments.rounds <= arguments.inserts:
        parser.error("at least one round, and one insert a round")
    return arguments


def measure_all(arguments):
    with tempfile.TemporaryDirectory(prefix="springpark-bench-") as directory, Sandbox() as sandbox, \
            Broker(sandbox) as broker, Pcscd(readers=1, directory=directory, build=build_directory()) as pcscd, \
            Gateway(configure(broker, FLOOR), pcscd=pcscd.environment["PCSCLITE_CSOCK_NAME"]) as gateway:
        wait_until(lambda: gateway.status()["broker"]["state"] == "online", 10, "the connection stands")
        pcscd.slow(0, arguments.slow)
        measure = Measure(pcscd, broker, gateway, arguments.seed)
        for number in range(arguments.rounds):
            inserts = (arguments.inserts * (number + 1) // arguments.rounds
                       - arguments.inserts * number // arguments.rounds)
            for case in CASES:
                print("round %d of %d: %s" % (number + 1, arguments.rounds, case.name), file=sys.stderr)
                measure.round(case, inserts)
        return measure


def main():
    arguments = parse_arguments()
    if os.geteuid() != 0:
        sys.exit("bench: the private pcscd needs root; next: sudo make bench-templates")
    disk = use_disk(arguments.directory)
    measure = measure_all(arguments)
    print("templates on simulated cards whose exchanges take %d ms; the state folder is in %s" % (arguments.slow, disk))
    print_table(measure)
    if not print_verdicts(judge(measure)):
        sys.exit(2)


if __name__ == "__main__":
    main()
