"""sh_library."""

load("@cow//sh:defs.cow", _sh_library = "sh_library")

sh_library = _sh_library
