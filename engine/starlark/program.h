// Program: one source file, parsed, checked and compiled. Immutable; any number of threads may
// execute it at once, each into its own heap.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/diagnostic.h"
#include "engine/starlark/environment.h"

namespace cow::starlark {

// What a file may contain. All fields false: a .cow/.bzl file.
struct Dialect {
  // BUILD files: no def, lambda, if, for, nor *args/**kwargs in calls; names may be rebound.
  bool is_build_file = false;
  // if and for statements at top level.
  bool allow_toplevel_control = false;
  // load() after other statements. Otherwise only comments and a docstring may precede.
  bool allow_late_load = false;
  // x = 1; x = 2 at top level.
  bool allow_rebinding = false;

  static Dialect Build() {
    return {.is_build_file = true, .allow_late_load = true, .allow_rebinding = true};
  }
  static Dialect Module() { return {}; }
  static Dialect Script() { return {.allow_late_load = true}; }
};

struct LoadStatement {
  struct Binding {
    std::string local;
    std::string exported;  // name in the loaded module
    Location location;     // of the exported name
  };
  std::string module;  // as written
  Location location;   // of the module string
  std::vector<Binding> bindings;
};

class Program {
 public:
  // `environment` tells which names are predeclared; only its names matter here.
  // Failure: kInvalidArgument whose message is every static error of the file, one diagnostic after
  // the other (IsDiagnostic).
  static absl::StatusOr<std::shared_ptr<const Program>> Compile(
      std::shared_ptr<const SourceFile> source, const Dialect& dialect,
      const Environment& environment);

  // Same, but failures as a list.
  static absl::StatusOr<std::shared_ptr<const Program>> Compile(
      std::shared_ptr<const SourceFile> source, const Dialect& dialect,
      const Environment& environment, std::vector<Diagnostic>& errors);

  const SourceFile& source() const { return *source_; }
  // In source order; a module may be named by several.
  const std::vector<LoadStatement>& loads() const { return loads_; }
  // The string literal that opens the file, or "".
  std::string_view doc() const;

  struct Body;  // bytecode.h
  const Body& body() const { return *body_; }

  // Use Compile.
  Program(std::shared_ptr<const SourceFile> source, std::vector<LoadStatement> loads,
          std::unique_ptr<const Body> body);
  ~Program();

 private:
  std::shared_ptr<const SourceFile> source_;
  std::vector<LoadStatement> loads_;
  std::unique_ptr<const Body> body_;
};

}  // namespace cow::starlark
