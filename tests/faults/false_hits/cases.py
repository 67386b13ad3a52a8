"""Ways in which compiler caches have given the object of other inputs: each one is a package, and one change of it."""
import dataclasses

MAIN = "#include <stdio.h>\n%s\nint main(void) { %s return 0; }\n"


@dataclasses.dataclass
class Case:
    """A package `name` with a target `t`. `after` is what changes: {file: new content, or None for gone}."""
    name: str
    build: str
    files: dict
    after: dict
    differs: bool = True          # the output must be another one
    prints: tuple = ()            # what the program says before and after
    links: dict = dataclasses.field(default_factory=dict)  # symlinks: path -> target


@dataclasses.dataclass
class Refused:
    """A package whose target must not build, although the same command outside of the sandbox would."""
    name: str
    build: str
    files: dict
    says: str


def program(rest=""):
    return f'cc_binary(name = "t", srcs = ["t.c"]{", " + rest if rest else ""})\n'


def say(declarations, value):
    return MAIN % (declarations, f'printf("%d\\n", (int)({value}));')


INCBIN = '''__asm__(".pushsection .rodata\\n.globl blob\\nblob:\\n.incbin" " \\"%s\\"\\n.byte 0\\n.popsection");
extern const char blob[];'''

# Where gcc looks for the profile of profile_use/t.c in the directory it is told.
PROFILE = "#build#cow-out#linux_amd64-fastbuild#bin#profile_use#_objs#t#t.c.gcda"

