#include "engine/driver/why.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/driver/session.h"
#include "engine/driver/why_subject.h"
#include "engine/store/build_history.h"
#include "engine/store/cas.h"

namespace cow::driver {
namespace {

using Outcome = RecordedAction::Outcome;

absl::Status NothingRecorded() {
  return absl::InvalidArgumentError("no build of this workspace is recorded in this cache: build something first");
}

class Asked {
 public:
  Asked(Explainer& explainer, const WhyRequest& request) : explainer_(explainer), request_(request) {}

  absl::StatusOr<WhyAnswer> Answer(const std::string& root, const std::string& directory) {
    if (explainer_.builds().empty()) return NothingRecorded();
    WhyAnswer answer{.last = explainer_.builds().back()};
    if (!request_.against.empty()) {
      COW_ASSIGN_OR_RETURN(against_, BuildNumbered(request_.against));
    }
    if (request_.subject.empty()) {
      if (against_) return absl::InvalidArgumentError("--against wants a label or a file");
      CountCauses(&answer);
      return answer;
    }
    COW_ASSIGN_OR_RETURN(WhySubject subject, WhySubject::Parse(request_.subject, root, directory));
    for (ActionRef ref : Newest(subject)) answer.actions.push_back(Explain(ref));
    if (answer.actions.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "no recorded build ran an action for '", request_.subject, "': it was found in the cache, or never asked for"));
    }
    return answer;
  }

 private:
  absl::StatusOr<size_t> BuildNumbered(const std::string& text) const {
    int64_t number = 0;
    if (absl::SimpleAtoi(text, &number)) {
      for (size_t i = 0; i < explainer_.builds().size(); ++i) {
        if (explainer_.builds()[i].number == number) return i;
      }
    }
    return absl::InvalidArgumentError(absl::StrCat("--against wants the number of a recorded build, ",
                                                   explainer_.builds().front().number, " to ",
                                                   explainer_.builds().back().number, ", got '", text, "'"));
  }

  void CountCauses(WhyAnswer* answer) {
    const size_t last = explainer_.builds().size() - 1;
    for (size_t i = 0; i < explainer_.actions(last).size(); ++i) {
      const Outcome outcome = explainer_.actions(last)[i].outcome;
      if (outcome != Outcome::kRan && outcome != Outcome::kFailed) continue;
      for (const Cause& cause : explainer_.RootCauses({last, i})) ++answer->counts[cause];
    }
  }

  // Of the newest build that recorded any action of the subject, all of them. Against another build, each action where it
  // was recorded last.
  std::vector<ActionRef> Newest(const WhySubject& subject) {
    std::vector<ActionRef> found;
    absl::flat_hash_set<std::string> seen;
    for (size_t build = explainer_.builds().size(); build-- > 0 && (found.empty() || against_);) {
      if (against_ && build <= *against_) break;
      const std::vector<RecordedAction>& actions = explainer_.actions(build);
      for (size_t i = 0; i < actions.size(); ++i) {
        if (subject.Matches(actions[i]) && seen.insert(actions[i].outputs[0]).second) found.push_back({build, i});
      }
    }
    return found;
  }

  // The key that the action had in the build to compare with: what the first later record says was before it.
  std::optional<LastKey> KeyThen(const std::string& output) {
    for (size_t build = *against_ + 1; build < explainer_.builds().size(); ++build) {
      std::optional<ActionRef> ref = explainer_.MakerOf(build, output);
      if (ref && explainer_.action(*ref).outputs[0] == output) return Newest(explainer_.action(*ref).previous);
    }
    return std::nullopt;
  }

  static std::optional<LastKey> Newest(const std::vector<LastKey>& keys) {
    if (keys.empty()) return std::nullopt;
    return keys.front();
  }

  BuildSummary BuildAt(int64_t unix_micros) const {
    for (const BuildSummary& build : explainer_.builds()) {
      if (build.unix_micros == unix_micros) return build;
    }
    return {.unix_micros = unix_micros};
  }

  ExplainedAction Explain(ActionRef ref) {
    ExplainedAction explained{.action = explainer_.action(ref), .build = explainer_.builds()[ref.build]};
    if (against_) {
      ExplainAgainst(&explained);
      return explained;
    }
    if (std::optional<LastKey> since = explainer_.Since(ref)) {
      explained.since = BuildAt(since->unix_micros);
      explained.key_before = since->key;
    }
    explained.roots = explainer_.RootCauses(ref);
    for (const Cause& cause : explainer_.DirectCauses(ref)) {
      std::vector<ChainLink> chain = explainer_.Chain(ref, cause);
      ExplainedCause& one = explained.causes.emplace_back(ExplainedCause{.cause = cause});
      for (size_t i = 1; i < chain.size(); ++i) {
        one.steps.push_back({.action = explainer_.action(chain[i].action), .cause = chain[i].cause});
      }
    }
    return explained;
  }

  void ExplainAgainst(ExplainedAction* explained) {
    explained->since = explainer_.builds()[*against_];
    std::optional<LastKey> then = KeyThen(explained->action.outputs[0]);
    std::vector<Cause> causes = {{.kind = Cause::Kind::kNeverBuilt}};
    if (then) {
      explained->key_before = then->key;
      causes = explainer_.Compare(then->key, explained->action.key);
    }
    for (Cause& cause : causes) {
      explained->roots.push_back(cause);
      explained->causes.push_back({.cause = std::move(cause)});
    }
  }

  Explainer& explainer_;
  const WhyRequest& request_;
  std::optional<size_t> against_;
};

}  // namespace

absl::StatusOr<WhyAnswer> Why(const BuildRequest& where, const WhyRequest& request) {
  COW_ASSIGN_OR_RETURN(std::unique_ptr<Session> session, Session::OpenStore(where));
  store::BuildHistory history(session->store->database.get(), session->root);
  Explainer explainer(history, ReadBlobsOf(*session->store->cas));
  return Asked(explainer, request).Answer(session->root, where.working_directory);
}

absl::StatusOr<std::vector<BuildSummary>> RecordedBuilds(const BuildRequest& where) {
  COW_ASSIGN_OR_RETURN(std::unique_ptr<Session> session, Session::OpenStore(where));
  return store::BuildHistory(session->store->database.get(), session->root).Builds();
}

}  // namespace cow::driver
