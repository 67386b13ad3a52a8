"""fdo_prefetch_hints."""

load("@cow//foreign:defs.cow", _fdo_prefetch_hints = "fdo_prefetch_hints")

fdo_prefetch_hints = _fdo_prefetch_hints
