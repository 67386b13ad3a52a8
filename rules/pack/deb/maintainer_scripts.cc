#include "rules/pack/deb/maintainer_scripts.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace cow::pack {
namespace {

constexpr std::string_view kMarker = "#DEBHELPER#";

constexpr std::string_view kPostinst = R"sh(case "$1" in
configure|abort-upgrade|abort-deconfigure|abort-remove)
  for unit in @UNITS@; do
    deb-systemd-helper unmask "$unit" >/dev/null || true
    if deb-systemd-helper --quiet was-enabled "$unit"; then
      deb-systemd-helper enable "$unit" >/dev/null || true
    else
      deb-systemd-helper update-state "$unit" >/dev/null || true
    fi
  done
  if [ -d /run/systemd/system ]; then
    systemctl --system daemon-reload >/dev/null || true
    if [ -n "$2" ]; then
      deb-systemd-invoke restart @UNITS@ >/dev/null || true
    else
      deb-systemd-invoke start @UNITS@ >/dev/null || true
    fi
  fi
  ;;
esac
)sh";

constexpr std::string_view kPrerm = R"sh(if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  deb-systemd-invoke stop @UNITS@ >/dev/null || true
fi
)sh";

constexpr std::string_view kPostrm = R"sh(if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  systemctl --system daemon-reload >/dev/null || true
fi
if [ "$1" = purge ] && command -v deb-systemd-helper >/dev/null; then
  deb-systemd-helper purge @UNITS@ >/dev/null || true
fi
)sh";

absl::Status CheckOwn(const std::string& name, const std::string& text) {
  static constexpr std::string_view kNames[] = {"preinst", "postinst", "prerm", "postrm", "config"};
  if (std::find(std::begin(kNames), std::end(kNames), name) == std::end(kNames)) {
    return absl::InvalidArgumentError(
        absl::StrCat("script '", name, "' is none of [", absl::StrJoin(kNames, ", "), "]"));
  }
  if (text.starts_with("#!")) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("script '", name, "' does not start with '#!'"));
}

}  // namespace

absl::StatusOr<ScriptMap> MaintainerScripts(const ScriptMap& own, const std::vector<std::string>& units) {
  ScriptMap generated;
  if (!units.empty()) {
    std::string list = absl::StrJoin(units, " ");
    generated["postinst"] = absl::StrReplaceAll(kPostinst, {{"@UNITS@", list}});
    generated["prerm"] = absl::StrReplaceAll(kPrerm, {{"@UNITS@", list}});
    generated["postrm"] = absl::StrReplaceAll(kPostrm, {{"@UNITS@", list}});
  }
  ScriptMap scripts;
  for (const auto& [name, part] : generated) scripts[name] = absl::StrCat("#!/bin/sh\nset -e\n\n", part);
  for (const auto& [name, text] : own) {
    if (absl::Status status = CheckOwn(name, text); !status.ok()) return status;
    bool has_marker = text.find(kMarker) != std::string::npos;
    auto part = generated.find(name);
    if (part != generated.end() && !has_marker) {
      return absl::InvalidArgumentError(
          absl::StrCat("script '", name, "' has no line '", kMarker, "' for the part systemd units need"));
    }
    scripts[name] = absl::StrReplaceAll(text, {{kMarker, part == generated.end() ? "" : part->second}});
  }
  return scripts;
}

}  // namespace cow::pack
