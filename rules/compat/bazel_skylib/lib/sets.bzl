"""sets: the same as new_sets.bzl."""

load("//lib:new_sets.bzl", _sets = "sets")

sets = _sets
