#!/usr/bin/env bash
# Programs that use two dozen libraries of Debian compile, link and run with nothing but the packages of a lock file; for
# arm64, with Debian's cross compiler from another lock file, they compile and link.
# usage: debian_libraries.sh SOURCE_DIR BIN_DIR; needs a mirror of Debian 12 in apt's sources.
set -euo pipefail
source_dir=$1 bin=$2
if ! command -v apt-get >/dev/null || ! apt-get --no-release-info indextargets --format '$(RELEASE)' 'Created-By: Packages' | grep -q '^bookworm$'; then
  [ "${COW_REQUIRE_TOOLS:-}" = 1 ] && { echo "FAILED: apt has no source for bookworm" >&2; exit 1; }
  echo "SKIPPED: apt has no source for bookworm"
  exit 0
fi
root=$(mktemp -d)
trap 'chmod -R u+rwx "$root" && rm -rf "$root"' EXIT
cp -r "$source_dir/tests/interop/debian_libraries" "$root/ws"
rm -rf "$root/ws/cow-out" "$root/ws/cow-bin"
cd "$root/ws"
"$bin/cow" test -k //... --test_timeout=120 --cache_dir="$root/cache"

"$bin/cow" build -k //:all --platforms=@cow//platforms:linux_arm64 --cache_dir="$root/cache"
programs=(cow-out/linux_arm64-fastbuild/bin/*_test)
[ ${#programs[@]} -ge 30 ] || { echo "FAILED: only ${#programs[@]} programs" >&2; exit 1; }
for program in "${programs[@]}"; do
  # e_machine of the ELF header: 183 is AArch64.
  [ "$(od -An -tu2 -j18 -N2 "$program" | tr -d ' ')" = 183 ] || { echo "FAILED: $program is not for arm64" >&2; exit 1; }
done
echo "${#programs[@]} programs for both architectures"
