#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The manual: what its pages say of options, commands, statuses and settings is what the built programs say, and man has
nothing to warn of."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
from gateway import Gateway, Script, program  # noqa: E402

TOP = pathlib.Path(__file__).resolve().parents[2]
PAGES = sorted((TOP / "man").glob("*.[1-8]"))
CONFIG = 78
AMAZON = pathlib.Path("/etc/ssl/certs/Amazon_Root_CA_1.pem")  # of ca-certificates, which not every machine has

# Those that argp gives to all; those that all commands but subscribe share; those of a broker.
EVERY = {"-?, --help", "--usage", "-V, --version"}
COMMON = {"--config=FILE", "--instance=NAME", "--json", "--run-directory=DIR"}


def run(*words):
    # argp breaks lines at 79 columns unless it is told.
    return subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=60, env=dict(os.environ, ARGP_HELP_FMT="rmargin=250", LC_ALL="C.UTF-8"))


def help_of(*words):
    done = run(*words, "--help")
    assert done.returncode == 0, done.stderr
    return done.stdout


def options_in(text):
    """Options of a --help, as they stand there: "-c, --config=FILE"."""
    return {one.strip() for one in re.findall(r"^  (?:-., |    )--\S+", text, re.MULTILINE)}


def plain(line):
    """A line of roff as it is read."""
    return re.sub(r"\\f.", "", line).replace("\\-", "-").replace("\\e", "\\").replace("\\(dq", '"').replace("\\(aq", "'")


class Page:
    """sections: heading to the lines under it, those of .SH without what its .SS have."""

    def __init__(self, name):
        self.text = (TOP / "man" / name).read_text()
        self.sections = {}
        self.parents = {}
        above = heading = None
        for line in self.text.splitlines():
            if line.startswith((".SH ", ".SS ")):
                heading = plain(line[4:].strip('"'))
                above = heading if line.startswith(".SH") else above
                self.parents[heading] = above
                self.sections[heading] = []
            elif heading is not None:
                self.sections[heading].append(line)

    def tags(self, heading):
        lines = self.sections[heading]
        return [plain(tag) for before, tag in zip(lines, lines[1:]) if before == ".TP"]

    def options(self, heading):
        return {tag for tag in self.tags(heading) if tag.startswith("-")}

    def words(self, heading):
        return " ".join(plain(re.sub(r"^\.[A-Z]+ ", "", line)) for line in self.sections[heading])

    def below(self, heading):
        return [one for one, above in self.parents.items() if above == heading and one != heading]


class Options(unittest.TestCase):
    def test_the_page_of_the_daemon_has_its_options(self):
        self.assertEqual(Page("springparkd.8").options("OPTIONS"), options_in(help_of(program("springparkd"))))

    def test_the_page_of_the_tool_has_its_commands_in_their_order(self):
        text = help_of(program("springparkctl"))
        commands = re.findall(r"^  ([a-z]+) ", text.split("Commands (")[1].split("\n\n")[0], re.MULTILINE)
        page = Page("springparkctl.1")
        self.assertEqual([heading.split()[0] for heading in page.below("COMMANDS")], commands)
        self.assertEqual(page.options("Options of all commands"), options_in(text))
        self.assertEqual(page.options("Options of all commands"), COMMON | EVERY)

    def test_the_page_of_the_tool_has_the_options_of_each_command(self):
        page = Page("springparkctl.1")
        of_a_broker = page.options("Options of a broker")
        without_common = []
        for heading in page.below("COMMANDS"):
            command = heading.split()[0]
            with self.subTest(command=command):
                options = options_in(help_of(program("springparkctl"), command))
                self.assertGreaterEqual(options, EVERY)
                own = options - EVERY - COMMON
                if not options & COMMON:
                    without_common.append(command)
                else:
                    self.assertGreaterEqual(options, COMMON)
                if "--broker=HOST" in options:
                    self.assertGreaterEqual(options, of_a_broker)
                    own -= of_a_broker
                self.assertEqual("options of a broker" in page.words(heading), "--broker=HOST" in options)
                self.assertEqual(page.options(heading), own)
        self.assertEqual(without_common, ["subscribe"])
        self.assertIn("subscribe has no use for them", page.words("Options of all commands"))

    def test_the_page_of_the_tool_has_the_words_of_each_command(self):
        """init-ca and the like, as the usage lists them."""
        page = Page("springparkctl.1")
        for heading in page.below("COMMANDS"):
            command = heading.split()[0]
            text = help_of(program("springparkctl"), command)
            for usage in re.findall(r"^(?:Usage|  or): +springparkctl %s \[OPTION\.\.\.\] \[?([a-z-]+)" % command, text,
                                    re.MULTILINE):
                with self.subTest(command=command, word=usage):
                    self.assertIn(usage, heading + " " + page.words(heading))

    def test_exit_statuses_are_those_of_help(self):
        text = help_of(program("springparkctl")).split("Exit status:")[1]
        stated = set(re.findall(r"\b\d+\b", " ".join(Page("springparkctl.1").tags("EXIT STATUS"))))
        self.assertEqual(stated, set(re.findall(r"\b\d+\b", text)))
        self.assertIn(str(CONFIG), re.findall(r"\b\d+\b", " ".join(Page("springparkd.8").tags("EXIT STATUS"))))


