"""java_proto_library."""

load("@cow//foreign:defs.cow", _java_proto_library = "java_proto_library")

java_proto_library = _java_proto_library
