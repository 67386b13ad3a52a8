#!/usr/bin/env bash
# Foreign tools judge the formats cow-pack writes: skopeo and umoci the images, dpkg and lintian the packages.
# usage: pack_interop.sh SOURCE_DIR BIN_DIR
set -euo pipefail
bin=$2
pack=$bin/cow-pack
fail() { echo "FAILED: $*" >&2; exit 1; }
skipped=0
# helm and uds-cli are in no Debian package: their absence is said loudly, but is no failure.
have() {
  command -v "$1" >/dev/null && return 0
  case $1 in helm | uds-cli) COW_REQUIRE_TOOLS=0 ;; esac
  [ "${COW_REQUIRE_TOOLS:-}" = 1 ] && fail "$1 is missing and COW_REQUIRE_TOOLS=1"
  echo "SKIPPED: $1 is not installed: $2 was not checked"
  skipped=$((skipped + 1))
  return 1
}
[ -x "$pack" ] || fail "no $pack"

work=$(mktemp -d)
trap 'chmod -R u+rwx "$work"; rm -rf "$work"' EXIT
cd "$work"

# --- inputs -------------------------------------------------------------------------------------------------------
cat >changelog <<'END'
cow-demo (1.2.3-2) bookworm; urgency=medium

  * Greet in a friendlier way.

 -- cow maintainers <maintainers@cow.example.org>  Wed, 08 Jan 2025 00:00:00 +0000

cow-demo (1.2.3-1) bookworm; urgency=medium

  * First release.

 -- cow maintainers <maintainers@cow.example.org>  Wed, 01 Jan 2025 00:00:00 +0000
END
cat >copyright <<'END'
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: cow-demo
Source: https://github.com/cow/demo

Files: *
Copyright: 2025 cow maintainers <maintainers@cow.example.org>
License: Apache-2.0
 On Debian systems the full text is in /usr/share/common-licenses/Apache-2.0.
END
cat >cow-demo.1 <<'END'
.TH COW-DEMO 1 "January 2025" "cow-demo 1.2.3" "User Commands"
.SH NAME
cow-demo \- say hello
.SH SYNOPSIS
.B cow-demo
.SH DESCRIPTION
Prints a greeting and exits.
END
cat >cow-demo.service <<'END'
[Unit]
Description=Demo of a packaged service
Documentation=man:cow-demo(1)

[Service]
Type=oneshot
ExecStart=/usr/bin/cow-demo

[Install]
WantedBy=multi-user.target
END
echo 'cow-demo: package-supports-alternative-init-but-no-init.d-script [lib/systemd/system/cow-demo.service]' >overrides
echo 'greeting=hello' >cow-demo.conf

compiled=no
if have gcc "everything that needs a program of this machine"; then
  printf '#include <stdio.h>\nint main(void) { puts("hello from cow-demo"); return 0; }\n' >main.c
  flags="-O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE -ffile-prefix-map=$PWD=."
  gcc $flags -pie -Wl,-z,relro,-z,now main.c -o dynamic
  gcc -O2 -static main.c -o static
  strip --strip-unneeded --remove-section=.comment --remove-section=.note dynamic static
  compiled=yes
else
  printf '#!/bin/sh\necho hello from cow-demo\n' >static
  chmod 755 static
fi

# --- images -------------------------------------------------------------------------------------------------------
echo "== image layout"
"$pack" layer --out base.blob --meta base.json --standard-root --usrmerge-links --user app:1000:1000:/home/app
"$pack" layer --out app.blob --meta app.json --file /bin/cow-demo=static --mode /bin/cow-demo=0755 \
  --symlink /usr/local/bin/demo=/usr/bin/cow-demo --dir /var/lib/demo --owner /var/lib/demo=1000:1000
image() {
  "$pack" image --out "$1" --layer base.blob=base.json --layer app.blob=app.json --arch "$2" --entrypoint /bin/cow-demo \
    --env PATH=/usr/bin:/bin --user 1000:1000 --label org.opencontainers.image.title=demo --expose 8080 \
    --ref ghcr.io/cow/demo:1.2
}
image layout amd64
image again amd64
diff -r layout again || fail "the image is not reproducible"
"$pack" oci-verify layout
"$pack" image --out derived --base layout --layer app.blob=app.json --arch amd64 --cmd x --ref ghcr.io/cow/derived:1
"$pack" oci-verify derived
image arm arm64
"$pack" image-index --out multi --image layout --image arm --ref ghcr.io/cow/demo:1.2
"$pack" oci-verify multi
"$pack" image-tar --layout layout --out image.tar
"$pack" layer --out zstd.blob --meta zstd.json --compression zstd --file /x=copyright
if have skopeo "layouts and loadable tars"; then
  skopeo inspect oci:layout:1.2 >/dev/null
  skopeo copy -q oci:layout:1.2 oci:copied:1.2
  [ "$(skopeo inspect --format '{{.Digest}}' oci:layout:1.2)" = "$(skopeo inspect --format '{{.Digest}}' oci:copied:1.2)" ] ||
    fail "the digest changed in a copy"
  skopeo inspect docker-archive:image.tar >/dev/null
  skopeo inspect oci-archive:image.tar:1.2 >/dev/null
  skopeo copy -q docker-archive:image.tar oci:loaded:x
  skopeo --override-arch arm64 inspect oci:multi:1.2 | grep '"arm64"' >/dev/null || fail "the arm64 image is not found in the index"
  skopeo copy -q --all oci:multi:1.2 oci:multi-copied:1.2
