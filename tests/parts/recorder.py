# SPDX-License-Identifier: MIT
"""What a mosquitto with the recorder plugin (recorder.c) has acknowledged, whatever became of it afterwards.

    records = Recorder(scratch / "records.jsonl")
    with Broker(sandbox, extra=records.broker_lines()) as broker:
        ...
        broker.kill()
    published = [record for record in records.read() if record.what == "publish"]
"""
import collections
import json
import pathlib

from gateway import build_directory

# at: time.monotonic() of the broker's write; what: "start", "publish" or "disconnect"; the rest is of a publish.
Record = collections.namedtuple("Record", "at what client topic payload")


class Recorder:
    """path: the file; several brokers, one after the other, write into the same."""

    def __init__(self, path):
        self.path = pathlib.Path(path)

    def broker_lines(self):
        """For mosquitto.conf."""
        library = build_directory().resolve() / "tests/parts/.libs/librecorder.so"
        if not library.exists():
            raise RuntimeError("%s is not there; next: make test-parts (needs mosquitto-dev)" % library)
        return ["plugin %s" % library, "plugin_opt_file %s" % self.path]

    def size(self):
        """Grows with each record."""
        return self.path.stat().st_size if self.path.exists() else 0

    def read(self):
        """All records in order. What is no whole line was never acknowledged."""
        records = []
        if not self.path.exists():
            return records
        with open(self.path, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                record = parse_record(line)
                if record is not None:
                    records.append(record)
        return records


def parse_record(line):
    """One line as a Record; None if a killed broker did not come to its end."""
    try:
        fields = json.loads(line)
        return Record(fields["at"] / 1e9, fields["what"], fields.get("client"), fields.get("topic"),
                      fields.get("payload"))
    except (ValueError, KeyError, TypeError):
        return None
