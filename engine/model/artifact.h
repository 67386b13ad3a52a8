// Artifact: a file, directory tree or symlink by name. It has no content; what it *is* now is known in execution.
#pragma once

#include <string>
#include <string_view>

#include "engine/model/label.h"
#include "engine/model/strong_id.h"

namespace cow {

struct Artifact {
  enum class Kind {
    kSource,   // a regular file that exists before the build, at `source_path`
    kFile,     // a regular file made by `generating_action`
    kTree,     // a directory whose contents are known only after `generating_action` ran
    kSymlink,  // an unresolved symlink made by `generating_action`
  };

  Kind kind = Kind::kSource;
  std::string exec_path{};      // below the execution root, unique in a build: "a/b.c", "cow-out/x/bin/a/b.o"
  std::string root{};           // prefix of exec_path that is not part of the name: "", "cow-out/x/bin"
  std::string source_path{};    // kSource: absolute path on this machine; never hashed, never shown in outputs
  Label owner{};                // the target (or source file label) it belongs to
  ActionId generating_action{}; // invalid for kSource

  bool is_source() const { return kind == Kind::kSource; }
  // exec_path without root: the name in messages ("a/b.o", "external/repo/a/b.o").
  std::string short_path() const { return root.empty() ? exec_path : exec_path.substr(root.size() + 1); }
  // The name for a program that runs in the directory of the main repository: "a/b.o", "../repo/a/b.o".
  std::string runfiles_path() const {
    constexpr std::string_view kExternal = "external/";
    std::string path = short_path();
    return path.starts_with(kExternal) ? "../" + path.substr(kExternal.size()) : path;
  }
};

}  // namespace cow