fi
if have umoci "diff ids and the run of an unpacked image"; then
  for name in layout:1.2 derived:1; do
    rm -rf bundle
    if [ "$(id -u)" = 0 ]; then umoci unpack --image "$name" bundle 2>/dev/null; else umoci unpack --rootless --image "$name" bundle 2>/dev/null; fi
    [ "$(readlink bundle/rootfs/bin)" = usr/bin ] || fail "$name: /bin is not a link"
    [ "$(stat -c %a bundle/rootfs/tmp)" = 1777 ] || fail "$name: mode of /tmp"
    [ "$(stat -c %a bundle/rootfs/usr)" = 755 ] || fail "$name: mode of /usr"
    if [ "$(id -u)" = 0 ] && [ $compiled = yes ]; then
      [ "$(chroot bundle/rootfs /bin/cow-demo)" = "hello from cow-demo" ] || fail "$name: the program does not run"
    fi
  done
fi

# --- reading .deb files -------------------------------------------------------------------------------------------
echo "== deb-unpack"
if have dpkg-deb "unpacking of packages made by others"; then
  long=source/usr/share/doc/$(printf 'long%.0s' {1..40})
  mkdir -p source/DEBIAN source/usr/bin source/lib/demo $long
  printf 'Package: source\nVersion: 1\nArchitecture: all\nMaintainer: A <a@b.c>\nDescription: x\n' >source/DEBIAN/control
  cp copyright source/usr/bin/a && ln source/usr/bin/a source/usr/bin/b && ln -s a source/usr/bin/c
  cp changelog source/lib/demo/x && ln -s /lib/demo/x source/usr/bin/d && cp copyright $long/file
  for compression in none gzip xz zstd; do
    dpkg-deb --root-owner-group -Z$compression -b source source-$compression.deb >/dev/null
    "$pack" deb-unpack --deb source-$compression.deb --out tree-$compression --control control-$compression --usrmerge-links
    diff -r tree-none tree-$compression || fail "unpacking $compression differs"
  done
  cmp tree-xz/usr/bin/b copyright && cmp tree-xz/usr/bin/d changelog && cmp tree-xz/lib/demo/x changelog
  [ "$(readlink tree-xz/usr/bin/d)" = ../lib/demo/x ] || fail "the absolute link was not rewritten"
  dpkg-deb -x source-xz.deb plain
  "$pack" deb-unpack --deb source-xz.deb --out unmerged --no-usrmerge
  diff -r --no-dereference --exclude d plain unmerged || fail "the tree differs from dpkg-deb's"
fi

# --- writing .deb files -------------------------------------------------------------------------------------------
echo "== deb"
program=static depends=()
if [ $compiled = yes ] && [ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ] && have dpkg-query "computed dependencies"; then
  mkdir -p symbols/libc6
  for file in symbols shlibs; do cp "$(dpkg-query --control-path libc6:amd64 $file)" symbols/libc6/$file; done
  program=dynamic depends=(--shlibs-binary dynamic --symbols-from symbols)
fi
deb() {
  "$pack" deb --out "$1" --package cow-demo --arch amd64 --maintainer 'cow maintainers <maintainers@cow.example.org>' \
    --synopsis 'demonstration of packages made by builds' \
    --extended 'This program prints a greeting. It exists to show that a package made' --extended 'by a build is complete and clean.' \
    --field Section=utils --field Homepage=https://github.com/cow/demo --file usr/bin/cow-demo=$program --mode usr/bin/cow-demo=0755 \
    --file etc/cow-demo.conf=cow-demo.conf --changelog changelog --copyright copyright --man cow-demo.1 \
    --systemd-unit cow-demo.service --lintian-overrides overrides ${depends[@]+"${depends[@]}"} "${@:2}"
}
name=cow-demo_1.2.3-2_amd64.deb
mkdir gz && deb $name && deb again.deb && deb gz/$name --compression gzip
cmp $name again.deb || fail "the package is not reproducible"
"$pack" deb-unpack --deb $name --out own-tree --control own-control && cmp own-tree/usr/bin/cow-demo $program
if have dpkg-deb "the form of our packages"; then
  for file in $name gz/$name; do
    dpkg-deb -I $file >/dev/null
    dpkg-deb -c $file | grep './usr/bin/cow-demo' >/dev/null || fail "$file: no program"
  done
  [ "$(dpkg-deb -f $name Version)" = 1.2.3-2 ] || fail "Version"
