#!/usr/bin/env python3
"""Writes a workspace of many packages, to measure loading and analysis.

    generate.py DIRECTORY [--packages 10000] [--targets 10]

Every package loads a macro from //build:defs.bzl, which makes `targets` rule targets out of one call: a chain, whose first
two members also depend on the last targets of up to three packages before it. Each has one source file and declares one
action; providers carry a depset of all files below. No globs. Names do not depend on anything but the two numbers.
"""
import argparse
import pathlib

DEFS = '''"""One rule and one macro."""

PartInfo = provider(doc = "What a part is made of.", fields = {"files": "depset of files", "depth": "length of the longest chain"})

def _part_impl(ctx):
    output = ctx.actions.declare_file(ctx.label.name + ".part")
    below = [dep[PartInfo] for dep in ctx.attr.deps]
    files = depset([output], transitive = [info.files for info in below])
    arguments = ctx.actions.args()
    arguments.add("-o", output)
    arguments.add_all(ctx.files.srcs)
    arguments.add_all(files, format_each = "--below=%s")
    ctx.actions.run(
        outputs = [output],
        inputs = depset(ctx.files.srcs, transitive = [info.files for info in below]),
        executable = ctx.file._tool,
        arguments = [arguments],
        mnemonic = "Part",
    )
    return [
        DefaultInfo(files = depset([output])),
        PartInfo(files = files, depth = 1 + max([info.depth for info in below] + [0])),
    ]

part = rule(
    implementation = _part_impl,
    attrs = {
        "srcs": attr.label_list(allow_files = True),
        "deps": attr.label_list(providers = [PartInfo]),
        "level": attr.int(default = 0),
        "labels": attr.string_list(),
        "_tool": attr.label(default = "//build:tool", allow_single_file = True, cfg = "exec"),
    },
)

def parts(name, count, deps = [], srcs = [], **kwargs):
    """`count` parts: name0 .. and a last one called `name`."""
    labels = kwargs.pop("labels", []) + ["of:" + name]
    for i in range(count):
        last = i == count - 1
        part(
            name = name if last else name + str(i),
            srcs = srcs,
            deps = ([":" + name + str(i - 1)] if i else []) + (deps if i < 2 else []),
            level = i,
            labels = labels + ["level%d" % i],
            visibility = ["//visibility:public"],
            **kwargs
        )
'''


def package_path(number):
    return f"p{number // 100:03}/q{number % 100:02}"


def build_file(number, targets):
    before = sorted({number - 1, number // 2, number - number % 100 - 1} & set(range(number)))
    deps = "".join(f'        "//{package_path(n)}:{package_path(n).split("/")[1]}",\n' for n in before)
    name = package_path(number).split("/")[1]
    return (f'load("//build:defs.bzl", "parts")\n\nparts(\n    name = "{name}",\n    count = {targets},\n    srcs = ["source.txt"],\n'
            f'    labels = ["generated", "package{number}"],\n    deps = [\n{deps}    ],\n)\n')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--packages", type=int, default=10000)
    parser.add_argument("--targets", type=int, default=10)
    args = parser.parse_args()
    (args.directory / "build").mkdir(parents=True)
    (args.directory / "WORKSPACE.cow").write_text("")
    (args.directory / "build/BUILD.bazel").write_text('exports_files(["tool"])\n')
    (args.directory / "build/defs.bzl").write_text(DEFS)
    (args.directory / "build/tool").write_text("not run: the workspace is only loaded and analysed\n")
    for number in range(args.packages):
        folder = args.directory / package_path(number)
        folder.mkdir(parents=True)
        (folder / "BUILD.bazel").write_text(build_file(number, args.targets))
        (folder / "source.txt").write_text(f"{number}\n")


main()
