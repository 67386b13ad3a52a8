// SameAction: whether two targets declared the same action, which they may share.
#pragma once

#include "engine/analysis/action_record.h"

namespace cow::analysis {

// Everything but the owner, the place and the progress message is equal. Expands arguments: only
// for conflicts.
bool SameAction(const ActionRecord& a, const ActionRecord& b);

}  // namespace cow::analysis
