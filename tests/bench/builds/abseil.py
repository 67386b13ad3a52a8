"""The workload `abseil`: a checkout of abseil-cpp, built by CMake for ninja, ccache and make, from its BUILD files for
cow and Bazel. Everybody builds the libraries that are not for tests, as the same standard and without optimization."""
import dataclasses
import pathlib
import shutil

import debian_sources
from systems import Bazel, Ccache, Cow, Make, Ninja, StatSweep, delete, find_program
from workload import write

# Bazel writes the attribute as 1, cow as True.
LIBRARIES = 'kind("cc_library rule", //absl/...) - attr(testonly, "1|True", //absl/...)'
SOURCES = pathlib.Path(__file__).resolve().parents[2] / "interop/bazel_projects/sources.txt"
WORKSPACE = 'workspace(name = "com_google_absl")\n'
CMAKE_FLAGS = ["-DBUILD_TESTING=OFF", "-DABSL_BUILD_TESTING=OFF", "-DCMAKE_CXX_STANDARD=17",
               "-DCMAKE_CXX_FLAGS=-fPIC -fstack-protector-strong -fno-omit-frame-pointer"]


def fetch(folder):
    """Debian's source of it, in a folder below that one. Raises debian_sources.Unavailable."""
    description = debian_sources.fetch(SOURCES, ["abseil"], folder)
    place = folder / "abseil"
    delete(place)
    debian_sources.unpack(description, place)
    return place


@dataclasses.dataclass
class Checkout:
    """What the scenarios need to know; how many actions there are, each build system says itself."""
    edited_files = {"leaf": "absl/strings/str_cat.cc", "mid": "absl/strings/str_cat.h", "central": "absl/base/config.h"}
    compilations = None
    actions = None


class Copied:
    """Works in a copy of the checkout."""

    def set_up(self, project):
        delete(self.base)
        self.base.mkdir(parents=True)
        shutil.copytree(self.bench.abseil, self.folder, symlinks=True,
                        ignore=shutil.ignore_patterns(".git", "bazel-*", "cow-*", "WORKSPACE*", "MODULE.bazel*"))
        self.write_build_files(project)


class Configured(Copied):
    """CMake's build folder is an output; to configure it again is not measured."""
    generator = "Ninja"
    state = []

    def description(self, source):
        """Not its CMakeLists.txt: that would be CMake's time."""
        return None

    def write_build_files(self, project):
        launcher = [f"-DCMAKE_CXX_COMPILER_LAUNCHER={self.ccache}"] if self.name == "ccache" else []
        self.call([find_program("cmake"), "-S", self.folder, "-B", self.folder / "out", "-G", self.generator]
                  + CMAKE_FLAGS + launcher)

    def command(self):
        return [self.program, "-C", "out", f"-j{self.bench.jobs}"]

    def delete_outputs(self):
        delete(self.folder / "out")
        self.write_build_files(None)


class Queried(Copied):
    """Builds what the query LIBRARIES finds."""

    def write_build_files(self, project):
        write(self.folder, "WORKSPACE", WORKSPACE)
        write(self.folder, "WORKSPACE.cow", WORKSPACE)
        self.targets = sorted(self.query(LIBRARIES).split())


class NinjaAbseil(Configured, Ninja):
    pass


class CcacheAbseil(Configured, Ccache):
    pass


class MakeAbseil(Configured, Make):
    generator = "Unix Makefiles"

    def count_actions(self):
        with open(self.log) as file:
            return sum(1 for line in file if "Building " in line or "Linking " in line)


class StatAbseil(Copied, StatSweep):
    def write_build_files(self, project):
        """The checkout has them."""


class BazelAbseil(Queried, Bazel):
    def command(self, more_flags=()):
        """Bazel 4 would compile as C++11."""
        return super().command(["--cxxopt=-std=gnu++17", *more_flags])


class CowAbseil(Queried, Cow):
    pass


KINDS = {"cow": CowAbseil, "ninja": NinjaAbseil, "ccache": CcacheAbseil, "make": MakeAbseil, "stat": StatAbseil,
         "bazel": BazelAbseil, "bazel-local": BazelAbseil, "bazel-disk": BazelAbseil}
