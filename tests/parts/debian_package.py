# SPDX-License-Identifier: MIT
"""The Debian package, built from the files that a release has."""

import os
import pathlib
import re
import shutil
import subprocess

CCACHE = "/usr/lib/ccache"  # where Debian's ccache stands before the compilers


def reason_to_skip():
    for tool in ("dpkg-buildpackage", "dh"):
        if shutil.which(tool) is None:
            return "%s is missing; next: apt-get install dpkg-dev debhelper" % tool
    return None


def _run(command, folder, log, **environment):
    """Runs it with its output in a file; RuntimeError with the end of that if it fails."""
    with open(log, "wb") as output:
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                              env={**os.environ, **environment})
    if done.returncode != 0:
        said = pathlib.Path(log).read_text(encoding="utf-8", errors="replace")
        raise RuntimeError("%s ended with %d\n%s" % (command, done.returncode, said[-6000:]))


def build_package(build, scratch):
    """The .deb, built in the folder scratch: the one that SPRINGPARK_DEB names, if it does."""
    if os.environ.get("SPRINGPARK_DEB"):
        return pathlib.Path(os.environ["SPRINGPARK_DEB"]).resolve()
    scratch = pathlib.Path(scratch)
    source = scratch / "springpark"
    _run(["make", "-s", "-C", str(pathlib.Path(build).resolve()), "distdir", "distdir=" + str(source)], scratch, scratch / "distdir.log")
    # Neither what makes the program fast nor what makes it debuggable: it is installed here, and run.
    path = CCACHE + ":" + os.environ["PATH"] if os.path.isdir(CCACHE) else os.environ["PATH"]
    _run(["dpkg-buildpackage", "-us", "-uc", "-b"], source, scratch / "build.log", PATH=path,
         DEB_BUILD_OPTIONS="nocheck noopt noautodbgsym parallel=%d" % (os.cpu_count() or 1), DEB_CFLAGS_STRIP="-g")
    return next(scratch.glob("springpark_*.deb"))


def with_version(package, version, scratch):
    """The same package, called a later version."""
    scratch = pathlib.Path(scratch)
    tree = scratch / "again"
    subprocess.run(["dpkg-deb", "-R", str(package), str(tree)], check=True)
    control = tree / "DEBIAN/control"
    control.write_text(re.sub(r"(?m)^Version: .*$", "Version: " + version, control.read_text(encoding="utf-8")),
                       encoding="utf-8")
    target = scratch / ("springpark_%s.deb" % version)
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", str(tree), str(target)], check=True,
                   stdout=subprocess.DEVNULL)
    return target
