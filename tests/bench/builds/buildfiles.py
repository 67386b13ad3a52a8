"""The build files of a generated project, for each build system the same actions."""
import pathlib
import shutil

from workload import FLAGS, write

NINJA_HEAD = """\
cc = {compiler}
ar = {archiver}
cflags = {flags}

rule cc
  command = $cc $cflags -MD -MF $out.d -c $in -o $out
  deps = gcc
  depfile = $out.d
  description = CC $out
rule ar
  command = rm -f $out && $ar rcsD $out $in
  description = AR $out
rule link
  command = $cc -o $out $in
  description = LINK $out

"""

MAKE_HEAD = """\
CC = {compiler}
AR = {archiver}
CFLAGS = {flags}
MAKEFLAGS += -r -R
.SUFFIXES:
all:

"""

TOOLCHAIN = """\
load("@cow//cc:defs.cow", "cc_toolchain")

package(default_visibility = ["//visibility:public"])

host_tree(
    name = "tree",
    manifest = "tree.manifest",
)

cc_toolchain(
    name = "cc",
    archiver = "{archiver}",
    c_compiler = "{compiler}",
    cxx_compiler = "{compiler}",
    host_tree = ":tree",
    triplet = "x86_64-linux-gnu",
)

toolchain(
    name = "toolchain",
    toolchain = ":cc",
    toolchain_type = "@cow//cc:toolchain_type",
)
"""


def objects(library, out):
    return [f"{out}/{library.folder}/{source[:-2]}.o" for source in library.sources]


def archive(library, out):
    return f"{out}/{library.folder}/lib{library.name}.a"


def link_inputs(project, program, out):
    archives = [archive(project.libraries[number], out) for number in program.closure]
    return " ".join([f"{out}/{program.folder}/main.o"] + archives)


def final_outputs(project, out):
    archives = [archive(library, out) for library in project.libraries]
    return archives + [f"{out}/{program.folder}/{program.name}" for program in project.programs]


def write_ninja(project, root, compiler, archiver, out="out"):
    with pathlib.Path(root, "build.ninja").open("w") as file:
        file.write(NINJA_HEAD.format(compiler=compiler, archiver=archiver, flags=FLAGS))
        for library in project.libraries:
            for source, compiled in zip(library.sources, objects(library, out)):
                file.write(f"build {compiled}: cc {library.folder}/{source}\n")
            file.write(f"build {archive(library, out)}: ar {' '.join(objects(library, out))}\n")
        for program in project.programs:
            file.write(f"build {out}/{program.folder}/main.o: cc {program.folder}/main.c\n"
                       f"build {out}/{program.folder}/{program.name}: link {link_inputs(project, program, out)}\n")
        file.write(f"build all: phony {' '.join(final_outputs(project, out))}\ndefault all\n")


def write_make(project, root, compiler, archiver, out="out"):
    compile_line = "\t$(CC) $(CFLAGS) -MD -MP -MF $@.d -c $< -o $@\n"
    with pathlib.Path(root, "Makefile").open("w") as file:
        file.write(MAKE_HEAD.format(compiler=compiler, archiver=archiver, flags=FLAGS))
        for library in project.libraries:
            own, made = f"O_{library.name}", archive(library, out)
            file.write(f"{own} := {' '.join(objects(library, out))}\n"
                       f"$({own}): {out}/{library.folder}/%.o: {library.folder}/%.c\n{compile_line}"
                       f"{made}: $({own})\n\trm -f $@ && $(AR) rcsD $@ $^\n"
                       f"all: {made}\n-include $(addsuffix .d,$({own}))\n")
        for program in project.programs:
            folder = f"{out}/{program.folder}"
            file.write(f"{folder}/main.o: {program.folder}/main.c\n{compile_line}-include {folder}/main.o.d\n"
                       f"{folder}/{program.name}: {link_inputs(project, program, out)}\n\t$(CC) -o $@ $^\n"
                       f"all: {folder}/{program.name}\n")
    for made in project.libraries + project.programs:
        pathlib.Path(root, out, made.folder).mkdir(parents=True, exist_ok=True)  # make makes none


def string_list(values):
    return "[" + "".join(f'\n        "{value}",' for value in values) + "\n    ]" if values else "[]"


def labels(project, numbers):
    return string_list(f"//{project.libraries[n].folder}:{project.libraries[n].name}" for n in numbers)


LOCKED_TOOLCHAIN = """load("@cow//debian:toolchain.cow", "debian_gcc_toolchain")

debian_gcc_toolchain(
    name = "gcc",
    repository = "@compilers",
    target = "amd64",
)
"""

LOCKED_WORKSPACE = """workspace(name = "bench")

load("@cow//debian:defs.cow", "debian_repository")
load("@cow//debian:toolchain.cow", "gcc_packages")

debian_repository(
    name = "compilers",
    lock_file = "//:compilers.lock",
    packages = gcc_packages("amd64") + gcc_packages("arm64"),
    suite = "bookworm",
)

register_toolchains("//toolchains:all")
"""


def library_rule(project, library):
    name = library.name
    return ('package(default_visibility = ["//visibility:public"])\n\n'
            f'cc_library(\n    name = "{name}",\n'
            f"    srcs = {string_list(library.sources + [name + '_int.h'])},\n"
            f"    hdrs = {string_list([name + '.h', name + '_types.h'])},\n"
            f"    deps = {labels(project, library.dependencies)},\n)\n")


def program_rule(project, program):
    return (f'cc_binary(\n    name = "{program.name}",\n    srcs = ["main.c"],\n'
            f"    deps = {labels(project, program.dependencies)},\n)\n")


def write_bazel(project, root):
    """BUILD files and the WORKSPACE of Bazel; cow reads the same BUILD files."""
    write(root, "WORKSPACE", 'workspace(name = "bench")\n')
    for library in project.libraries:
        write(root, f"{library.folder}/BUILD", library_rule(project, library))
    for program in project.programs:
        write(root, f"{program.folder}/BUILD", program_rule(project, program))


def write_cow(root, fake_tools=None):
    """WORKSPACE.cow; with the folder of fakecc's gcc and ar, also a toolchain of them, before that of the machine."""
    text = 'workspace(name = "bench")\n'
    if fake_tools:
        compiler, archiver = f"{fake_tools}/gcc", f"{fake_tools}/ar"
        write(root, "toolchain/BUILD.cow", TOOLCHAIN.format(compiler=compiler, archiver=archiver))
        write(root, "toolchain/tree.manifest", f"{archiver}\n{compiler}\n")
        text += '\nregister_toolchains("//toolchain:toolchain")\n'
    write(root, "WORKSPACE.cow", text)


def write_cow_locked(root):
    """The gcc of the example's lock file, which is fetched from the archives apt is configured for."""
    example = pathlib.Path(__file__).resolve().parents[3] / "examples/cowabunga"
    shutil.copy(example / "compilers.lock", root)
    write(root, "BUILD.cow", "")
    write(root, "toolchains/BUILD.cow", LOCKED_TOOLCHAIN)
    write(root, "WORKSPACE.cow", LOCKED_WORKSPACE)
