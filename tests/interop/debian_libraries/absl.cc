#include "absl/strings/str_join.h"
#include "absl/time/time.h"

int main() {
  return absl::StrJoin({"a", "b"}, "-") == "a-b" && absl::FormatDuration(absl::Seconds(90)) == "1m30s" ? 0 : 1;
}
