"""PyInfo."""

load("@cow//python:defs.cow", _PyInfo = "PyInfo")

PyInfo = _PyInfo
