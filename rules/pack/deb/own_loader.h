// Lets the programs of an unpacked tree run where no loader and no library is installed: each is started by the
// loader of the tree and finds its libraries in the tree.
//
// The kernel looks up a relative interpreter from the working directory of the process, so a program made so runs only
// from there: the execution root of actions.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rules/pack/tree/file_tree.h"

namespace cow::pack {

struct OwnLoader {
  std::string interpreter;  // path from the working directory
  std::string libraries;    // DT_RPATH that is put in front of what the program has
};

// The bytes of a dynamic program with another interpreter and library path. Both are written into padding or behind the end:
// nothing moves. kInvalidArgument if there is no room, kDataLoss if tables point outside of the file.
absl::StatusOr<std::string> WithOwnLoader(std::string program, const OwnLoader& loader);

// "/lib64/ld-linux-x86-64.so.2" for a dynamic program, "" for anything else: static programs, libraries (also those that
// can be started, like libc.so.6: linkers read them too), other formats.
absl::StatusOr<std::string> InterpreterOf(std::string_view bytes);

// Changes all programs of `tree`, which will lie at `place` (a relative path). The tree must hold the loaders it needs.
absl::Status UseOwnLoader(FileTree& tree, std::string_view place);

}  // namespace cow::pack
