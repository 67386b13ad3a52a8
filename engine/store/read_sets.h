// ReadSets: of actions that differ in nothing but the contents of inputs: which of these inputs such actions read.
//
// An action is looked up by what it would read (execution/unread_inputs.h). A record that is lost costs a run. Any thread.
#pragma once

#include <string>
#include <vector>

#include "engine/base/digest.h"
#include "engine/store/database.h"

namespace cow::store {

// By place among the inputs.
using ReadSet = std::vector<bool>;

class ReadSets {
 public:
  // `database` outlives it.
  explicit ReadSets(Database* database) : database_(*database) {}

  // Newest first.
  std::vector<ReadSet> Get(const Digest& shape);

  // Remembers one more; the oldest of many are forgotten.
  void Add(const Digest& shape, const ReadSet& set);

 private:
  Database& database_;
};

}  // namespace cow::store
