// ActionRecord: an action as a rule declared it, with its Starlark parts. It becomes a model Action
// if it is wanted.
//
// Immutable once its target is configured; the values in it live in heaps of the target and its
// dependencies.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/analysis/args_value.h"
#include "engine/analysis/depset_value.h"
#include "engine/base/diagnostic.h"
#include "engine/model/action.h"
#include "engine/model/host_tree.h"

namespace cow::analysis {

class FilesToRunValue;

struct ActionRecord {
  // Everything but `arguments`, `inputs` and `host_tree`, which are made from the fields below. Its
  // artifact ids are those of the ArtifactTable.
  Action action{};
  std::vector<std::shared_ptr<const ArgsSpec>> arguments{};
  ValueDepset inputs{};  // of Files
  // Programs whose runfiles stand in trees beside them.
  std::vector<const FilesToRunValue*> programs{};
  // kExpandTemplate: substitutions after those of `action`, joined when the action is wanted.
  std::vector<std::pair<std::string, ArgsItem>> computed_substitutions{};
  HostTreePtr host_tree{};
  Location location{};  // of the call that declared it
};

}  // namespace cow::analysis
