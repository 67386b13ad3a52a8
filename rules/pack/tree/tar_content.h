// A tree as the bytes of a tar, written each time they are asked for: a tar inside a tar needs no temporary file.
#pragma once

#include "absl/status/statusor.h"
#include "rules/pack/io/content.h"
#include "rules/pack/tree/file_tree.h"

namespace cow::pack {

absl::StatusOr<ContentPtr> TarContent(FileTree tree, TreeTarOptions options);

}  // namespace cow::pack
