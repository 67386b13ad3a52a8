// Flags of a subcommand: declared in a table, parsed strictly, shown by --help.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace cow::pack {

enum class FlagKind { kValue, kRequired, kRepeated, kSwitch };

struct FlagSpec {
  std::string_view name;   // without dashes
  FlagKind kind = FlagKind::kValue;
  std::string_view value;  // what the value is, for help
  std::string_view help;
};

class ParsedFlags {
 public:
  // `arguments` with param files already expanded. kInvalidArgument tells wrong usage.
  static absl::StatusOr<ParsedFlags> Parse(const std::vector<FlagSpec>& specs, std::string_view positional,
                                           const std::vector<std::string>& arguments);

  bool Has(std::string_view name) const { return values_.find(name) != values_.end(); }
  // The value, or `otherwise`.
  std::string Get(std::string_view name, std::string_view otherwise = "") const;
  const std::vector<std::string>& All(std::string_view name) const;
  // All values split at the first '='. kInvalidArgument if one has none.
  absl::StatusOr<std::vector<std::pair<std::string, std::string>>> Pairs(std::string_view name) const;
  // A number >= 0.
  absl::StatusOr<int64_t> Number(std::string_view name, int64_t otherwise) const;
  const std::string& positional() const { return positional_; }

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::string positional_;
};

// Replaces each `@file` by the lines of the file.
absl::StatusOr<std::vector<std::string>> ExpandParamFiles(const std::vector<std::string>& arguments);

}  // namespace cow::pack
