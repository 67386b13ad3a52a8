#!/usr/bin/env bash
# Compilers from a lock file, for both architectures: what they make, and that nothing of the machine has a part in it.
# usage: toolchains.sh SOURCE_DIR BIN_DIR
set -euo pipefail
source_dir=$1 bin=$2
fail() { echo "FAILED: $*" >&2; exit 1; }

root=$(mktemp -d)
trap 'chmod -R u+rwx "$root" && rm -rf "$root"' EXIT
export COW_CACHE_DIR=${COW_TEST_CACHE:-$root/cache}
mkdir "$root/ws" "$root/ws/toolchains"
cd "$root/ws"
cp "$source_dir/examples/cowabunga/compilers.lock" .
cp "$source_dir/examples/cowabunga/toolchains/BUILD.cow" toolchains/
cat > WORKSPACE.cow <<'END'
workspace(name = "both")
load("@cow//debian:defs.cow", "debian_repository")
load("@cow//debian:toolchain.cow", "gcc_packages")
debian_repository(
    name = "compilers",
    lock_file = "//:compilers.lock",
    packages = gcc_packages("amd64") + gcc_packages("arm64"),
)
register_toolchains("//toolchains:all")
END
cat > BUILD.cow <<'END'
cc_library(name = "greeting", srcs = ["greeting.cc"], hdrs = ["greeting.h"])
cc_binary(name = "hello", srcs = ["hello.cc"], deps = [":greeting"])
cc_test(name = "hello_test", srcs = ["hello_test.cc"], deps = [":greeting"])
multi_arch(name = "both", targets = [":hello"])
END
printf '#include <string>\nstd::string Greeting();\n' > greeting.h
printf '#include "greeting.h"\nstd::string Greeting() { return "moo"; }\n' > greeting.cc
printf '#include <iostream>\n#include "greeting.h"\nint main() { std::cout << Greeting() << std::endl; }\n' > hello.cc
cat > hello_test.cc <<'END'
#include <sys/utsname.h>
#include <cstdio>
#include <stdexcept>
#include "greeting.h"
int main() {
  try {
    throw std::runtime_error(Greeting());
  } catch (const std::exception& error) {
    utsname name;
    uname(&name);
    std::printf("%s from %s\n", error.what(), name.machine);
  }
  return fopen("/usr/bin/gcc", "r") != nullptr;
}
END
cow() { "$bin/cow" "$@"; }
digests() { (cd "$1" && find -L . -type f ! -name .lock -exec sha256sum {} + | sort); }
machine() { od -An -tu2 -j18 -N2 "$1" | tr -d ' '; }

echo "== both architectures by one command"
cow build --progress=no //:both 2>&1 | tee "$root/first" | tail -3
[ "$(machine cow-out/linux_amd64-fastbuild/bin/hello)" = 62 ] || fail "the program for amd64 is for something else"
[ "$(machine cow-out/linux_arm64-fastbuild/bin/hello)" = 183 ] || fail "the program for arm64 is for something else"
digests cow-out > "$root/digests"

echo "== what a transition made for arm64 is what --platforms asks for"
cow build --platforms=@cow//platforms:linux_arm64 //:hello 2>&1 | tee "$root/again" | tail -1
grep -q ', 0 actions run,' "$root/again" || fail "built again for --platforms"

echo "== tests run on the machine or under an emulator, and see nothing of the machine"
cow test --test_output=all //:hello_test 2>&1 | tee "$root/test" | tail -1
grep -q 'moo from x86_64' "$root/test" || fail "the test for amd64: $(cat "$root/test")"
cow test --test_output=all --platforms=@cow//platforms:linux_arm64 //:hello_test 2>&1 | tee "$root/test" | tail -1
grep -q 'moo from aarch64' "$root/test" || fail "the test for arm64: $(cat "$root/test")"

echo "== features"
cow test --features=asan --features=ubsan -c opt //:hello_test 2>&1 | tail -1 | grep -q '^build finished' || fail "sanitizers"
cow test --features=lto -c opt //:hello_test 2>&1 | tail -1 | grep -q '^build finished' || fail "link-time optimisation"
cow build --features=layering_check //:hello > "$root/refused" 2>&1 && fail "layering_check was taken"
grep -q "feature 'layering_check' is not supported with gcc" "$root/refused" || fail "layering_check: $(cat "$root/refused")"

cow build -q -c dbg --fission=yes --output_groups=+dwp --platforms=@cow//platforms:linux_arm64 //:hello || fail "--fission"
readelf --debug-dump=info cow-out/linux_arm64-dbg/bin/hello.dwp > "$root/information" 2>/dev/null || true
grep -q 'greeting\.cc' "$root/information" || fail "no debugging information in the .dwp"

echo "== what was chosen, and why"
cow toolchain --platforms=@cow//platforms:linux_arm64 //:hello > "$root/chosen"
grep -q '^  rejected //toolchains:gcc_amd64: .*lacks @cow//platforms/cpu:x86_64' "$root/chosen" || fail "$(cat "$root/chosen")"
grep -q '^  selected //toolchains:gcc_arm64: //toolchains:gcc_arm64_cc' "$root/chosen" || fail "$(cat "$root/chosen")"

echo "== a changed file of one toolchain concerns what it made, and nothing else"
cp toolchains/BUILD.cow "$root/toolchains"
sed -i '/name = "gcc_arm64"/a\    exclude = ["usr/aarch64-linux-gnu/include/aio.h"],' toolchains/BUILD.cow
cow build --progress=no //:both 2>&1 | tee "$root/changed" | tail -1
grep '^\[' "$root/changed" | grep -q 'Unpacking toolchains/gcc_arm64_tree' || fail "the changed toolchain was not made"
grep '^\[' "$root/changed" | grep -q 'gcc_amd64' && fail "the other toolchain was made again"
# The tree; two compilations, an archive and a link for arm64.
grep -q ', 5 actions run,' "$root/changed" || fail "not exactly what used it ran: $(cat "$root/changed")"
cp "$root/toolchains" toolchains/BUILD.cow
cow build //:both 2>&1 | tee "$root/again" | tail -1
grep -q ', 0 actions run,' "$root/again" || fail "taking the change back ran actions"

if [ "$(id -u)" = 0 ]; then
  echo "== without the compiler of the machine: the same, and from the cache"
  # shellcheck disable=SC2016
  hidden='
    for place in /usr/lib/gcc /usr/lib/llvm-14 /usr/include; do [ ! -d "$place" ] || mount -t tmpfs none "$place"; done
    for tool in gcc g++ cc c++ cpp as ld; do
      for name in "$tool" "$tool-12" "x86_64-linux-gnu-$tool" "x86_64-linux-gnu-$tool-12"; do
        [ ! -e "/usr/bin/$name" ] || mount --bind /dev/null "/usr/bin/$name"
      done
    done
    ! gcc --version 2>/dev/null || exit 1
    "$0" build "$@"'
  unshare -m bash -c "$hidden" "$bin/cow" //:both 2>&1 | tee "$root/hidden" | tail -1
  grep -q ', 0 actions run,' "$root/hidden" || fail "without gcc on the machine, actions ran"
  rm -rf cow-out cow-bin
  unshare -m bash -c "$hidden" "$bin/cow" "--cache_dir=$root/other" --progress=no //:both 2>&1 | tail -1
  digests cow-out | diff - "$root/digests" || fail "without gcc on the machine, something else was built"
  echo "disk: debs and trees and outputs of a first build: $(du -sh "$root/other" | cut -f1)"
fi
echo "toolchains: all checks passed"
