// A spawn as it travels to another machine, and what comes back.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/execution/sandbox_limits.h"
#include "engine/execution/spawn_runner.h"

namespace cow::execution {

// The layout of the directory in which cow-remote-run starts.
inline constexpr char kTravelRunner[] = "cow/run";
inline constexpr char kTravelSandbox[] = "cow/sandbox";
inline constexpr char kTravelOrder[] = "cow/order";
inline constexpr char kTravelTrees[] = "cow/trees";  // what is in an input tree, by its digest, if it shall be copied
inline constexpr char kTravelInputs[] = "in";     // files and trees by exec path
inline constexpr char kTravelRoot[] = "root";     // the root directory that the action sees
inline constexpr char kTravelOutputs[] = "out";   // a directory for each writable one, by number
inline constexpr char kTravelReport[] = "out/report";

struct TravelOrder {
  Spawn spawn{};                     // without paths of a machine, without its root
  bool has_root = false;
  SandboxLimits limits{};
  std::string min_tier{};
};

struct TravelReport {
  absl::Status status{};             // what SpawnRunner::Run said
  SpawnResult result{};              // without what was printed
};

std::string EncodeOrder(const TravelOrder& order);
std::string EncodeReport(const TravelReport& report);
// kInvalidArgument unless the bytes are what the other gives.
absl::StatusOr<TravelOrder> DecodeOrder(std::string_view bytes);
absl::StatusOr<TravelReport> DecodeReport(std::string_view bytes);

}  // namespace cow::execution
