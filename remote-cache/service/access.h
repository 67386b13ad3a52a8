// Access: who may do what. Writing results is code execution on every machine that reads them, so it is a role of its own;
// an identity may be bound to instances: `pr/*` writes what only pull requests read. Any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "engine/base/digest.h"

namespace cow::cache {

enum class Role {
  kNone,
  kReader,     // results and blobs
  kCasWriter,  // and writes blobs, which are verified
  kWriter,     // and results
  kAdmin,
};

std::string_view RoleName(Role role);
absl::StatusOr<Role> ParseRole(std::string_view name);

struct Identity {
  std::string name{};
  Role role = Role::kNone;
  std::vector<std::string> instances{};  // that it may write; "pr/*" and all below; empty: all

  bool MayWrite(std::string_view instance) const;
};

// Lines of an access file: "ROLE NAME CREDENTIAL [INSTANCE...]". CREDENTIAL is the SHA-256 of a token or password in hex, or
// "certificate": then NAME is the common name of a client's certificate.
class Access {
 public:
  // `anonymous`: of whom shows nothing.
  explicit Access(Role anonymous) : anonymous_(anonymous) {}

  // Replaces all identities; none if the text is wrong. kInvalidArgument with the line.
  absl::Status Load(std::string_view text, std::string_view path);

  // `authorization`: the header, "" if there is none. `certificate`: the verified common name, or "".
  // kUnauthenticated if what is shown is not known.
  absl::StatusOr<Identity> Identify(std::string_view authorization, std::string_view certificate) const;

 private:
  struct Entry {
    Identity identity;
    std::optional<Digest::Bytes> secret;  // unset: a certificate
  };
  const Role anonymous_;
  mutable absl::Mutex mutex_;
  std::vector<Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cow::cache
