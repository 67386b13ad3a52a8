#include "engine/execution/sandbox_advice.h"

#include <cerrno>
#include <cstring>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"

namespace cow::execution {
namespace {

std::string ReadSetting(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(path);
  return text.ok() ? std::string(absl::StripAsciiWhitespace(*text)) : std::string();
}

constexpr std::string_view kContainerAdvice =
    "this is a container whose profile forbids it; start it with '--security-opt "
    "seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined', "
    "or with '--privileged'";

std::string Advice(const sandbox::Failure& failure, const SandboxHostFacts& facts) {
  const bool creating = absl::StartsWith(failure.step, "create namespaces");
  if (creating && (failure.error == ENOSPC || facts.max_namespaces == "0")) {
    return "the limit of user namespaces is reached; as root, run 'sysctl -w "
           "user.max_user_namespaces=10000'";
  }
  if (failure.error == ENOSYS || (creating && failure.error == EINVAL)) {
    return "this kernel lacks a call that the sandbox needs; Linux 5.14 or newer with user "
           "namespaces is required";
  }
  if (failure.error != EPERM && failure.error != EACCES) return "";
  if (facts.userns_clone == "0") {
    return "this system forbids it to ordinary users; as root, run 'sysctl -w "
           "kernel.unprivileged_userns_clone=1'";
  }
  if (facts.apparmor_userns == "1") {
    return "AppArmor takes the rights away from programs without a profile; give cow-sandbox one "
           "with the 'userns,' rule, or, as root, run 'sysctl -w "
           "kernel.apparmor_restrict_unprivileged_userns=0'";
  }
  if (facts.in_container) return std::string(kContainerAdvice);
  return "a security module or a system call filter forbids it to this process";
}

}  // namespace

SandboxHostFacts SandboxHostFacts::OfThisMachine() {
  return {.in_container = FileExists("/.dockerenv") || FileExists("/run/.containerenv"),
          .userns_clone = ReadSetting("/proc/sys/kernel/unprivileged_userns_clone"),
          .max_namespaces = ReadSetting("/proc/sys/user/max_user_namespaces"),
          .apparmor_userns = ReadSetting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")};
}

std::string DescribeSandboxFailure(const sandbox::Failure& failure) {
  std::string text = absl::StrCat("could not ", failure.step, ": ", strerror(failure.error));
  if (failure.detail[0] == 0) return text;
  std::string_view detail = failure.detail;
  // The helper's name for a host path is of no use to the reader.
  if (absl::StartsWith(detail, absl::StrCat(sandbox::kHostPrefix, "/"))) {
    detail.remove_prefix(strlen(sandbox::kHostPrefix));
  }
  absl::StrAppend(&text, " ('", detail, "')");
  return text;
}

absl::Status SandboxSetupError(const sandbox::Failure& failure, const SandboxHostFacts& facts) {
  std::string text = absl::StrCat("no sandbox: ", DescribeSandboxFailure(failure));
  const std::string advice = Advice(failure, facts);
  if (!advice.empty()) absl::StrAppend(&text, "\n  ", advice);
  return absl::FailedPreconditionError(text);
}

}  // namespace cow::execution
