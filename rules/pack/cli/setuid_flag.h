// The --setuid flag of the commands that read .deb files.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "rules/pack/cli/flags.h"
#include "rules/pack/deb/deb_reader.h"

namespace cow::pack {

inline absl::StatusOr<SetuidPolicy> ParseSetuidFlag(const ParsedFlags& flags, bool keep_allowed) {
  std::string text = flags.Get("setuid", "reject");
  if (text == "reject") return SetuidPolicy::kReject;
  if (text == "drop") return SetuidPolicy::kDrop;
  if (text == "keep" && keep_allowed) return SetuidPolicy::kKeep;
  return absl::InvalidArgumentError(
      absl::StrCat("--setuid '", text, "' is none of [reject, drop", keep_allowed ? ", keep]" : "]"));
}

}  // namespace cow::pack
