# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Debian packages for ./quickstart and ./tests/run, installed so that no service which was not there before is left
# running or enabled. To be sourced, by bash.

PACKAGES_POLICY=/usr/sbin/policy-rc.d

# Build dependencies, one list for all who build.
# shellcheck disable=SC2034
PACKAGES_BUILD=(gcc make autoconf automake libtool pkg-config libmosquitto-dev libssl-dev libpcsclite-dev libconfig-dev
    libsystemd-dev libjansson-dev libsqlite3-dev zlib1g-dev libnfc-dev)

# packages_missing NAME...: prints those that are not installed.
packages_missing() {
    local name
    for name in "$@"; do
        case $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) in
            installed) ;;
            *) echo "$name" ;;
        esac
    done
}

# packages_install NAME...: installs them, with what apt-get says on standard error. As root.
packages_install() (
    # A subshell, so that the traps are its own and the way back is gone whichever way it ends.
    set -eu
    before=$(mktemp)
    policy=
    # shellcheck disable=SC2317
    put_back() {
        [ -z "$policy" ] || rm -f "$policy"
        packages_disable_new_services "$before"
        rm -f "$before"
    }
    trap put_back EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null | sed -n 's/^installed //p' | sort >"$before"
    # While this file says 101, packages start no service (Debian policy 9.3.3.1). One that is there keeps its word.
    if [ ! -e "$PACKAGES_POLICY" ]; then
        policy=$PACKAGES_POLICY
        printf '#!/bin/sh\n# for the time of one apt-get, by springpark\nexit 101\n' >"$policy"
        chmod 0755 "$policy"
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q -o DPkg::Lock::Timeout=120 update >&2
    apt-get -q -y -o DPkg::Lock::Timeout=120 install --no-install-recommends "$@" </dev/null >&2
)

# packages_disable_new_services FILE: the units and init scripts of packages that FILE does not name are disabled.
packages_disable_new_services() {
    local package path unit
    dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null | sed -n 's/^installed //p' | sort |
        comm -13 "$1" - | while read -r package; do
        dpkg -L "$package" 2>/dev/null | while read -r path; do
            unit=${path##*/}
            case $path in
                */systemd/system/*@.*) ;;
                */systemd/system/*.service | */systemd/system/*.socket | */systemd/system/*.timer)
                    # Where systemd is not installed its links are made all the same, by Debian's own helper.
                    if ! command -v systemctl >/dev/null; then
                        DPKG_MAINTSCRIPT_PACKAGE=$package deb-systemd-helper disable "$unit" >/dev/null 2>&1 || true
                    elif [ "$(systemctl is-enabled "$unit" 2>/dev/null)" = enabled ]; then
                        systemctl --quiet disable "$unit" >/dev/null 2>&1 || true
                    fi ;;
                /etc/init.d/*)
                    if command -v update-rc.d >/dev/null; then
                        update-rc.d "$unit" disable >/dev/null 2>&1 || true
                    fi ;;
            esac
        done
    done
}
