"""The repositories that Bazel 4 fetches from the network before it compiles C: stand-ins, so that it need not.

Each has what the files in Bazel's @bazel_tools, and abseil's BUILD files, load from it, and no more: Bazel 4 has the
rules themselves built in, so the names are only passed on, and what is measured is Bazel's own.
"""
import pathlib
import re
import subprocess

from workload import write

SELECTS = pathlib.Path(__file__).resolve().parents[3] / "rules/compat/bazel_skylib/lib/selects.bzl"
CC_RULES = ["cc_binary", "cc_import", "cc_library", "cc_proto_library", "cc_test", "cc_toolchain", "cc_toolchain_suite",
            "objc_library"]
JAVA_RULES = ["java_binary", "java_import", "java_library", "java_proto_library", "java_runtime", "java_toolchain"]

# Debian's own platforms know no wasm, which abseil asks about.
CPUS = ["aarch64", "arm", "arm64_32", "arm64e", "armv7", "armv7k", "mips64", "ppc", "riscv64", "s390x", "wasm32", "wasm64",
        "x86_32", "x86_64"]
SYSTEMS = ["android", "freebsd", "ios", "linux", "macos", "none", "openbsd", "qnx", "tvos", "watchos", "windows"]
ALIASES = {"arm64": "aarch64", "i386": "x86_32", "osx": "macos"}


def passed_on(rules):
    return "".join(f"{rule} = native.{rule}\n" for rule in rules)


def constraints(setting, values):
    aliases = {name: actual for name, actual in ALIASES.items() if actual in values}
    return ('package(default_visibility = ["//visibility:public"])\n\n'
            f'constraint_setting(name = "{setting}")\n\n'
            f'[constraint_value(name = name, constraint_setting = ":{setting}") for name in {values}]\n\n'
            f"[alias(name = name, actual = actual) for name, actual in {aliases}.items()]\n")


def files():
    """Repository -> path -> text."""
    return {"rules_cc": {"cc/BUILD": "", "cc/defs.bzl": passed_on(CC_RULES)},
            "rules_java": {"java/BUILD": "", "java/defs.bzl": passed_on(JAVA_RULES)},
            "bazel_skylib": {"lib/BUILD": "", "lib/selects.bzl": SELECTS.read_text()},
            "platforms": {"BUILD": "", "cpu/BUILD": constraints("cpu", CPUS), "os/BUILD": constraints("os", SYSTEMS)}}


def write_all(folder):
    for name, contents in files().items():
        write(folder, f"{name}/WORKSPACE", f'workspace(name = "{name}")\n')
        for path, text in contents.items():
            write(folder, f"{name}/{path}", text)


def overrides(folder, program):
    """Name -> folder of the stand-ins for this Bazel; none from version 5 on, which wants others. Debian's has no number."""
    version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    number = re.match(r"bazel (\d+)\.", version)
    return {} if number and int(number[1]) > 4 else {name: str(pathlib.Path(folder, name)) for name in files()}
