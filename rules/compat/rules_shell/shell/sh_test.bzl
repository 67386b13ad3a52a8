"""sh_test."""

load("@cow//sh:defs.cow", _sh_test = "sh_test")

sh_test = _sh_test
