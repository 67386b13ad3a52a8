#include "rules/pack/deb/ar.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/status.h"

namespace cow::pack {
namespace {
constexpr std::string_view kMagic = "!<arch>\n";
constexpr size_t kHeaderSize = 60;
}  // namespace

absl::StatusOr<std::vector<ArMember>> ReadAr(std::string_view bytes) {
  auto damaged = [](std::string_view why) { return absl::DataLossError(absl::StrCat("damaged ar archive: ", why)); };
  if (!bytes.starts_with(kMagic)) return damaged("wrong magic number");
  std::vector<ArMember> members;
  size_t at = kMagic.size();
  while (at < bytes.size()) {
    std::string_view header = bytes.substr(at, kHeaderSize);
    if (header.size() < kHeaderSize || header.substr(58) != "`\n") return damaged("bad member header");
    uint64_t size = 0;
    std::string_view digits = header.substr(48, 10);
    if (!absl::SimpleAtoi(digits, &size)) return damaged("bad member size");
    at += kHeaderSize;
    if (size > bytes.size() - at) return damaged("member is cut off");
    std::string name(absl::StripTrailingAsciiWhitespace(header.substr(0, 16)));
    if (name.ends_with('/')) name.pop_back();
    members.push_back({std::move(name), bytes.substr(at, size)});
    at += size + size % 2;
  }
  return members;
}

absl::Status BeginAr(ByteSink& sink) { return sink.Write(kMagic); }

absl::Status AddArMember(ByteSink& sink, std::string_view name, int64_t mtime, std::string_view data) {
  if (name.size() > 16 || data.size() > 9'999'999'999) {
    return absl::InvalidArgumentError(
        absl::StrCat("ar member '", name, "' of ", data.size(), " bytes does not fit the format"));
  }
  COW_RETURN_IF_ERROR(sink.Write(
      absl::StrFormat("%-16s%-12d%-6d%-6d%-8s%-10d`\n", name, mtime, 0, 0, "100644", data.size())));
  COW_RETURN_IF_ERROR(sink.Write(data));
  return data.size() % 2 == 0 ? absl::OkStatus() : sink.Write("\n");
}

}  // namespace cow::pack
