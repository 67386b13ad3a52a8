"""Python rules: cow's own."""

load("@cow//python:defs.cow", _PyInfo = "PyInfo", _py_binary = "py_binary", _py_library = "py_library", _py_test = "py_test")

PyInfo = _PyInfo
py_binary = _py_binary
py_library = _py_library
py_test = _py_test
