#!/usr/bin/env bash
# Build the wheel, install it alone, and run the main commands from another directory.
# Usage: tests/wheel.sh PYTHON   (a Python that has the `build` module)
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
python=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$root"
"$python" -m build --quiet --wheel --outdir "$work/dist" .
rm -rf build
"$python" -m venv "$work/venv"
bin=$work/venv/bin
"$bin/python" -m pip --disable-pip-version-check install --quiet \
    --constraint constraints.txt "$work"/dist/lohe-*.whl

cd "$work"
"$bin/lohe" --version
"$bin/python" - <<'PYTHON'
import lohe

network = lohe.Network([[3.0, 4.0], [0.0, 1.0]])
network.save("pair.network.npz")
PYTHON
"$bin/lohe" certify pair.network.npz -o pair.certificate.json
"$bin/lohe" verify pair.certificate.json pair.network.npz
"$bin/python" -m lohe.proofs_numeric.checker pair.certificate.json pair.network.npz
"$bin/lohe" basin pair.network.npz --trials 1000 --horizon 10 --seed 0 -o pair.basin.sqlite
"$bin/lohe" report pair.certificate.json pair.basin.sqlite pair.network.npz -o pair.report.html
test -s pair.report.html
"$bin/lohe" audit --only 'accelerated-c*' --report audit.report.html > audit.txt
test -s audit.report.html
"$bin/lohe" derive --theorem T1 > derivation.txt
test "$(find "$work/venv" -path '*site-packages/theory*' -o -path '*site-packages/dynamics*' | wc -l)" = 0
echo "wheel: all commands ran from another directory"
