#!/usr/bin/env bash
# usage: starlark_go.sh SOURCE_DIR BIN_DIR: see starlark_go.py
exec python3 "$1/tests/interop/starlark_go.py" "$1" "$2"
