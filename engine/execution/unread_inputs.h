// A second key for actions whose outputs do not depend on the contents of inputs they do not read.
//
// The shape of an action is everything about it but the contents of its input files: command, environment, platform,
// and the names of all inputs, because a name alone can change what is read (__has_include, an include path). Of the
// inputs that an action of this shape read, the contents are added. Two actions with the same shape and the same contents
// of what the first one read read the same, and so do the same.
#pragma once

#include "engine/execution/prepared_action.h"
#include "engine/model/action.h"
#include "engine/store/read_sets.h"

namespace cow::execution {

// The rule promises that contents of inputs that are not opened do not matter.
inline constexpr char kIgnoreUnreadInputs[] = "ignore-unread-inputs";

// Whether results of the action may be found by what it read: by that promise, or because it lists what it did not use.
bool MayIgnoreUnread(const Action& action);
// Whether it must be watched for that.
bool IsWatched(const Action& action);

Digest ShapeOf(const PreparedAction& prepared);

// `read` has a place for each of prepared.inputs.
Digest KeyOfRead(const Digest& shape, const PreparedAction& prepared, const store::ReadSet& read);

// `list`: the contents of an unused_inputs_list, one exec path in each line. Files named there become unread.
void MarkUnused(const PreparedAction& prepared, std::string_view list, store::ReadSet* read);

}  // namespace cow::execution
