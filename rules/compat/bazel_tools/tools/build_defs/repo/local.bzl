"""Repositories of this machine's directories."""

load("@cow//repo:local.cow", _new_local_repository = "new_local_repository")

local_repository = native.local_repository
new_local_repository = _new_local_repository
