#!/usr/bin/env bash
# The platform's workspace, vendored, builds to the same bytes without a network, without a home and without apt.
# usage: air_gap.sh SOURCE_DIR BIN_DIR
set -euo pipefail
source_dir=$1 bin=$2
fail() { echo "FAILED: $*" >&2; exit 1; }
apart=(unshare -n)
[ "$(id -u)" = 0 ] || apart=(unshare -rn)
if ! "${apart[@]}" true 2>/dev/null; then
  [ "${COW_REQUIRE_TOOLS:-}" = 1 ] && fail "cannot unshare the network"
  echo "SKIPPED: this machine does not let us unshare the network"
  exit 0
fi

root=$(mktemp -d)
trap 'chmod -R u+rwx "$root" && rm -rf "$root"' EXIT
cp -r "$source_dir/examples/cowabunga" "$root/ws"
rm -rf "$root/ws/cow-out" "$root/ws/cow-bin"
cd "$root/ws"
digests() {
  python3 -c '
import json, sys
for target in json.load(sys.stdin)["targets"]:
    for file in target["files"]:
        print(target["label"], file["path"], file["sha256"])'
}

"$bin/cow" build //... --json --cache_dir="$root/cache" | digests > "$root/with"
[ -s "$root/with" ] || fail "nothing was built"
"$bin/cow" vendor "$root/vendored" --cache_dir="$root/cache"
"$bin/cow" vendor "$root/vendored" --check --cache_dir="$root/cache"
chmod -R u+rwx "$root/cache" && rm -rf "$root/cache" "$root/ws/cow-out" "$root/ws/cow-bin"
mkdir "$root/home"
env -i PATH="$PATH" HOME="$root/home" APT_CONFIG=/dev/null "${apart[@]}" \
  "$bin/cow" build //... --json --offline --vendor_dir="$root/vendored" --cache_dir="$root/fresh" | digests > "$root/without"
cmp "$root/with" "$root/without" || fail "other bytes"
echo "equal: $(wc -l < "$root/with") files"
