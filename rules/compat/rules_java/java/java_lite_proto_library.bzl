"""java_lite_proto_library."""

load("@cow//foreign:defs.cow", _java_lite_proto_library = "java_lite_proto_library")

java_lite_proto_library = _java_lite_proto_library
