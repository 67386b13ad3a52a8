#!/usr/bin/env python3
"""Builds Debian's abseil with the flags of a sanitizer preset, into build/PRESET-abseil, where the preset looks first.

    tests/sanitizers/abseil.py asan|tsan

Debian's own archives are not instrumented: its absl::Mutex is no synchronisation to the thread sanitizer, and what its
containers mark as unused, the address sanitizer never hears of. The source is that of the package the other presets use,
pinned by its sha256, so it has the same options and layouts (docs/adr/0003-abseil-string-view.md).
"""
import json
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
sys.dont_write_bytecode = True

import debian_sources  # noqa: E402

SOURCES = ROOT / "tests/interop/bazel_projects/sources.txt"
STANDARD = "17"  # as Debian builds it


def flags_of(preset):
    presets = json.loads((ROOT / "CMakePresets.json").read_text())["configurePresets"]
    return next(entry for entry in presets if entry["name"] == preset)["cacheVariables"]["CMAKE_CXX_FLAGS"]


def pinned():
    return "\n".join(line for line in SOURCES.read_text().splitlines() if line.startswith("abseil "))


def build(place, flags):
    description = debian_sources.fetch(SOURCES, ["abseil"], place / "pool")
    shutil.rmtree(place / "source", ignore_errors=True)
    debian_sources.unpack(description, place / "source")
    launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
    quiet = {"check": True, "stdout": subprocess.DEVNULL}
    subprocess.run(["cmake", "-S", str(place / "source"), "-B", str(place / "objects"), "-G", "Ninja", "-DBUILD_TESTING=OFF",
                    "-DABSL_BUILD_TESTING=OFF", "-DABSL_PROPAGATE_CXX_STD=ON", f"-DCMAKE_CXX_STANDARD={STANDARD}", f"-DCMAKE_CXX_FLAGS=-g {flags}",
                    f"-DCMAKE_INSTALL_PREFIX={place}/installed", "-DCMAKE_INSTALL_LIBDIR=lib", *launcher], **quiet)
    subprocess.run(["ninja", "-C", str(place / "objects"), "--quiet", "-j2", "install"], **quiet)


def main():
    preset = sys.argv[1]
    flags = flags_of(preset)
    place = ROOT / "build" / f"{preset}-abseil"
    stamp = place / "made_of"
    made_of = f"{pinned()}\n{STANDARD} {flags}\n"
    if stamp.exists() and stamp.read_text() == made_of:
        return
    print(f"building abseil for {preset}", flush=True)
    try:
        build(place, flags)
    except debian_sources.Unavailable as error:
        sys.exit(f"error: {error}")
    # A build folder that was configured before has found another abseil.
    for name in ("CMakeCache.txt", "build.ninja"):
        (ROOT / "build" / preset / name).unlink(missing_ok=True)
    stamp.write_text(made_of)


main()
