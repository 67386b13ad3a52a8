"""py_binary."""

load("@cow//python:defs.cow", _py_binary = "py_binary")

py_binary = _py_binary
