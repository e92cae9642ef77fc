#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Completion for bash: what is offered is what the built programs take, and bash itself puts it in place."""
import os
import pathlib
import pty
import re
import select
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
from gateway import build_directory, program  # noqa: E402

TOP = pathlib.Path(__file__).resolve().parents[2]


def completion(name):
    return build_directory() / "completions" / name if name == "springparkctl" else TOP / "completions" / name


def bash(script, cwd=None):
    done = subprocess.run(["bash", "--norc", "--noprofile", "-c", script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=60, cwd=cwd)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return done.stdout.splitlines()


def offered(line, cwd=None):
    """What is offered at the end of that line."""
    name = line.split()[0]
    return bash("source %s; COMP_LINE='%s'; COMP_POINT=${#COMP_LINE}; _%s; printf '%%s\\n' \"${COMPREPLY[@]}\""
                % (completion(name), line, name), cwd)


def options_of(*words):
    """Long options of --help, with = where a value belongs."""
    done = subprocess.run([*words, "--help"], stdout=subprocess.PIPE, text=True, timeout=60, check=True)
    return sorted(re.findall(r"^  (?:-., |    )(--[a-z-]+=?)", done.stdout, re.MULTILINE))


class Offers(unittest.TestCase):
    def test_the_commands_are_those_of_help(self):
        done = subprocess.run([program("springparkctl"), "--help"], stdout=subprocess.PIPE, text=True, timeout=60, check=True)
        commands = re.findall(r"^  ([a-z]+) ", done.stdout.split("Commands (")[1].split("\n\n")[0], re.MULTILINE)
        self.assertEqual(offered("springparkctl "), commands)
        for command in commands:
            with self.subTest(command=command):
                self.assertEqual(sorted(offered("springparkctl %s --" % command)),
                                 options_of(program("springparkctl"), command))

    def test_the_options_before_the_command_and_of_the_daemon_are_those_of_help(self):
        self.assertEqual(sorted(offered("springparkctl --")), options_of(program("springparkctl")))
        self.assertEqual(sorted(offered("springparkd --")), options_of(program("springparkd")))

    def test_what_belongs_to_a_line_is_offered_there(self):
        cases = {
            "springparkctl s": ["status", "set", "subscribe"],
            "springparkctl --json st": ["status"],
            "springparkctl --config x st": ["status"],
            "springparkctl --config=x st": ["status"],
            "springparkctl journal ": ["list", "export", "release"],
            "springparkctl journal --limit 3 e": ["export"],
            "springparkctl certs --days 3 ve": ["verification"],
            "springparkctl certs --key-type ": ["ec", "rsa"],
            "springparkctl certs --key-type=r": ["rsa"],
            "springparkctl watch --ev": ["--events="],
            "springparkctl watch --events ": [""],
            "springparkctl status ": [""],
            "springparkctl nonsense ": [""],
            "springparkctl registers mqtt.tls.s": ["mqtt.tls.sni"],
            "springparkctl registers 031": ["0310", "0311", "0312", "0313", "0314", "0315", "0316", "0317", "0318", "0319",
                                            "031A", "031B"],
            "springparkctl registers mqtt_t": ["mqtt_tls", "mqtt_topic_prefix"],
            "springparkctl set mqtt.tls.s": ["mqtt.tls.sni="],
            "springparkctl set mqtt.version=": ["auto", "5", "3.1.1"],
            "springparkctl set mqtt.tls.trust=p": ["pki"],
            "springparkctl set mqtt.tls.sni=": ["true", "false"],
            "springparkctl set templates[1].sw": ["templates[1].swap="],
            "springparkctl set templates[3].swap=s": ["short-nfc-a"],
            "springparkctl set templates[1].type=": ["id-only", "ndef-data", "mifare-ultralight", "mifare-classic",
                                                      "iso15693-memory", "iso-data", "desfire-data", "desfire-id"],
            "springparkctl set templates[1].key_ty": ["templates[1].key_type="],
            "springparkctl set templates[1].swap=": ["none", "short-nfc-a", "all"],
            "springparkctl set feedback.devices[1].driver=p": ["pcsc"],
            "springparkctl set mqtt.port=": [""],
            "springparkctl set mqtt.port=1 keys.slot_D": ["keys.slot_D="],
            "springparkd --log-level ": ["error", "warning", "notice", "info", "debug"],
            "springparkd --log-level=d": ["debug"],
            "springparkd -l n": ["notice"],
            "springparkd --instance ": [""],
        }
        for line, words in cases.items():
            with self.subTest(line=line):
                # One and the same setting may be a register's and the file's.
                self.assertEqual(list(dict.fromkeys(offered(line))), words)

    def test_files_and_folders_are_offered_where_they_belong(self):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "door.conf").touch()
            (pathlib.Path(folder) / "doors").mkdir()
            both = ["door.conf", "doors"]
            for line in ("springparkctl check do", "springparkctl import do", "springparkctl --config do",
                         "springparkctl import --output=do", "springparkctl certs show do", "springparkctl journal export do",
                         "springparkctl set keys.slot_D=do", "springparkd --config do", "springparkd -c do"):
                with self.subTest(line=line):
                    self.assertEqual(sorted(offered(line, folder)), both)
            for line in ("springparkctl --run-directory do", "springparkctl certs --directory=do",
                         "springparkd --state-directory=do"):
                with self.subTest(line=line):
                    self.assertEqual(offered(line, folder), ["doors"])
            self.assertEqual(offered("springparkctl subscribe --ca=a", folder), ["amazon"])

    def test_what_is_offered_for_registers_is_known_to_them(self):
        names = sorted(set(offered("springparkctl registers ")))
        self.assertGreater(len(names), 400)
        with tempfile.NamedTemporaryFile() as empty:
            done = subprocess.run([program("springparkctl"), "--config", empty.name, "registers", *names],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_what_is_offered_for_set_is_taken_by_it(self):
        """Every setting of one of a few words, with each of them; what several settings say together is not looked at."""
        with tempfile.NamedTemporaryFile("w+", suffix=".conf") as file:
            for name in ("messages.scrdr_checksum=", "journal.order=", "templates[1].token=", "feedback.read="):
                for word in offered("springparkctl set " + name):
                    done = subprocess.run([program("springparkctl"), "--config", file.name, "set", name + word],
                                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
                    self.assertEqual(done.returncode, 0, name + word + done.stderr)


class Typed(unittest.TestCase):
    """In a bash at a terminal, with its own way of breaking lines into words."""

    def setUp(self):
        pid, self.terminal = pty.fork()
        if pid == 0:
            os.environ.update(TERM="dumb", PS1="", INPUTRC="/dev/null", LC_ALL="C.UTF-8")
            os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
        self.addCleanup(os.waitpid, pid, 0)
        self.addCleanup(os.close, self.terminal)
        self.write("springparkctl() { printf '<%%s>' \"$@\"; echo END; }; springparkd() { springparkctl \"$@\"; };"
                   " source %s; source %s; echo REA''DY\n" % (completion("springparkctl"), completion("springparkd")))
        self.read_until("READY")

    def write(self, text):
        os.write(self.terminal, text.encode())

    def read_until(self, word):
        said, deadline = "", time.monotonic() + 30
        while word not in said:
            ready, _, _ = select.select([self.terminal], [], [], max(0, deadline - time.monotonic()))
            self.assertTrue(ready, "%s does not come; what came: %s" % (word, said))
            said += os.read(self.terminal, 4096).decode(errors="replace")
        return said

    def test_a_tab_puts_the_word_in_place(self):
        for line, words in (("springparkctl stat\t", "<status>"),
                            ("springparkctl watch --ev\t3", "<watch><--events=3>"),
                            ("springparkctl set mqtt.tls.tru\tpk\t", "<set><mqtt.tls.trust=pki>"),
                            ("springparkctl set --app\tjournal.ord\told\t", "<set><--apply><journal.order=oldest-first>"),
                            ("springparkctl certs --key-type=e\tshow", "<certs><--key-type=ec><show>"),
                            ("springparkd --log-l\tdeb\t", "<--log-level=debug>")):
            with self.subTest(line=line):
                self.write(line + "\n")
                self.assertIn(words + "END", self.read_until("END\r\n").replace("\x07", ""))


if __name__ == "__main__":
    unittest.main()
