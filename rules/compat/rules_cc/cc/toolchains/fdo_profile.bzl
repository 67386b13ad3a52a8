"""fdo_profile."""

load("@cow//foreign:defs.cow", _fdo_profile = "fdo_profile")

fdo_profile = _fdo_profile
