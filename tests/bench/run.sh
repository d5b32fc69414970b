#!/usr/bin/env bash
# Measures a release build beside its peers; `--help` tells of sizes and repetitions.
exec python3 "$(dirname "$0")/measure.py" "$@"