class Facts(unittest.TestCase):
    def test_settings_that_pages_name_are_settings(self):
        known = set(re.findall(r"^\.TP\n\.B ([a-z0-9_.]+)$", (TOP / "man/springpark.conf.5").read_text(), re.MULTILINE))
        groups = {name.rsplit(".", 1)[0] for name in known if "." in name}
        self.assertIn("mqtt.broker", known)
        for path in PAGES:
            if path.name == "springpark.conf.5":
                continue
            for name in re.findall(r"\b(?:mqtt|journal|device|provisioning|smart_reader|feedback|ui)\.[a-z_]+(?:\.[a-z_]+)*",
                                   plain(path.read_text())):
                if not re.search(r"\.(pem|key|db|json|conf)$", name):
                    self.assertTrue(name in known | groups, "%s names %s" % (path.name, name))

    def test_files_for_aws_that_the_page_names_are_there(self):
        named = set(re.findall(r"[a-z_-]+\.(?:json|py)\b", plain((TOP / "man/springpark-aws.7").read_text())))
        self.assertIn("policy-device.json", named)
        for name in named:
            self.assertTrue((TOP / "doc/aws" / name).exists(), name)

    def test_settings_that_the_page_of_aws_shows_are_right(self):
        blocks = re.findall(r"^\.EX\n(.*?)^\.EE$", (TOP / "man/springpark-aws.7").read_text(), re.MULTILINE | re.DOTALL)
        shown = [plain(block) for block in blocks if "certificates:" in block]
        self.assertEqual(len(shown), 2)
        for number, text in enumerate(shown):
            if "mqtt:" not in text:
                text += 'mqtt: { broker = "xxxxxxxxxxxxxx-ats.iot.us-west-2.amazonaws.com"; options: { keep_alive = 60; }; };'
            with self.subTest(number=number), tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
                file.write(text)
                file.flush()
                said = run(program("springparkctl"), "check", file.name).stderr
                # The certificates are not there, and nothing else is wrong.
                complaints = [line for line in said.splitlines() if not line.startswith("next: ")]
                if not AMAZON.exists():
                    complaints = [line for line in complaints if "slot_9" not in line]
                self.assertTrue(complaints)
                for line in complaints:
                    self.assertRegex(line, r"/etc/springpark/(certs|private)/\S+: .*No such file")

    def test_pages_that_pages_name_are_there(self):
        own = {path.name for path in PAGES}
        self.assertEqual(own, {"springparkctl.1", "springpark.conf.5", "springpark-aws.7", "springparkd.8"})
        for path in PAGES:
            for name, section in re.findall(r"\b(springpark[a-z.-]*) ?\((\d)\)", plain(path.read_text())):
                with self.subTest(page=path.name):
                    self.assertIn("%s.%s" % (name, section), own)

    def test_man_has_nothing_to_warn_of(self):
        for path in PAGES:
            with self.subTest(page=path.name):
                done = run("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", str(path))
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn("springpark", done.stdout)


class Sections(unittest.TestCase):
    """What is wrong with settings leads to the section that explains them."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.file = self.folder / "springpark.conf"
        self.file.write_text("mqtt: { options: { keep_alive = 2; }; };\nreaders: ( { driver = \"pcsx\"; } );\n")
        self.last = "next: see springpark.conf(5), sections mqtt.options and readers"

    def test_check_ends_with_it(self):
        done = run(program("springparkctl"), "check", str(self.file))
        self.assertEqual(done.returncode, CONFIG)
        self.assertEqual(len(done.stderr.splitlines()), 3, done.stderr)
        self.assertEqual(done.stderr.splitlines()[-1], self.last)

    def test_the_daemon_says_it_when_it_does_not_start(self):
        done = run(program("springparkd"), "--config", str(self.file), "--run-directory", str(self.folder),
                   "--state-directory", str(self.folder))
        self.assertEqual(done.returncode, CONFIG, done.stderr)
        self.assertIn("config: %s\n" % self.last, done.stderr)

    def test_set_and_import_end_with_it_before_they_say_that_nothing_changed(self):
        self.file.write_text("")
        done = run(program("springparkctl"), "--config", str(self.file), "set", "mqtt.options.keep_alive=2")
        self.assertEqual(done.stderr.splitlines()[-2:], ["next: see springpark.conf(5), section mqtt.options",
                                                         "%s is as it was" % self.file])
        vendor = self.folder / "vendor.json"
        vendor.write_text('{ "028C": "41" }')
        done = run(program("springparkctl"), "--config", str(self.file), "import", str(vendor))
        self.assertEqual(done.returncode, CONFIG, done.stderr)
        self.assertEqual(done.stderr.splitlines()[-2], "next: see springpark.conf(5), section mqtt", done.stderr)

    def test_what_is_wrong_with_a_vendors_file_is_no_matter_of_this_manual(self):
        vendor = self.folder / "vendor.json"
        vendor.write_text('{ "028C": "4" }')
        done = run(program("springparkctl"), "--config", str(self.file), "import", str(vendor))
        self.assertNotEqual(done.returncode, 0)
        self.assertNotIn("springpark.conf(5)", done.stderr)

    def test_a_refused_reload_ends_with_it(self):
        script = Script()
        self.addCleanup(script.close)
        gateway = Gateway("readers: ( %s );\n" % script.setting)
        self.addCleanup(gateway.close)
        gateway.configure(self.file.read_text())
        done = gateway.tool("reload", timeout=30)
        self.assertEqual((done.returncode, done.stderr.splitlines()[-1]), (CONFIG, self.last), done.stderr)
        gateway.wait_log("config: " + self.last)

    def test_nothing_is_added_where_nothing_is_wrong_or_there_is_no_file(self):
        self.file.write_text("")
        done = run(program("springparkctl"), "check", str(self.file))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        done = run(program("springparkctl"), "check", str(self.folder / "none.conf"))
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (CONFIG, 1), done.stderr)


if __name__ == "__main__":
    unittest.main()
