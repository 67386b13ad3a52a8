// AnalyzerTest: AnalysisTest with a few rules in //rules:defs.cow.
#pragma once

#include <string>
#include <string_view>

#include "engine/analysis/analysis_fixture.h"

namespace cow::analysis {

inline constexpr char kRules[] = R"(
Info = provider(fields = ["n"])
def _lib(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".out")
    ctx.actions.write(out, ctx.attr.text)
    extra = ctx.actions.declare_file(ctx.label.name + ".extra")
    ctx.actions.write(extra, "")
    return [
        DefaultInfo(files = depset([out], transitive = [d[DefaultInfo].files for d in ctx.attr.deps])),
        Info(n = 1 + len(ctx.attr.deps)),
        OutputGroupInfo(extra = depset([extra])),
    ]
lib = rule(implementation = _lib, attrs = {
    "srcs": attr.label_list(allow_files = [".txt"]),
    "deps": attr.label_list(providers = [Info]),
    "data": attr.label_list(),
    "one": attr.label(allow_single_file = True),
    "tool": attr.label(executable = True, cfg = "exec"),
    "text": attr.string(default = "t"),
})
def _bad(ctx):
    return 3
def _deep(ctx):
    return [][ctx.attr.n]
bad = rule(implementation = _bad)
deep = rule(implementation = _deep, attrs = {"n": attr.int()})
def _nothing(ctx):
    return []
nothing = rule(implementation = _nothing, attrs = {"deps": attr.label_list(allow_files = True)})
def _named(ctx):
    ctx.actions.write(ctx.outputs.out, "")
    for o in ctx.outputs.outs:
        ctx.actions.write(o, "")
named = rule(implementation = _named, attrs = {"out": attr.output(), "outs": attr.output_list()})
def _dup(ctx):
    out = ctx.actions.declare_file("dup")
    ctx.actions.write(out, ctx.attr.text)
    return [DefaultInfo(files = depset([out]))]
dup = rule(implementation = _dup, attrs = {"text": attr.string()})
def _test(ctx):
    exe = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(exe, "", is_executable = True)
    return [
        DefaultInfo(executable = exe, runfiles = ctx.runfiles(ctx.files.data)),
        RunEnvironmentInfo(environment = {"MY": "env"}),
        ctx.attr.tree[HostTreeInfo],
    ]
my_test = rule(implementation = _test, test = True, attrs = {
    "data": attr.label_list(allow_files = True),
    "tree": attr.label(default = "@cow//sh:tree"),
})
)";

class AnalyzerTest : public AnalysisTest {
 protected:
  void SetUp() override {
    AnalysisTest::SetUp();
    Write("rules/BUILD.cow", "");
    Write("rules/defs.cow", kRules);
  }
  void Build(std::string_view package, std::string_view text) {
    Write(JoinPath(package, "BUILD.cow"),
          "load(\"//rules:defs.cow\", \"Info\", \"bad\", \"deep\", \"dup\", \"lib\", \"my_test\", "
          "\"named\", "
          "\"nothing\")\n" +
              std::string(text));
  }
};

}  // namespace cow::analysis
