#include "engine/driver/explain_file.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/driver/cause_text.h"
#include "engine/driver/explainer.h"
#include "engine/store/build_history.h"

namespace cow::driver {
namespace {

// "input 'x.o' changed (...), because input 'x.c' changed (...)"
std::string Reason(Explainer& explainer, ActionRef ref, const Cause& cause) {
  return absl::StrJoin(explainer.Chain(ref, cause), ", because ",
                       [](std::string* out, const ChainLink& link) { absl::StrAppend(out, TextOf(link.cause)); });
}

void AppendAction(Explainer& explainer, ActionRef ref, bool verbose, std::string* text) {
  const RecordedAction& action = explainer.action(ref);
  absl::StrAppend(text, "Executing action '", action.mnemonic, " ", action.outputs[0], "' [for ", action.label, "]: ");
  const std::vector<Cause>& causes = explainer.DirectCauses(ref);
  if (!verbose) {
    absl::StrAppend(text, TextOf(causes.front()));
    if (causes.size() > 1) absl::StrAppend(text, ", and ", causes.size() - 1, " more");
  } else {
    absl::StrAppend(text, absl::StrJoin(causes, "; ", [&](std::string* out, const Cause& cause) {
                      absl::StrAppend(out, Reason(explainer, ref, cause));
                    }));
  }
  absl::StrAppend(text, "\n");
}

}  // namespace

absl::Status WriteExplanations(const BuildRequest& request, const std::string& workspace_root,
                               int64_t began_unix_micros, store::LocalStore& store) {
  std::string text = absl::StrCat("Build options: ", absl::StrJoin(request.command_line, " "), "\n");
  // The record of this build is read like any other.
  COW_RETURN_IF_ERROR(store.database->Flush());
  store::BuildHistory history(store.database.get(), workspace_root);
  Explainer explainer(history, ReadBlobsOf(*store.cas));
  int64_t ran = 0;
  for (size_t build = 0; build < explainer.builds().size(); ++build) {
    if (explainer.builds()[build].unix_micros != began_unix_micros) continue;
    for (size_t i = 0; i < explainer.actions(build).size(); ++i) {
      const RecordedAction::Outcome outcome = explainer.actions(build)[i].outcome;
      if (outcome != RecordedAction::Outcome::kRan && outcome != RecordedAction::Outcome::kFailed) continue;
      AppendAction(explainer, {build, i}, request.verbose_explanations, &text);
      ++ran;
    }
  }
  if (ran == 0) absl::StrAppend(&text, "No action was executed.\n");
  const bool absolute = request.explain.starts_with('/');
  return WriteFile(absolute ? request.explain : JoinPath(request.working_directory, request.explain), text);
}

}  // namespace cow::driver
