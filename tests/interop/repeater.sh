#!/usr/bin/env bash
# The main job, end to end, for both architectures, judged by the tools its users have: skopeo, umoci, chroot + curl, dpkg,
# lintian, readelf; and by a client of gRPC.
# usage: repeater.sh SOURCE_DIR BIN_DIR
set -euo pipefail
source_dir=$1 bin=$2
fail() { echo "FAILED: $*" >&2; exit 1; }
skipped=0
have() {
  command -v "$1" >/dev/null && return 0
  [ "${COW_REQUIRE_TOOLS:-}" = 1 ] && fail "$1 is missing and COW_REQUIRE_TOOLS=1"
  echo "SKIPPED: $1 is not installed: $2 was not checked"
  skipped=$((skipped + 1))
  return 1
}

root=$(mktemp -d)
server=
cleanup() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  chmod -R u+rwx "$root" && rm -rf "$root"
}
trap cleanup EXIT
export COW_CACHE_DIR=${COW_TEST_CACHE:-$root/cache}
cp -r "$source_dir/examples/cowabunga" "$root/ws"
rm -rf "$root/ws/cow-out" "$root/ws/cow-bin"
cd "$root/ws"
cow() { "$bin/cow" "$@"; }
out=cow-bin/packages/repeater

foreign=cow-out/linux_arm64-fastbuild/bin/packages/repeater
declare -A outputs=([amd64]=$out [arm64]=$foreign) machines=([amd64]=X86-64 [arm64]=AArch64)

echo "== image, Debian package and bundle for both architectures by one command"
cow build //packages/repeater:everywhere
out_of_one=cow-out/linux_amd64-fastbuild/bin/packages/repeater
for made in "$out_of_one" "$foreign"; do
  ls "$made"/zarf-package-repeater-*.tar.zst "$made"/repeater_*.deb "$made/image/index.json" >/dev/null || fail "not all of it in $made"
done
cow build //packages/repeater:all

# The Zarf package of architecture $1, as it is checked when it is loaded and deployed; its image goes to $root/$1/image:run.
check_bundle() {
  local package=${outputs[$1]}/zarf-package-repeater-$1-0.14.0.tar.zst dir=$root/$1/zarf ref shown
  "$bin/cow-pack" zarf-verify "$package"
  have zstd "the package's archive" || return 0
  mkdir -p "$dir"
  zstd -dqc "$package" | tar -x -C "$dir"
  (cd "$dir" && awk '{print $1 "  " $2}' checksums.txt | sha256sum --quiet -c -)
  grep -q "aggregateChecksum: \"\\?$(sha256sum < "$dir/checksums.txt" | cut -d' ' -f1)" "$dir/zarf.yaml" || fail "aggregateChecksum"
  grep -q "architecture: \"\\?$1" "$dir/zarf.yaml" || fail "zarf.yaml does not say $1"
  ref=$(grep -o 'ghcr.io/[^"]*repeater:[^"]*' "$dir/zarf.yaml" | head -1)
  echo "the image in it: $ref"
  have skopeo "the image" || return 0
  shown=$(skopeo inspect --override-arch "$1" --format '{{.Architecture}}' "oci:$dir/images:$ref") || fail "skopeo cannot read $ref"
  [ "$shown" = "$1" ] || fail "the image of the package for $1 is for $shown"
  skopeo copy -q --override-arch "$1" "oci:$dir/images:$ref" "oci:$root/$1/image:run"
}

