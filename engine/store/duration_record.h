// The stored form of RecordedDurations, and what a build adds to them. Internal to the store.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/model/build_record.h"
#include "engine/model/recorded_durations.h"

namespace cow::store {

// Any bytes may come in; those that are no record hold nothing.
RecordedDurations DecodeDurations(std::string_view bytes);
// Equal durations have equal bytes.
std::string EncodeDurations(const RecordedDurations& durations);

// Later builds count more than earlier ones.
void AddDurations(const std::vector<RecordedAction>& actions, RecordedDurations* durations);

}  // namespace cow::store