CASES = [
    # --- what a dep file does not list
    Case("incbin_split", program('additional_compiler_inputs = ["blob.bin"]'),
         {"t.c": say(INCBIN % "incbin_split/blob.bin", "blob[0]"), "blob.bin": "a"}, {"blob.bin": "b"}, prints=("97", "98")),
    Case("incbin_in_assembler", 'cc_binary(name = "t", srcs = ["t.c", "b.S", "blob.bin.h"])\n',
         {"t.c": say("extern const char blob[];", "blob[0]"), "blob.bin.h": "a",
          "b.S": '.section .rodata\n.globl blob\nblob:\n.incbin "incbin_in_assembler/blob.bin.h"\n.byte 0\n.section .note.GNU-stack,"",%progbits\n'},
         {"blob.bin.h": "b"}, prints=("97", "98")),
    Case("has_include_appears", 'cc_binary(name = "t", srcs = ["t.c"] + glob(["maybe*.h"], allow_empty = True))\n',
         {"t.c": say('#if __has_include("has_include_appears/maybe.h")\n#define V 1\n#else\n#define V 0\n#endif', "V")},
         {"maybe.h": ""}, prints=("0", "1")),
    Case("has_include_vanishes", 'cc_binary(name = "t", srcs = ["t.c"] + glob(["maybe*.h"], allow_empty = True))\n',
         {"t.c": say('#if __has_include("maybe.h")\n#define V 1\n#else\n#define V 0\n#endif', "V"), "maybe.h": ""},
         {"maybe.h": None}, prints=("1", "0")),
    Case("header_added_earlier", 'cc_library(name = "l", hdrs = glob(["one/*.h", "two/*.h"]), includes = ["one", "two"])\n' + program('deps = [":l"]'),
         {"t.c": say("#include <value_added.h>", "VALUE"), "two/value_added.h": "#define VALUE 2\n", "one/other.h": ""},
         {"one/value_added.h": "#define VALUE 1\n"}, prints=("2", "1")),
    Case("header_removed_earlier", 'cc_library(name = "l", hdrs = glob(["one/*.h", "two/*.h"]), includes = ["one", "two"])\n' + program('deps = [":l"]'),
         {"t.c": say("#include <value_removed.h>", "VALUE"), "two/value_removed.h": "#define VALUE 2\n", "one/other.h": "",
          "one/value_removed.h": "#define VALUE 1\n"}, {"one/value_removed.h": None}, prints=("1", "2")),
    Case("header_beside_the_includer", 'cc_library(name = "l", hdrs = glob(["*.h", "in/*.h"], allow_empty = True), includes = ["in"])\n' + program('deps = [":l"]'),
         {"t.c": say('#include "value_beside.h"', "VALUE"), "in/value_beside.h": "#define VALUE 2\n"},
         {"value_beside.h": "#define VALUE 1\n"}, prints=("2", "1")),
    Case("include_next", 'cc_library(name = "l", hdrs = glob(["one/*.h", "two/*.h"]), includes = ["one", "two"])\n' + program('deps = [":l"]'),
         {"t.c": say("#include <value_next.h>", "VALUE"), "one/value_next.h": "#include_next <value_next.h>\n",
          "two/value_next.h": "#define VALUE 2\n"}, {"two/value_next.h": "#define VALUE 3\n"}, prints=("2", "3")),
    Case("system_header", 'cc_library(name = "l", hdrs = ["in/sys.h"], includes = ["in"])\n' + program('deps = [":l"]'),
         {"t.c": say("#include <sys.h>", "VALUE"), "in/sys.h": "#pragma GCC system_header\n#define VALUE 4\n"},
         {"in/sys.h": "#pragma GCC system_header\n#define VALUE 5\n"}, prints=("4", "5")),
    Case("computed_include", 'cc_binary(name = "t", srcs = ["t.c", "a.h", "b.h"], local_defines = ["WHICH=\\\\\\"computed_include/a.h\\\\\\""])\n',
         {"t.c": say("#include WHICH", "VALUE"), "a.h": "#define VALUE 1\n", "b.h": "#define VALUE 2\n"},
         {"a.h": "#define VALUE 3\n"}, prints=("1", "3")),
    # Only before everything else may a header be a precompiled one.
    Case("precompiled_header", 'cc_library(name = "l", hdrs = ["pch.h", "pch.h.gch"])\n' + program('deps = [":l"]'),
         {"t.c": '#include "precompiled_header/pch.h"\n' + say("", "VALUE"), "pch.h": "#define VALUE 1\n", "pch.h.gch": "no header of this compiler"},
         {"pch.h.gch": "another that is none"}, differs=False, prints=("1", "1")),
    Case("precompiled_directory", 'cc_library(name = "l", hdrs = ["pch.h"] + glob(["pch.h.gch/*"]))\n' + program('deps = [":l"]'),
         {"t.c": '#include "precompiled_directory/pch.h"\n' + say("", "VALUE"), "pch.h": "#define VALUE 1\n", "pch.h.gch/c": "none"},
         {"pch.h.gch/cc": "none either"}, differs=False, prints=("1", "1")),
    # --- files that options name
    Case("forced_include", program('additional_compiler_inputs = ["forced.inc"], copts = ["-include", "forced_include/forced.inc"]'),
         {"t.c": say("", "VALUE"), "forced.inc": "#define VALUE 1\n"}, {"forced.inc": "#define VALUE 2\n"}, prints=("1", "2")),
    Case("imacros", program('additional_compiler_inputs = ["forced.inc"], copts = ["-imacros", "imacros/forced.inc"]'),
         {"t.c": say("", "VALUE"), "forced.inc": "#define VALUE 1\n"}, {"forced.inc": "#define VALUE 2\n"}, prints=("1", "2")),
    Case("response_file", program('additional_compiler_inputs = ["flags.txt"], copts = ["@response_file/flags.txt"]'),
         {"t.c": say("", "VALUE"), "flags.txt": "-DVALUE=1\n"}, {"flags.txt": "-DVALUE=2\n"}, prints=("1", "2")),
    Case("specs", program('additional_compiler_inputs = ["my.specs"], copts = ["-specs=specs/my.specs"]'),
         {"t.c": say("", "VALUE"), "my.specs": "*cpp:\n+ -DVALUE=1\n\n"}, {"my.specs": "*cpp:\n+ -DVALUE=2\n\n"}, prints=("1", "2")),
    Case("profile_use", program('additional_compiler_inputs = glob(["*.gcda"]), copts = ["-fprofile-use=profile_use", "-Wno-missing-profile"]'),
         {"t.c": say("", "1"), PROFILE: "none"}, {PROFILE: "none either"}, differs=False, prints=("1", "1")),
    Case("linker_script", program('additional_linker_inputs = ["extra.lds"], linkopts = ["linker_script/extra.lds"]'),
         {"t.c": say("extern char value[];", "(long)value"), "extra.lds": "value = 1;\n"}, {"extra.lds": "value = 2;\n"}),
    Case("version_script", 'cc_binary(name = "t", srcs = ["t.c"], linkshared = True, additional_linker_inputs = ["v.map"], linkopts = ["-Wl,--version-script=version_script/v.map"])\n',
         {"t.c": "int f(void) { return 1; }\nint g(void) { return 2; }\n", "v.map": "{ global: f; local: *; };\n"}, {"v.map": "{ global: g; local: *; };\n"}),
    Case("linker_response_file", program('additional_linker_inputs = ["flags.txt"], linkopts = ["@linker_response_file/flags.txt"]'),
         {"t.c": say("extern char value[];", "(long)value"), "flags.txt": "-Wl,--defsym=value=1\n"}, {"flags.txt": "-Wl,--defsym=value=2\n"}),
    # --- options
    Case("order_of_definitions", program('copts = ["-DV=1", "-UV", "-DV=2"]'), {"t.c": say("", "V")},
         {"BUILD.cow": program('copts = ["-DV=2", "-UV", "-DV=1"]')}, prints=("2", "1")),
    Case("order_of_directories", 'cc_library(name = "l", hdrs = ["one/v.h", "two/v.h"])\n' + program('deps = [":l"], copts = ["-Iorder_of_directories/one", "-Iorder_of_directories/two"]'),
         {"t.c": say("#include <v.h>", "VALUE"), "one/v.h": "#define VALUE 1\n", "two/v.h": "#define VALUE 2\n"},
         {"BUILD.cow": 'cc_library(name = "l", hdrs = ["one/v.h", "two/v.h"])\n' + program('deps = [":l"], copts = ["-Iorder_of_directories/two", "-Iorder_of_directories/one"]')},
         prints=("1", "2")),
    Case("one_argument_or_two", program('copts = ["-DA", "-DB"]'), {"t.c": say("#ifdef B\n#define V 2\n#else\n#define V 1\n#endif", "V")},
         {"BUILD.cow": program('copts = ["-DA=-DB"]')}, prints=("2", "1")),
    Case("recorded_switches", program('copts = ["-frecord-gcc-switches", "-DONE"]'), {"t.c": say("", "1")},
         {"BUILD.cow": program('copts = ["-frecord-gcc-switches", "-DTWO"]')}, prints=("1", "1"), differs=False),
    Case("debug_prefix_map", program('copts = ["-g", "-fdebug-prefix-map=/build=/one"]'), {"t.c": say("", "1")},
         {"BUILD.cow": program('copts = ["-g", "-fdebug-prefix-map=/build=/two"]')}, prints=("1", "1"), differs=False),
    Case("language", 'cc_library(name = "t", srcs = ["t.c"], copts = ["-x", "c"])\n', {"t.c": "int f(void) { return sizeof('a'); }\n"},
         {"BUILD.cow": 'cc_library(name = "t", srcs = ["t.c"], copts = ["-x", "c++"])\n'}),
    Case("whole_archive", 'cc_library(name = "l", srcs = ["l.c"])\n' + program('deps = [":l"]'),
         {"t.c": say("", "1"), "l.c": "int unused_function(void) { return 1; }\n"},
         {"BUILD.cow": 'cc_library(name = "l", srcs = ["l.c"], alwayslink = True)\n' + program('deps = [":l"]')}),
    # --- paths
    Case("dots", 'cc_binary(name = "t", srcs = ["t.c", "a/x.h", "b/y.h"])\n',
         {"t.c": say('#include "a/x.h"', "VALUE"), "a/x.h": '#include "../b/../b/y.h"\n', "b/y.h": "#define VALUE 1\n"},
         {"b/y.h": "#define VALUE 2\n"}, prints=("1", "2")),
    Case("linked_directory", 'cc_library(name = "l", hdrs = glob(["link/*.h"]))\n' + program('deps = [":l"]'),
         {"t.c": say('#include "linked_directory/link/v.h"', "VALUE"), "real1/v.h": "#define VALUE 1\n", "real2/v.h": "#define VALUE 2\n"},
         {"link": ("link", "real2")}, prints=("1", "2"), links={"link": "real1"}),
    Case("linked_header", 'cc_binary(name = "t", srcs = ["t.c", "v.h"])\n',
         {"t.c": say('#include "v.h"', "VALUE"), "real1.txt": "#define VALUE 1\n", "real2.txt": "#define VALUE 2\n"},
         {"v.h": ("link", "real2.txt")}, prints=("1", "2"), links={"v.h": "real1.txt"}),
    Case("behind_a_link", 'cc_binary(name = "t", srcs = ["t.c", "v.h"])\n',
         {"t.c": say('#include "v.h"', "VALUE"), "real.txt": "#define VALUE 1\n"},
         {"real.txt": "#define VALUE 2\n"}, prints=("1", "2"), links={"v.h": "real.txt"}),
    # Row 39: equal bytes in two directories, told apart by where they lie.
    Case("equal_headers", 'cc_binary(name = "t", srcs = ["t.c", "a/c.h", "b/c.h", "a/sub.h", "b/sub.h"])\n',
         {"t.c": say('#include "a/c.h"\n#include "b/c.h"', "A * 10 + B"), "a/c.h": '#pragma once\n#include "sub.h"\n', "b/c.h": '#pragma once\n#include "sub.h"\n',
          "a/sub.h": "#define A 1\n", "b/sub.h": "#define B 2\n"}, {"b/sub.h": "#define B 3\n"}, prints=("12", "13")),
    # --- what differs in each run, or by the moment: the same bytes as a clean build at another time and place
    Case("times", program('copts = ["-Wno-error"]'),
         {"t.c": MAIN % ("static int v = 1;", 'printf("%d %s %s %s\\n", v, __DATE__, __TIME__, __TIMESTAMP__);')},
         {"t.c": MAIN % ("static int v = 2;", 'printf("%d %s %s %s\\n", v, __DATE__, __TIME__, __TIMESTAMP__);')},
         prints=("1 redacted redacted redacted", "2 redacted redacted redacted")),
    Case("lto", program('copts = ["-flto"], linkopts = ["-flto"]'), {"t.c": say("static int v = 1;", "v")}, {"t.c": say("static int v = 2;", "v")}, prints=("1", "2")),
    Case("anonymous_namespace", 'cc_library(name = "t", srcs = ["t.cc"])\n', {"t.cc": "namespace { int f() { return 1; } }\nint g() { return f(); }\n"},
         {"t.cc": "namespace { int f() { return 2; } }\nint g() { return f(); }\n"}),
    Case("file_name", program(), {"t.c": MAIN % ("", 'puts(__FILE__);')}, {"t.c": MAIN % ("static int x;", 'x = 1; puts(__FILE__);')},
         prints=("file_name/t.c", "file_name/t.c")),
    Case("archive", 'cc_library(name = "t", srcs = ["a.c", "b.c"])\n', {"a.c": "int a;\n", "b.c": "int b;\n"},
         {"BUILD.cow": 'cc_library(name = "t", srcs = ["b.c", "a.c"])\n'}),
]

