#!/usr/bin/env bash
# The main job, end to end, judged by the tools its users have: skopeo, umoci, chroot + curl, dpkg, lintian.
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
export COW_CACHE_DIR=$root/cache
cp -r "$source_dir/examples/cowabunga" "$root/ws"
rm -rf "$root/ws/cow-out" "$root/ws/cow-bin"
cd "$root/ws"
cow() { "$bin/cow" "$@"; }
out=cow-bin/packages/repeater

cow build //packages/repeater:all
package=$out/zarf-package-repeater-amd64-0.14.0.tar.zst
[ -f "$package" ] || fail "no $package"

echo "== the Zarf package: load-time and deploy-time checks"
"$bin/cow-pack" zarf-verify "$package"
mkdir "$root/zarf"
if have zstd "the package's archive"; then
  zstd -dqc "$package" | tar -x -C "$root/zarf"
  (cd "$root/zarf" && awk '{print $1 "  " $2}' checksums.txt | sha256sum --quiet -c -)
  grep -q "aggregateChecksum: \"\\?$(sha256sum < "$root/zarf/checksums.txt" | cut -d' ' -f1)" "$root/zarf/zarf.yaml" || fail "aggregateChecksum"
  ref=$(grep -o 'ghcr.io/[^"]*repeater:[^"]*' "$root/zarf/zarf.yaml" | head -1)

  echo "== the image in it: $ref"
  if have skopeo "the image"; then
    skopeo inspect "oci:$root/zarf/images:$ref" >/dev/null || fail "skopeo cannot read $ref"
    skopeo copy -q "oci:$root/zarf/images:$ref" "oci:$root/image:run"
  fi
  if have umoci "the image's layers" && [ -d "$root/image" ]; then
    umoci unpack --rootless --image "$root/image:run" "$root/bundle" 2>/dev/null || umoci unpack --image "$root/image:run" "$root/bundle"
    if [ "$(id -u)" = 0 ] && have curl "the running service"; then
      port=$((20000 + RANDOM % 20000))
      entrypoint=$(python3 -c 'import json,sys; print(" ".join(json.load(open(sys.argv[1]))["process"]["args"][:1]))' "$root/bundle/config.json")
      chroot "$root/bundle/rootfs" "$entrypoint" --port "$port" >"$root/log" 2>&1 &
      server=$!
      for _ in $(seq 50); do curl -sf "http://127.0.0.1:$port/healthz" >"$root/health" && break; sleep 0.1; done
      [ -s "$root/health" ] || fail "no answer from /healthz: $(cat "$root/log")"
      echo "healthz: $(cat "$root/health")"
      answer=$(curl -sf "http://127.0.0.1:$port/v1/chat/completions" -H 'Content-Type: application/json' \
        -d '{"model":"repeater","messages":[{"role":"user","content":"moo to you"}]}')
      grep -q 'moo to you' <<<"$answer" || fail "no echo: $answer"
      stream=$(curl -sfN "http://127.0.0.1:$port/v1/chat/completions" -H 'Content-Type: application/json' \
        -d '{"model":"repeater","stream":true,"messages":[{"role":"user","content":"moo"}]}')
      grep -q 'data: \[DONE\]' <<<"$stream" || fail "the stream does not end in [DONE]: $stream"
      kill "$server"
      wait "$server" || fail "the service did not end cleanly on SIGTERM"
      server=
    elif [ "$(id -u)" != 0 ]; then
      echo "SKIPPED: not root: the service was not started in its image"
      skipped=$((skipped + 1))
    fi
  fi
fi

echo "== the Debian package"
deb=$(ls $out/*.deb)
if have lintian "the Debian package's policy"; then
  lintian --allow-root --fail-on error,warning "$deb" || fail "lintian"
fi
if [ "$(id -u)" = 0 ] && have dpkg "installation"; then
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

echo "== the same for arm64, made by the same command"
foreign=cow-out/linux_arm64-fastbuild/bin/packages/repeater
"$bin/cow-pack" zarf-verify "$foreign/zarf-package-repeater-arm64-0.14.0.tar.zst"
if have dpkg-deb "the program for arm64"; then
  mkdir "$root/foreign"
  dpkg-deb --fsys-tarfile "$foreign"/repeater_*_arm64.deb | tar -x -C "$root/foreign"
  [ "$(od -An -tu2 -j18 -N2 "$root/foreign/usr/bin/repeater" | tr -d ' ')" = 183 ] || fail "the program is not for arm64"
  [ "$(dpkg-deb -f "$foreign"/repeater_*_arm64.deb Architecture)" = arm64 ] || fail "the package is not for arm64"
fi
if have lintian "the policy of the package for arm64"; then
  lintian --allow-root --fail-on error,warning "$foreign"/repeater_*_arm64.deb || fail "lintian"
fi
if have skopeo "the image index"; then
  for architecture in amd64 arm64; do
    shown=$(skopeo inspect --override-arch "$architecture" --format '{{.Architecture}}' "oci:$out/index")
    [ "$shown" = "$architecture" ] || fail "the index gives $shown for $architecture"
  done
fi
if [ "$(id -u)" = 0 ] && have umoci "the image for arm64" && have curl "the service for arm64"; then
  skopeo copy -q --override-arch arm64 "oci:$out/index" "oci:$root/foreign-image:run"
  umoci unpack --image "$root/foreign-image:run" "$root/foreign-bundle"
  cow build -q //toolchains:gcc_arm64_runtime
  cp cow-bin/toolchains/gcc_arm64_runtime/usr/bin/qemu-aarch64-static "$root/foreign-bundle/rootfs/emulator"
  port=$((20000 + RANDOM % 20000))
  chroot "$root/foreign-bundle/rootfs" /emulator /usr/bin/repeater --config /etc/repeater/config.json --port "$port" >"$root/log" 2>&1 &
  server=$!
  for _ in $(seq 100); do curl -sf "http://127.0.0.1:$port/healthz" >"$root/health" && break; sleep 0.1; done
  answer=$(curl -sf "http://127.0.0.1:$port/v1/chat/completions" -H 'Content-Type: application/json' \
    -d '{"model":"repeater","messages":[{"role":"user","content":"moo to you"}]}' || true)
  grep -q 'moo to you' <<<"$answer" || fail "no echo from arm64: $answer $(cat "$root/log")"
  kill "$server"
  wait "$server" || true
  server=
fi

echo "== nothing changed: nothing runs"
cow build //packages/repeater:all 2>&1 | tail -1 | tee "$root/second"
grep -q ', 0 actions run,' "$root/second" || fail "the second build ran actions"
find packages -type f -exec touch {} +
cow build //packages/repeater:all 2>&1 | tail -1 | tee "$root/second"
grep -q ', 0 actions run,' "$root/second" || fail "touching the sources ran actions"

echo "== a comment in a header: compiles only"
header=$(ls packages/repeater/src/*.h | head -1)
cp "$header" "$root/header"
echo '// a comment' >> "$header"
cow build --progress=no //packages/repeater:all 2>&1 | tee "$root/third" | tail -1
grep -q '\] Compiling' "$root/third" || fail "no compile ran"
! grep -E '^\[' "$root/third" | grep -qv '\] Compiling' || fail "more than compiles ran"
cp "$root/header" "$header"
cow build //packages/repeater:all 2>&1 | tail -1 | tee "$root/second"
grep -q ', 0 actions run,' "$root/second" || fail "reverting the edit ran actions"

echo "repeater: all checks passed, $skipped skipped"
