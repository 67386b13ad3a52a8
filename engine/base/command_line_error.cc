#include "engine/base/command_line_error.h"

#include "absl/strings/cord.h"

namespace cow {
namespace {

constexpr char kPayloadUrl[] = "cow/command-line";

}  // namespace

absl::Status MarkCommandLineError(absl::Status status) {
  if (!status.ok()) status.SetPayload(kPayloadUrl, absl::Cord("1"));
  return status;
}

bool IsCommandLineError(const absl::Status& status) { return status.GetPayload(kPayloadUrl).has_value(); }

}  // namespace cow
