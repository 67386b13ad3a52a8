"""The projects to build: which there are, and the sources of the generated ones.

A generated project has components of 50 libraries. Library i depends on two or three earlier ones of its component and
on one or two of the first 20 of all: three to five. Each has `files` sources, a public header, a header of types and a
private header; all reach the types of library 0, the central header. Each component has a program, which links the
closure of the component's last five libraries. The same numbers give the same bytes.
"""
import dataclasses
import pathlib
import random
import re

COMPONENT = 50
BASE = 20
FLAGS = "-fPIC -fstack-protector -Wall -fno-omit-frame-pointer -iquote ."


@dataclasses.dataclass(frozen=True)
class Workload:
    """A project by its name; `libraries` is 0 for one that is not generated."""
    name: str
    libraries: int
    files: int = 10
    programs: bool = True
    fake: bool = False  # compiled with fakecc


NAMED = {workload.name: workload for workload in (
    Workload("tiny", 1, files=1, programs=False),
    Workload("W1", 100),
    Workload("W1f", 100, fake=True),
    Workload("W2", 1000),
    Workload("W2f", 1000, fake=True),
    Workload("W3", 10000, fake=True),
    Workload("abseil", 0),
)}


def find(name):
    """The workload of that name; L10 and L10f are 10 libraries with gcc and with fakecc. None if there is none."""
    match = re.fullmatch(r"L([1-9]\d*)(f?)", name)
    if match:
        return Workload(name, int(match[1]), fake=bool(match[2]))
    return NAMED.get(name)


@dataclasses.dataclass
class Library:
    number: int
    dependencies: list
    header_dependency: int | None  # the one whose types the public header includes
    uses: list  # per source: the libraries it calls

    @property
    def name(self):
        return f"l{self.number:05d}"

    @property
    def folder(self):
        return f"{component_name(self.number // COMPONENT)}/{self.name}"

    @property
    def sources(self):
        return [f"{self.name}_{part}.c" for part in range(len(self.uses))]


@dataclasses.dataclass
class Program:
    component: int
    dependencies: list
    closure: list  # users before what they use, as static linking wants it

    @property
    def name(self):
        return f"bin_{self.folder}"

    @property
    def folder(self):
        return component_name(self.component)


