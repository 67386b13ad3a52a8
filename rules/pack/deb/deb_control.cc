#include "rules/pack/deb/deb_control.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/base/edit_distance.h"
#include "engine/base/status.h"
#include "rules/pack/deb/control.h"

namespace cow::pack {
namespace {

constexpr std::string_view kShlibsVariable = "${shlibs:Depends}";

// Every field this tool writes, in order. Those marked are not given by --field.
struct KnownField {
  std::string_view name;
  bool own_flag = false;
};
constexpr std::array kFields = {
    KnownField{"Package", true},      KnownField{"Source"},
    KnownField{"Version", true},      KnownField{"Architecture", true},
    KnownField{"Maintainer", true},   KnownField{"Installed-Size", true},
    KnownField{"Essential"},          KnownField{"Protected"},
    KnownField{"Pre-Depends"},        KnownField{"Depends"},
    KnownField{"Recommends"},         KnownField{"Suggests"},
    KnownField{"Enhances"},           KnownField{"Breaks"},
    KnownField{"Conflicts"},          KnownField{"Replaces"},
    KnownField{"Provides"},           KnownField{"Built-Using"},
    KnownField{"Static-Built-Using"}, KnownField{"Auto-Built-Package"},
    KnownField{"Build-Ids"},          KnownField{"Section"},
    KnownField{"Priority"},           KnownField{"Multi-Arch"},
    KnownField{"Homepage"},           KnownField{"Bugs"},
    KnownField{"Origin"},             KnownField{"Tag"},
    KnownField{"Description", true}};

absl::Status CheckField(const std::string& name, const std::string& value) {
  std::vector<std::string> names;
  for (const KnownField& field : kFields) {
    if (field.name == name) {
      if (field.own_flag) {
        return absl::InvalidArgumentError(absl::StrCat("--field '", name, "' has a flag of its own or is computed"));
      }
      if (value.empty()) return absl::InvalidArgumentError(absl::StrCat("--field '", name, "' has no value"));
      return absl::OkStatus();
    }
    names.emplace_back(field.name);
  }
  std::string closest = ClosestMatch(name, names);
  return absl::InvalidArgumentError(absl::StrCat(
      "unknown control field '", name, "'", closest.empty() ? "" : absl::StrCat(" (did you mean '", closest, "'?)")));
}

absl::Status CheckMaintainer(const std::string& text) {
  size_t open = text.find(" <");
  size_t at = text.find('@', open == std::string::npos ? 0 : open);
  if (open != std::string::npos && open > 0 && at != std::string::npos && text.ends_with('>')) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("maintainer '", text, "' is not 'Name <name@host>'"));
}

absl::StatusOr<std::string> Description(const DebSpec& spec) {
  if (spec.synopsis.empty() || absl::StrContains(spec.synopsis, '\n')) {
    return absl::InvalidArgumentError("the synopsis must be one line of text");
  }
  if (absl::EqualsIgnoreCase(spec.synopsis, spec.package)) {
    return absl::InvalidArgumentError(absl::StrCat("the synopsis '", spec.synopsis, "' only repeats the package name"));
  }
  std::string text = spec.synopsis;
  for (const std::string& line : spec.extended) {
    absl::StrAppend(&text, "\n ", line.empty() ? "." : line);
  }
  return text;
}

void PutSharedLibraries(const std::string& relations, ControlParagraph& control) {
  bool placed = false;
  for (std::string_view field : {"Pre-Depends", "Depends"}) {
    std::string value(control.Get(field));
    if (!absl::StrContains(value, kShlibsVariable)) continue;
    placed = true;
    value = absl::StrReplaceAll(value, {{kShlibsVariable, relations}});
    if (relations.empty()) value = absl::StrReplaceAll(value, {{", ,", ","}});
    while (value.starts_with(',') || value.starts_with(' ')) value.erase(0, 1);
    while (value.ends_with(',') || value.ends_with(' ')) value.pop_back();
    control.Set(field, value);
  }
  if (placed || relations.empty()) return;
  std::string_view present = control.Get("Depends");
  control.Set("Depends", present.empty() ? relations : absl::StrCat(relations, ", ", present));
}

}  // namespace

int64_t InstalledSize(const FileTree& data) {
  int64_t kib = 1;  // the root directory
  for (const auto& [path, node] : data.nodes()) {
    kib += node.kind == NodeKind::kFile ? (node.content->size() + 1023) / 1024 : 1;
  }
  return kib;
}

absl::StatusOr<std::string> RenderControl(const DebSpec& spec, const std::string& shared_libraries,
                                          int64_t installed_size) {
  COW_RETURN_IF_ERROR(CheckPackageName(spec.package));
  COW_RETURN_IF_ERROR(CheckVersion(spec.version));
  COW_RETURN_IF_ERROR(CheckMaintainer(spec.maintainer));
  ControlParagraph control;
  control.Set("Package", spec.package);
  control.Set("Version", spec.version);
  control.Set("Architecture", spec.architecture);
  control.Set("Maintainer", spec.maintainer);
  control.Set("Installed-Size", absl::StrCat(installed_size));
  control.Set("Section", "misc");
  control.Set("Priority", "optional");
  for (const auto& [name, value] : spec.fields) {
    COW_RETURN_IF_ERROR(CheckField(name, value));
    control.Set(name, value);
  }
  COW_ASSIGN_OR_RETURN(std::string description, Description(spec));
  control.Set("Description", description);
  PutSharedLibraries(shared_libraries, control);
  if (absl::StrContains(control.Render(), "${")) {
    return absl::InvalidArgumentError("a control field holds an unknown ${variable}");
  }
  ControlParagraph ordered;
  for (const KnownField& field : kFields) ordered.Set(field.name, control.Get(field.name));
  return ordered.Render();
}

}  // namespace cow::pack
