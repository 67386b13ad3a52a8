"""Protocol buffers: cow's own rules."""

load("@cow//foreign:defs.cow", _proto_toolchain = "proto_toolchain")
load(
    "@cow//proto:defs.cow",
    _ProtoInfo = "ProtoInfo",
    _proto_lang_toolchain = "proto_lang_toolchain",
    _proto_library = "proto_library",
)

ProtoInfo = _ProtoInfo
proto_lang_toolchain = _proto_lang_toolchain
proto_library = _proto_library
proto_toolchain = _proto_toolchain
