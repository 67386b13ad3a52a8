#!/usr/bin/env bash
# layering_check, with the clang of this machine: a target includes headers of its direct dependencies only.
# usage: layering_check.sh SOURCE_DIR BIN_DIR
set -euo pipefail
bin=$2
fail() { echo "FAILED: $*" >&2; exit 1; }
if [ "$(dpkg-query -W -f '${db:Status-Status}' clang-14 2>/dev/null)" != installed ]; then
  [ "${COW_REQUIRE_TOOLS:-}" = 1 ] && fail "clang-14 is missing and COW_REQUIRE_TOOLS=1"
  echo "SKIPPED: clang-14 is not installed"
  exit 0
fi

root=$(mktemp -d)
trap 'chmod -R u+rwx "$root" && rm -rf "$root"' EXIT
export COW_CACHE_DIR=${COW_TEST_CACHE:-$root/cache}
mkdir -p "$root/ws/deep"
cd "$root/ws"
cat > WORKSPACE.cow <<'END'
workspace(name = "layers")
load(":clang.cow", "host_clang_repository")
host_clang_repository(name = "clang")
register_toolchains("@clang//:toolchain")
END
cat > clang.cow <<'END'
load("@cow//host:capture.cow", "capture_packages")
_BUILD = """
load("@cow//cc:defs.cow", "cc_toolchain")
host_tree(name = "tree", manifest = "tree.manifest")
cc_toolchain(
    name = "cc",
    c_compiler = "/usr/bin/clang-14",
    compiler = "clang",
    cxx_compiler = "/usr/bin/clang++-14",
    host_tree = ":tree",
    triplet = "x86_64-linux-gnu",
)
toolchain(name = "toolchain", toolchain = ":cc", toolchain_type = "@cow//cc:toolchain_type")
"""
_WITHOUT = ["debconf", "dpkg", "libnsl-dev", "libtirpc-dev", "llvm-14", "llvm-14-dev", "python3", "rpcsvc-proto"]
def _impl(repository_ctx):
    manifest = capture_packages(
        repository_ctx,
        purpose = "clang",
        required = ["clang-14", "g++", "libc-bin"],
        without = _WITHOUT,
        paths = [],
        excluded = [],
    )
    repository_ctx.file("tree.manifest", manifest)
    repository_ctx.file("BUILD.cow", _BUILD)
host_clang_repository = repository_rule(implementation = _impl)
END
cat > BUILD.cow <<'END'
cc_library(name = "low", srcs = ["low.cc", "low_detail.h"], hdrs = ["low.h"])
cc_library(name = "middle", srcs = ["middle.cc"], hdrs = ["middle.h"], deps = [":low"])
cc_library(name = "hiding", srcs = ["hiding.cc"], hdrs = ["hiding.h"], implementation_deps = [":low"])
cc_library(name = "renamed", hdrs = ["low.h"], include_prefix = "other", strip_include_prefix = "/")
alias(name = "also_low", actual = ":low")
genrule(name = "make", outs = ["made.h"], cmd = "echo '#include \"middle.h\"' > $@")
cc_library(name = "made", hdrs = ["made.h"], deps = [":middle"])

cc_binary(name = "good", srcs = ["good.cc"], deps = [":hiding", ":made", ":middle", ":renamed"])
cc_binary(name = "direct", srcs = ["indirect.cc"], deps = [":also_low", ":middle"])
cc_binary(name = "careless", srcs = ["indirect.cc"], features = ["-layering_check"], deps = [":middle"])

cc_binary(name = "indirect", srcs = ["indirect.cc"], tags = ["manual"], deps = [":middle"])
cc_binary(name = "private", srcs = ["private.cc"], tags = ["manual"], deps = [":low"])
cc_library(name = "header", srcs = ["header.cc"], hdrs = ["header.h"], tags = ["manual"], deps = [":middle"])
END
echo 'int Low();' > low.h
echo 'static const int kLow = 1;' > low_detail.h
printf '#include "low.h"\n#include "low_detail.h"\nint Low() { return kLow; }\n' > low.cc
printf '#pragma once\n#include "low.h"\ninline int Middle() { return Low(); }\n' > middle.h
printf '#include "middle.h"\n' > middle.cc
echo 'int Hiding();' > hiding.h
printf '#include "hiding.h"\n#include "low.h"\nint Hiding() { return Low(); }\n' > hiding.cc
printf '#include <string>\n#include "hiding.h"\n#include "made.h"\n#include "middle.h"\n#include "other/low.h"\nint main() { return Middle() + Hiding() - 2 * Low(); }\n' > good.cc
printf '#include "low.h"\n#include "middle.h"\nint main() { return Middle() - Low(); }\n' > indirect.cc
printf '#include "low.h"\n#include "low_detail.h"\nint main() { return Low() - kLow; }\n' > private.cc
printf '#include "low.h"\n' > header.h
printf '#include "header.h"\n' > header.cc

refused() {
  "$bin/cow" build -q --features=layering_check "$1" > "$root/refused" 2>&1 && fail "$1 was built"
  grep -qF "$2" "$root/refused" || fail "$1: $(cat "$root/refused")"
}
"$bin/cow" build -q --features=layering_check //... || fail "includes of direct dependencies are refused"
cow-bin/good || fail "the program does not run"
refused //:indirect "indirect.cc:1:10: error: module //:indirect does not depend on a module exporting 'low.h'"
refused //:header "header.h:1:10: error: module //:header does not depend on a module exporting 'low.h'"
refused //:private "private.cc:2:10: error: use of private header from outside its module: 'low_detail.h'"
"$bin/cow" build -q //:indirect //:header //:private || fail "they do not build without the check"

# Who uses what is part of what is checked: taking a dependency away is noticed, though no header changed.
sed -i 's/deps = \[":also_low", ":middle"\]/deps = [":middle"]/' BUILD.cow
refused //:direct "module //:direct does not depend on a module exporting 'low.h'"
echo "layering_check: all checks passed"
