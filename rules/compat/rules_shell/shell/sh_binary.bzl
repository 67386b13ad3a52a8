"""sh_binary."""

load("@cow//sh:defs.cow", _sh_binary = "sh_binary")

sh_binary = _sh_binary
