#!/usr/bin/env bash
# Compile the Coq proofs of docs/formal, check them again with coqchk, record what they assume.
# Usage: tests/formal.sh [--install]   (--install: as root on Debian, install Coq where absent)
# Without Coq it says so in one line and succeeds: the proofs are no part of the fresh-machine path.
set -euo pipefail
root=$(cd "${0%/*}/.." && pwd)

have_coq() {
    command -v coqc >/dev/null && command -v coqchk >/dev/null &&
        [ -e "$(coqc -where)/user-contrib/Coquelicot/Coquelicot.vo" ]
}

if ! have_coq && [ "${1:-}" = --install ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq >/dev/null || true
    apt-get install -y -qq --no-install-recommends coq libcoq-coquelicot >/dev/null 2>&1 || true
fi
if ! have_coq; then
    echo "SKIPPED: the Coq proofs need coqc, coqchk and Coquelicot (Debian: coq, libcoq-coquelicot)"
    exit 0
fi
exec "${PYTHON:-python3}" "$root/tests/formal_record.py"