fi
if [ $program = dynamic ] && have dpkg-shlibdeps "computed dependencies"; then
  mkdir debian && printf 'Source: x\nPackage: cow-demo\nArchitecture: any\n' >debian/control
  expected=$(dpkg-shlibdeps -O dynamic 2>/dev/null | sed 's/^shlibs:Depends=//')
  actual=$(dpkg-deb -f $name Depends)
  [ "$actual" = "$expected" ] || fail "Depends is '$actual', dpkg-shlibdeps says '$expected'"
fi
if [ "$(id -u)" = 0 ] && have dpkg "installing our package"; then
  mkdir -p root/var/lib/dpkg/{info,updates,triggers} && : >root/var/lib/dpkg/status
  dpkg --root="$PWD/root" --log=/dev/null --force-depends --force-script-chrootless -i $name >/dev/null 2>&1
  dpkg --root="$PWD/root" --verify cow-demo || fail "dpkg --verify"
  [ -z "$(dpkg --root="$PWD/root" --verify cow-demo)" ] || fail "dpkg --verify found changes"
  dpkg --root="$PWD/root" --log=/dev/null --force-script-chrootless -P cow-demo >/dev/null 2>&1
  [ ! -e root/usr/bin/cow-demo ] && [ ! -e root/etc/cow-demo.conf ] || fail "purge left files"
fi
if [ $program = dynamic ] && have lintian "Debian policy"; then
  tags=$(lintian --allow-root -I --pedantic $name 2>/dev/null) || true
  [ -z "$tags" ] || fail "lintian says: $tags"
fi

# --- charts and Zarf packages -------------------------------------------------------------------------------------
echo "== helm and zarf"
mkdir -p pkg/chart/templates
printf 'apiVersion: v2\nname: demo\nversion: "0.1.0"\ndescription: a demo\n' >pkg/chart/Chart.yaml
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: demo\ndata:\n  greeting: {{ .Values.greeting | quote }}\n' >pkg/chart/templates/map.yaml
echo 'greeting: hello' | tee pkg/chart/values.yaml >pkg/values.yaml
"$pack" helm --chart pkg/chart --out demo-0.1.0.tgz
tar -tzf demo-0.1.0.tgz | grep -x demo/Chart.yaml >/dev/null || fail "the chart has no demo/Chart.yaml"
if have helm "the chart"; then helm lint --strict demo-0.1.0.tgz && helm template r demo-0.1.0.tgz >/dev/null; fi
cat >pkg/zarf.yaml <<'END'
kind: ZarfPackageConfig
metadata:
  name: demo
  version: "###ZARF_PKG_TMPL_VERSION###"
components:
  - name: demo
    required: true
    charts:
      - name: demo
        version: 0.1.0
        namespace: demo
        localPath: chart
        valuesFiles: [values.yaml]
    images:
      - ghcr.io/cow/demo:###ZARF_PKG_TMPL_VERSION###
END
package=zarf-package-demo-amd64-1.2.tar.zst
"$pack" zarf --zarf-yaml pkg/zarf.yaml --out $package --arch amd64 --set version=1.2 --image ghcr.io/cow/demo:1.2=multi
"$pack" zarf-verify $package
if have zstd "the Zarf package's archive"; then
  mkdir unpacked && zstd -dqc $package | tar -x -C unpacked
  (cd unpacked && sed 's/ /  /' checksums.txt | sha256sum --quiet -c -) || fail "checksums.txt"
  grep -q "aggregateChecksum: \"\\?$(sha256sum <unpacked/checksums.txt | cut -d' ' -f1)" unpacked/zarf.yaml || fail "aggregateChecksum"
  if have skopeo "the images of the Zarf package"; then
    skopeo inspect oci:unpacked/images:ghcr.io/cow/demo:1.2 >/dev/null || fail "the image is not found by its full name"
  fi
fi
inspect=(zarf package inspect)
command -v zarf >/dev/null || inspect=(uds-cli zarf package inspect)
if have "${inspect[0]}" "the Zarf package with Zarf itself"; then
  "${inspect[@]}" definition $package >/dev/null && "${inspect[@]}" manifests $package >/dev/null
fi

echo "done, $skipped checks skipped"
