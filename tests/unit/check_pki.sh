#!/bin/sh
# SPDX-License-Identifier: MIT
# certs/make-sandbox-pki: what it makes, keeps, makes anew and refuses. No root, no network: openssl and a folder.
set -u
top=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
script=$(cd "$top" && pwd)/certs/make-sandbox-pki
command -v openssl >/dev/null || { echo "check_pki: openssl is missing; next: apt-get install openssl"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
checks=0
failures=0

# that SENTENCE COMMAND...: the sentence is true if the command succeeds.
that() {
    sentence=$1
    shift
    checks=$((checks + 1))
    "$@" >"$work/output" 2>&1 && return 0
    failures=$((failures + 1))
    echo "check_pki: not true: $sentence"
    sed 's/^/    /' "$work/output"
}

# refuses STATUS WORDS ARGUMENT...: the script ends with that status and says those words.
refuses() {
    status=$1
    words=$2
    shift 2
    "$script" "$@" >"$work/said" 2>&1
    [ $? -eq "$status" ] || { cat "$work/said"; return 1; }
    grep -q -- "$words" "$work/said" || { cat "$work/said"; return 1; }
}

make() { "$script" "$@" 2>>"$work/errors"; }
field() { openssl x509 -in "$1" -noout -ext "$2" 2>/dev/null; }
hash_of() { openssl x509 -in "$1" -noout -fingerprint -sha256; }
same() { [ "$1" = "$2" ] || { echo "$1 is not $2"; return 1; }; }
differs() { [ "$1" != "$2" ] || { echo "both are $1"; return 1; }; }
has() { field "$1" "$2" | grep -q -- "$3" || { field "$1" "$2"; return 1; }; }
is_p256() { openssl x509 -in "$1" -noout -text | grep -q "ASN1 OID: prime256v1"; }
mode_is() { same "$(stat -c %a "$1")" "$2"; }
key_fits() { same "$(openssl x509 -in "$1.pem" -noout -pubkey)" "$(openssl pkey -in "$1.key" -pubout)"; }
cn_is() { same "$(openssl x509 -in "$1" -noout -subject -nameopt multiline | sed -n 's/^ *commonName *= //p')" "$2"; }
verifies() { openssl verify -purpose "$3" -CAfile "$1" "$2"; }

pki=$work/pki
serial=$(make "$pki")
that "a serial number of 8 hex digits is printed" sh -c "echo '$serial' | grep -qx '[0-9A-F]\{8\}'"
that "the folder is private" mode_is "$pki" 700
that "nothing else is left in the folder" sh -c "! ls -A '$pki' | grep -v '[.]pem\$\|[.]key\$'"
for name in server-ca device-ca server device demo-1 demo-2 demo-3 demo-4 demo-5 operator; do
    that "$name is on P-256" is_p256 "$pki/$name.pem"
    that "$name.key is private" mode_is "$pki/$name.key" 600
    that "$name.key fits $name.pem" key_fits "$pki/$name"
done
that "the server CA vouches for the server" verifies "$pki/server-ca.pem" "$pki/server.pem" sslserver
that "the server is localhost" has "$pki/server.pem" subjectAltName "DNS:localhost"
that "the server is 127.0.0.1" has "$pki/server.pem" subjectAltName "IP Address:127.0.0.1"
that "the device's CN is the serial number" cn_is "$pki/device.pem" "$serial"
that "the device's chain leads to its CA" verifies "$pki/device-chain.pem" "$pki/device.pem" sslclient
for name in demo-1 demo-2 demo-3 demo-4 demo-5 operator; do
    that "$name may be a client" verifies "$pki/device-ca.pem" "$pki/$name.pem" sslclient
    that "$name is called so" cn_is "$pki/$name.pem" "$name"
done
that "a client cannot pose as the server" sh -c \
    "! openssl verify -purpose sslserver -CAfile '$pki/device-ca.pem' '$pki/demo-1.pem'"

before=$(cat "$pki"/*.pem "$pki"/*.key | sha256sum)
that "a second run prints the same serial number" same "$(make "$pki")" "$serial"
that "a second run changes nothing" same "$(cat "$pki"/*.pem "$pki"/*.key | sha256sum)" "$before"
that "the same serial number is welcome" same "$(make "$pki" --serial "$serial")" "$serial"
that "another serial number is refused with the next step" refuses 1 "name another folder for 00000000" \
    "$pki" --serial 00000000

rm "$pki/demo-3.key"
kept=$(hash_of "$pki/demo-2.pem")
make "$pki" >/dev/null
that "a lost key is made anew with its certificate" key_fits "$pki/demo-3"
that "its neighbours are kept" same "$(hash_of "$pki/demo-2.pem")" "$kept"

cp "$pki/demo-1.key" "$pki/demo-4.key"
make "$pki" >/dev/null
that "a certificate whose key does not fit is made anew" key_fits "$pki/demo-4"

old=$(hash_of "$pki/server.pem")
make "$pki" --server-name broker.example >/dev/null
that "a new host name makes a new server certificate" differs "$(hash_of "$pki/server.pem")" "$old"
that "the new host name is in it" has "$pki/server.pem" subjectAltName "DNS:broker.example"
make "$pki" --server-name other.example >/dev/null
that "host names add up" has "$pki/server.pem" subjectAltName "DNS:broker.example"
that "without a new name it is kept" same "$(hash_of "$pki/server.pem")" "$(make "$pki" >/dev/null; hash_of "$pki/server.pem")"

brief=$work/brief
make "$brief" --serial ABCD0123 --days 1 >/dev/null
that "the serial number may be chosen" cn_is "$brief/device.pem" ABCD0123
old=$(hash_of "$brief/device.pem")
make "$brief" >/dev/null
that "a certificate with less than a day left is made anew" differs "$(hash_of "$brief/device.pem")" "$old"
that "it keeps its serial number" cn_is "$brief/device.pem" ABCD0123
that "the renewed one lasts" openssl x509 -in "$brief/device.pem" -noout -checkend $((364 * 86400))

rm "$brief/device-ca.pem"
make "$brief" >/dev/null
that "a new CA signs its certificates anew" verifies "$brief/device-ca.pem" "$brief/device.pem" sslclient
that "and the chain follows" cmp "$brief/device-ca.pem" "$brief/device-chain.pem"

mkdir "$work/other"
: >"$work/other/file"
mode=$(stat -c %a "$work/other")
that "a folder with other things is left alone" refuses 1 "holds other things" "$work/other"
that "and keeps its mode" mode_is "$work/other" "$mode"
that "a file is no folder" refuses 1 "is not a folder" "$work/other/file"
that "a client's name is no serial number" refuses 64 "other rights" "$work/new" --serial operator
that "a serial number with a slash is refused" refuses 64 "letters, digits" "$work/new" --serial a/b
that "no days are refused" refuses 64 "number of days" "$work/new" --days 0
that "an unknown option is refused" refuses 64 "unknown option" "$work/new" --verbose
that "a missing folder is refused" refuses 64 "DIRECTORY is missing"
that "a refused call makes nothing" test ! -e "$work/new"

echo "$((100 - failures * 100 / checks))%: Checks: $checks, Failures: $failures, Errors: 0"
[ "$failures" -eq 0 ]
