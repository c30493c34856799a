#!/usr/bin/env bash
# The figures of the README that the scorecard has not, in its order. Data that is not there is said
# to be missing.
set -uo pipefail
cd "$(dirname "$0")/.."
run() { printf '\n$ %s\n' "$*"; "$@" || printf '(not measured: see above)\n'; }
run "$BIN/python" -m bench.noise --data "$DATA/data"
run "$BIN/python" -m bench.national "$DATA/data/tthc/procedures.jsonl.gz" --embed 100
run "$BIN/python" -m bench.codes "$DATA/data/tthc/procedures.jsonl.gz" "$DATA/data/lists/lamdong_procedures.csv" "$DATA/data/lists/langson_procedures.csv"
run "$BIN/python" -m bench.scale "$DATA/data/tthc/procedures.jsonl.gz" --shapes national facts
run "$BIN/python" -m bench.admin_pages "$DATA/data/tthc/procedures.jsonl.gz"
run "$BIN/python" -m bench.start
run "$BIN/python" -m bench.acknowledge
run "$BIN/python" -m bench.durability --real
