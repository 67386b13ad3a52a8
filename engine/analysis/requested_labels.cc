#include "engine/analysis/requested_labels.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "engine/base/diagnostic.h"
#include "engine/base/status.h"
#include "engine/loading/package.h"
#include "engine/loading/target.h"

namespace cow::analysis {

namespace {

bool IsSuite(const loading::Target& target) {
  return target.is_rule() && target.rule_class().is_native() &&
         target.rule_class().name() == "test_suite";
}

// Whether a test_suite takes a test: it has every tag of the suite, and none of those with "-". The size is a tag too.
bool Takes(const loading::Target& suite, const loading::Target& test) {
  for (const std::string& tag : suite.tags()) {
    if (tag == "manual") continue;
    bool unwanted = tag.starts_with('-');
    std::string name = unwanted || tag.starts_with('+') ? tag.substr(1) : tag;
    if ((test.has_tag(name) || test.StringAttr("size") == name) == unwanted) return false;
  }
  return true;
}

absl::StatusOr<std::vector<Label>> MembersOf(const loading::Target& suite,
                                             loading::PackageLoader& loader) {
  std::vector<Label> members = suite.LabelListAttr("tests");
  if (!members.empty()) return members;
  COW_ASSIGN_OR_RETURN(loading::PackagePtr package, loader.Load(suite.label().package()));
  for (const auto& [name, target] : package->targets()) {
    if (target.is_rule() && target.rule_class().test() && !target.has_tag("manual"))
      members.push_back(target.label());
  }
  return members;
}

}  // namespace

absl::StatusOr<std::vector<Label>> ExpandTestSuites(const Label& label,
                                                    loading::PackageLoader& loader) {
  std::vector<Label> result;
  std::set<Label> seen{label};
  std::vector<std::pair<Label, const loading::Target*>> stack{
      {label, nullptr}};  // with the suite that names it
  while (!stack.empty()) {
    auto [next, asked_by] = stack.back();
    stack.pop_back();
    absl::StatusOr<const loading::Target*> target = loader.LoadTarget(next);
    if (!target.ok()) {
      if (asked_by == nullptr || IsDiagnostic(target.status())) return target.status();
      return asked_by->Error(absl::StrCat("in tests attribute of test_suite rule ",
                                          asked_by->label().ToString(), ": ",
                                          target.status().message()));
    }
    if (!IsSuite(**target)) {
      if (asked_by == nullptr || Takes(*asked_by, **target)) result.push_back(next);
      continue;
    }
    COW_ASSIGN_OR_RETURN(std::vector<Label> members, MembersOf(**target, loader));
    for (auto it = members.rbegin(); it != members.rend(); ++it) {
      if (seen.insert(*it).second) stack.emplace_back(*it, *target);
    }
  }
  return result;
}

}  // namespace cow::analysis