ask_http() { curl -sf "http://127.0.0.1:$port/v1/$1" -H 'Content-Type: application/json' -d "$2"; }
ask_grpc() { cow run -q //packages/repeater:repeater_client -- --address "127.0.0.1:$grpc_port" "$@"; }
expect() { [ "$2" = "$3" ] || fail "$1: '$2', not '$3': $(cat "$root/log")"; }

# Asks everything of the service on $port and $grpc_port. The answers are the same over both protocols.
question() {
  local messages='"messages":[{"role":"user","content":"moo to you"}]' embedding
  for _ in $(seq 200); do curl -sf "http://127.0.0.1:$port/healthz" >"$root/health" && break; sleep 0.1; done
  [ -s "$root/health" ] || fail "no answer from /healthz: $(cat "$root/log")"
  ask_http chat/completions '{"model":"repeater",'"$messages"'}' | grep -q 'moo to you' || fail "no echo"
  ask_http chat/completions '{"model":"repeater","stream":true,'"$messages"'}' > "$root/stream"
  grep -q 'data: \[DONE\]' "$root/stream" || fail "the stream does not end in [DONE]: $(cat "$root/stream")"
  expect name "$(ask_grpc name)" repeater
  expect chat "$(ask_grpc chat "moo to you")" "moo to you"
  expect chat-stream "$(ask_grpc chat-stream "moo to you" | tr -d '\n')" "moo to you"
  expect complete "$(ask_grpc complete "moo to you")" "moo to you"
  expect complete-stream "$(ask_grpc complete-stream "moo to you" | wc -l)" 4
  expect count "$(ask_grpc count "moo to you")" 3
  printf 'the cow said moo' > "$root/audio"
  expect transcribe "$(ask_grpc transcribe "$root/audio")" "the cow said moo"
  expect transcribe-stream "$(ask_grpc transcribe-stream "$root/audio")" "the cow said moo"
  embedding=$(ask_http embeddings '{"model":"repeater","input":"moo"}' |
    python3 -c 'import json, sys; print(*("%.4f" % x for x in json.load(sys.stdin)["data"][0]["embedding"]))')
  # shellcheck disable=SC2086
  expect embed "$(printf '%.4f ' $(ask_grpc embed moo))" "$embedding "
  ask_grpc --model other count moo 2>"$root/refused" && fail "another model was taken"
  grep -q "the model 'other' does not exist, this server has 'repeater' (gRPC status 5)" "$root/refused" || fail "$(cat "$root/refused")"
}

# Starts the image of architecture $1 where the kernel allows it, with the command before its program that is the rest.
check_service() {
  local architecture=$1 bundle=$root/$1/bundle entrypoint
  shift
  have umoci "the image's layers" && [ -d "$root/$architecture/image" ] || return 0
  umoci unpack --rootless --image "$root/$architecture/image:run" "$bundle" 2>/dev/null ||
    umoci unpack --image "$root/$architecture/image:run" "$bundle"
  if [ "$(id -u)" != 0 ]; then
    echo "SKIPPED: not root: the service was not started in its image"
    skipped=$((skipped + 1))
    return 0
  fi
  have curl "the running service" || return 0
  [ $# = 0 ] || cp "$emulator" "$bundle/rootfs/emulator"
  port=$((10000 + RANDOM % 10000)) grpc_port=$((port + 10000))
  entrypoint=$(python3 -c 'import json,sys; print(" ".join(json.load(open(sys.argv[1]))["process"]["args"][:3]))' "$bundle/config.json")
  # shellcheck disable=SC2086
  chroot "$bundle/rootfs" "$@" $entrypoint --port "$port" --grpc-port "$grpc_port" >"$root/log" 2>&1 &
  server=$!
  question
  kill "$server"
  wait "$server" || fail "the service did not end cleanly on SIGTERM"
  server=
}

# The Debian package of architecture $1.
check_deb() {
  local deb program=$root/$1/deb/usr/bin/repeater
  deb=$(ls "${outputs[$1]}"/repeater_*_"$1".deb)
  if have lintian "the Debian package's policy"; then
    lintian --allow-root --fail-on error,warning "$deb" || fail "lintian"
  fi
  have dpkg-deb "the Debian package's content" || return 0
  [ "$(dpkg-deb -f "$deb" Architecture)" = "$1" ] || fail "the package is not for $1"
  dpkg-deb -f "$deb" Depends | grep -q 'libgrpc++1.51 (>= ' || fail "Depends: $(dpkg-deb -f "$deb" Depends)"
  mkdir -p "$root/$1/deb"
  dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$root/$1/deb"
  if have readelf "the program's architecture"; then
    readelf -h "$program" > "$root/header"
    grep -q "Machine: .*${machines[$1]}" "$root/header" || fail "the program is not for $1: $(cat "$root/header")"
  fi
}

cow build -q //toolchains:gcc_arm64_runtime
emulator=cow-bin/toolchains/gcc_arm64_runtime/usr/bin/qemu-aarch64-static
for architecture in amd64 arm64; do
  echo "== $architecture: the Zarf package"
  check_bundle "$architecture"
  echo "== $architecture: the Debian package"
  check_deb "$architecture"
  echo "== $architecture: the service answers HTTP and gRPC"
  if [ "$architecture" = amd64 ]; then check_service amd64; else check_service arm64 /emulator; fi
done

echo "== the index of both images"
if have skopeo "the image index"; then
  for architecture in amd64 arm64; do
    shown=$(skopeo inspect --override-arch "$architecture" --format '{{.Architecture}}' "oci:$out/index")
    [ "$shown" = "$architecture" ] || fail "the index gives $shown for $architecture"
  done
fi

echo "== installing and purging the Debian package"
if [ "$(id -u)" = 0 ] && have dpkg "installation"; then
  deb=$(ls $out/*.deb)
  target=$root/target
  mkdir -p "$target"/var/lib/dpkg/{info,updates,triggers}
  touch "$target/var/lib/dpkg/status"
  flags=(--root="$target" --log=/dev/null --force-depends --force-script-chrootless)
  dpkg "${flags[@]}" -i "$deb" >/dev/null 2>"$root/dpkg.log" || fail "dpkg -i: $(cat "$root/dpkg.log")"
  name=$(dpkg-deb -f "$deb" Package)
  dpkg --root="$target" --verify "$name" || fail "dpkg --verify"
  dpkg "${flags[@]}" -P "$name" >/dev/null 2>"$root/dpkg.log" || fail "dpkg -P: $(cat "$root/dpkg.log")"
  left=$(find "$target" -path "$target/var/lib/dpkg" -prune -o \( -type f -o -type l \) -print)
  [ -z "$left" ] || fail "purging left: $left"
fi

echo "== nothing changed: nothing runs"
cow build //packages/repeater:all 2>&1 | tail -1 | tee "$root/second"
grep -q ', 0 actions run,' "$root/second" || fail "the second build ran actions"
find packages -type f -exec touch {} +
cow build //packages/repeater:all 2>&1 | tail -1 | tee "$root/second"
grep -q ', 0 actions run,' "$root/second" || fail "touching the sources ran actions"

echo "== a comment in a header: compiles only"
header=packages/repeater/src/config.h
cp "$header" "$root/header"
echo '// a comment' >> "$header"
cow build --progress=no //packages/repeater:all 2>&1 | tee "$root/third" | tail -1
grep -q '\] Compiling' "$root/third" || fail "no compile ran"
! grep -E '^\[' "$root/third" | grep -qv '\] Compiling' || fail "more than compiles ran"
cp "$root/header" "$header"
cow build //packages/repeater:all 2>&1 | tail -1 | tee "$root/second"
grep -q ', 0 actions run,' "$root/second" || fail "reverting the edit ran actions"

echo "repeater: all checks passed, $skipped skipped"
