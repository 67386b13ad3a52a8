"""memprof_profile."""

load("@cow//foreign:defs.cow", _memprof_profile = "memprof_profile")

memprof_profile = _memprof_profile
