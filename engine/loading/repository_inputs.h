// RepositoryInputs: what a repository rule looked at when it ran, written beside its directory, so that a later
// command knows whether the directory is still good.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "engine/loading/workspace.h"

namespace cow::loading {

// The present state of an input: of a file "<sha256>/<size>", "dir:<digest>" of a directory's listing or "" if
// absent; "=<value>" of a variable or "" if unset; the path of a program or "" if it is not found. Downloads, whose state is
// their sha256 for ever, must not be asked for.
absl::StatusOr<std::string> StateOf(RepositoryInput::Kind kind, const std::string& name, const FileDigester& digest);

// Whether every input is as it was.
bool AreCurrent(const std::vector<RepositoryInput>& inputs, const FileDigester& digest);

std::string FormatInputs(const std::vector<RepositoryInput>& inputs);
absl::StatusOr<std::vector<RepositoryInput>> ParseInputs(std::string_view text);

}  // namespace cow::loading