@dataclasses.dataclass
class Project:
    """What the build files are written from, and the files that the scenarios edit."""
    libraries: list
    programs: list

    @property
    def compilations(self):
        return sum(len(library.uses) for library in self.libraries) + len(self.programs)

    @property
    def actions(self):
        return self.compilations + len(self.libraries) + len(self.programs)

    @property
    def edited_files(self):
        """leaf: a source; mid: the public header of a base library; central: what everything includes."""
        last = self.libraries[-1]
        middle = self.libraries[min(BASE - 1, len(self.libraries) - 1) // 2]
        first = self.libraries[0]
        return {"leaf": f"{last.folder}/{last.sources[-1]}", "mid": f"{middle.folder}/{middle.name}.h",
                "central": f"{first.folder}/{first.name}_types.h"}


def component_name(number):
    return f"c{number:03d}"


def some_of(rng, candidates, counts):
    return rng.sample(candidates, min(len(candidates), rng.choice(counts)))


def plan_library(rng, number, files):
    near = list(range(number // COMPONENT * COMPONENT, number))
    dependencies = set(some_of(rng, near, (2, 3)))
    dependencies |= set(some_of(rng, list(range(min(BASE, number))), (1, 2)))
    dependencies = sorted(dependencies)
    header_dependency = rng.choice(dependencies) if dependencies else None
    uses = [sorted(some_of(rng, dependencies, (2, 3))) for _ in range(files)]
    return Library(number, dependencies, header_dependency, uses)


def link_order(libraries, roots):
    """The closure of `roots`; a library only depends on ones of lower numbers."""
    seen = set()
    pending = list(roots)
    while pending:
        number = pending.pop()
        if number not in seen:
            seen.add(number)
            pending += libraries[number].dependencies
    return sorted(seen, reverse=True)


def plan(workload, seed=1):
    """The Project of a generated workload."""
    rng = random.Random(seed)
    libraries = [plan_library(rng, number, workload.files) for number in range(workload.libraries)]
    programs = []
    for first in range(0, workload.libraries, COMPONENT) if workload.programs else ():
        behind = min(first + COMPONENT, workload.libraries)
        roots = list(range(max(first, behind - 5), behind))
        programs.append(Program(first // COMPONENT, roots, link_order(libraries, roots)))
    return Project(libraries, programs)


def write(root, path, text):
    path = pathlib.Path(root, path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def guarded(guard, comment, body):
    return f"// {comment}\n#ifndef {guard}\n#define {guard}\n{body}#endif\n"


def include_types(library):
    return f'#include "{library.folder}/{library.name}_types.h"\n'


def types_header(library, central):
    name, number, upper = library.name, library.number, library.name.upper()
    return guarded(f"{upper}_TYPES_H", f"Types of {name}.", (
        ("" if number == 0 else include_types(central))
        + f"typedef struct {name}_t {{\n  int id;\n  long count;\n  double weight[{4 + number % 5}];\n"
        + f"  struct {name}_t *next;\n}} {name}_t;\n"
        + f"enum {{ {upper}_KIND = {number}, {upper}_LIMIT = {number % 97 + 3} }};\n"))


def public_header(library, libraries):
    name, upper = library.name, library.name.upper()
    includes = include_types(library)
    if library.header_dependency is not None:
        includes += include_types(libraries[library.header_dependency])
    functions = "".join(f"int {name}_f{part}(int x, const {name}_t *t);\n" for part in range(len(library.uses)))
    clamp = f"static inline int {name}_clamp(int v) {{ return v > {upper}_LIMIT ? {upper}_LIMIT : v; }}\n"
    return guarded(f"{upper}_H", f"Public interface of {name}.", includes + functions + clamp)


def private_header(library):
    name, upper = library.name, library.name.upper()
    return guarded(f"{upper}_INT_H", f"Private to {name}.", (
        f'#include "{library.folder}/{name}.h"\n#define {upper}_MIX(a, b) (((a) * 31 + (b)) ^ {library.number})\n'))


def source(library, part, libraries):
    name, number, upper = library.name, library.number, library.name.upper()
    used = [libraries[other] for other in library.uses[part]]
    includes = "".join(f'#include "{other.folder}/{other.name}.h"\n' for other in used)
    calls = "".join(f"  r += {other.name}_f{part}({other.name}_clamp(x + {part}), 0);\n" for other in used)
    table = ", ".join(str((number * 7 + j * 13 + part) % 251) for j in range(16))
    return f"""\
// {name}, part {part}.
#include "{library.folder}/{name}_int.h"
{includes}
static const int table_{part}[] = {{{table}}};

static int step_{part}(int a, int b) {{
  int s = 0;
  for (int j = 0; j < 16; j++)
    s += {upper}_MIX(a + j, b) % (table_{part}[j] + 1);
  return s;
}}

int {name}_f{part}(int x, const {name}_t *t) {{
  int r = step_{part}(x, {upper}_KIND);
  if (t && t->count > x) r ^= (int)t->count;
{calls}  return r;
}}
"""


def main_source(library):
    return (f'#include "{library.folder}/{library.name}.h"\n\n'
            f"int main(void) {{ return {library.name}_f0(1, 0) & 127; }}\n")


def write_sources(project, root):
    libraries = project.libraries
    for library in libraries:
        stem = f"{library.folder}/{library.name}"
        write(root, f"{stem}_types.h", types_header(library, libraries[0]))
        write(root, f"{stem}.h", public_header(library, libraries))
        write(root, f"{stem}_int.h", private_header(library))
        for part, name in enumerate(library.sources):
            write(root, f"{library.folder}/{name}", source(library, part, libraries))
    for program in project.programs:
        write(root, f"{program.folder}/main.c", main_source(libraries[program.dependencies[-1]]))
