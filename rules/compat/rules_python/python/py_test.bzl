"""py_test."""

load("@cow//python:defs.cow", _py_test = "py_test")

py_test = _py_test