REFUSED = [
    # Row 34: headers nobody declared.
    Refused("absolute_header", program(), {"t.c": say('#include "$OUTSIDE/outside.h"', "OUTSIDE")}, "outside.h"),
    Refused("header_above", program(), {"t.c": say('#include "../../outside.h"', "OUTSIDE")}, "outside.h"),
    Refused("header_of_the_environment", program(), {"t.c": say("#include <outside.h>", "OUTSIDE")}, "outside.h"),
    Refused("header_of_the_workspace", program(), {"t.c": say('#include "header_of_the_workspace/undeclared.h"', "1"), "undeclared.h": ""}, "undeclared.h"),
    Refused("header_behind_a_link", program(), {"t.c": say('#include "header_behind_a_link/link/outside.h"', "OUTSIDE")}, "outside.h"),
    Refused("embedded_by_path", program(), {"t.c": say(INCBIN % "$OUTSIDE/outside.h", "blob[0]")}, "outside.h"),
    Refused("undeclared_incbin", program(), {"t.c": say(INCBIN % "undeclared_incbin/blob.bin", "blob[0]"), "blob.bin": "a"}, "blob.bin"),
    # Row 35: tools nobody declared.
    Refused("tool_on_the_path", 'genrule(name = "t", outs = ["o"], cmd = "outside-tool > $@")\n', {}, "outside-tool"),
    Refused("tool_by_path", 'genrule(name = "t", outs = ["o"], cmd = "$OUTSIDE/outside-tool > $@")\n', {}, "outside-tool"),
    # Outputs nobody declared are not lost in silence.
    Refused("split_debug_information", 'cc_library(name = "t", srcs = ["t.c"], copts = ["-g", "-gsplit-dwarf"])\n', {"t.c": "int f(void) { return 1; }\n"}, "dwo"),
    Refused("coverage_notes", 'cc_library(name = "t", srcs = ["t.c"], copts = ["--coverage"])\n', {"t.c": "int f(void) { return 1; }\n"}, "gcno"),
]
