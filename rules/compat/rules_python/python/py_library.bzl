"""py_library."""

load("@cow//python:defs.cow", _py_library = "py_library")

py_library = _py_library
