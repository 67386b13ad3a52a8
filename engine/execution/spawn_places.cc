#include "engine/execution/spawn_places.h"

namespace cow::execution {

absl::StatusOr<std::string> CachePlaces::RootOf(const Spawn& spawn) {
  if (spawn.root_tree) return trees_.MaterializeTree(*spawn.root_tree);
  if (spawn.host_tree != nullptr) return trees_.MaterializeHostTree(*spawn.host_tree);
  return "";
}

}  // namespace cow::execution
