#include "remote-cache/service/call.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/json.h"
#include "engine/base/status.h"

namespace cow::cache {
namespace {

Role RoleFor(Need need) {
  switch (need) {
    case Need::kRead: return Role::kReader;
    case Need::kWriteBlobs: return Role::kCasWriter;
    case Need::kWriteResults: break;
  }
  return Role::kWriter;
}

std::string HeaderOf(const grpc::ServerContext& rpc, const char* name) {
  const auto found = rpc.client_metadata().find(name);
  return found == rpc.client_metadata().end() ? "" : std::string(found->second.data(), found->second.size());
}

std::string CertificateOf(const grpc::ServerContext& rpc) {
  const std::shared_ptr<const grpc::AuthContext> auth = rpc.auth_context();
  if (auth == nullptr || !auth->IsPeerAuthenticated()) return "";
  const std::vector<grpc::string_ref> names = auth->FindPropertyValues("x509_common_name");
  return names.empty() ? "" : std::string(names[0].data(), names[0].size());
}

}  // namespace

absl::Status Allow(const Identity& identity, Need need, std::string_view instance) {
  const Role role = RoleFor(need);
  if (identity.role < role) {
    const std::string text = absl::StrCat("'", identity.name, "' has the role '", RoleName(identity.role), "'; this needs '",
                                          RoleName(role), "'");
    return identity.role == Role::kNone ? absl::UnauthenticatedError(text) : absl::PermissionDeniedError(text);
  }
  if (need == Need::kWriteResults && !identity.MayWrite(instance)) {
    return absl::PermissionDeniedError(absl::StrCat("'", identity.name, "' may not write results of the instance '",
                                                    instance, "'"));
  }
  return absl::OkStatus();
}

Call::Call(const ServiceContext& context, const grpc::ServerContext& rpc, std::string_view method)
    : context_(context), rpc_(rpc), method_(method), began_(absl::Now()) {}

absl::Status Call::Allow(Need need, std::string_view instance) {
  instance_ = std::string(instance);
  absl::StatusOr<Identity> identity = context_.access->Identify(HeaderOf(rpc_, "authorization"), CertificateOf(rpc_));
  absl::Status status = identity.status();
  if (identity.ok()) {
    identity_ = *std::move(identity);
    status = cache::Allow(identity_, need, instance);
  }
  if (!status.ok()) context_.metrics->Add("cow_cache_refused_total");
  return status;
}

grpc::Status Call::End(const absl::Status& status, int64_t bytes) {
  const absl::Duration took = absl::Now() - began_;
  const std::string code = absl::StatusCodeToString(status.code());
  context_.metrics->Request("grpc", method_, code, took);
  if (context_.log) {
    JsonWriter line;
    line.BeginObject().Field("time", absl::FormatTime(absl::RFC3339_sec, began_, absl::UTCTimeZone()));
    line.Field("peer", rpc_.peer()).Field("who", identity_.name).Field("method", method_).Field("instance", instance_);
    line.Field("code", code).Field("bytes", bytes).Field("us", absl::ToInt64Microseconds(took));
    if (!status.ok()) line.Field("message", status.message());
    context_.log(line.EndObject().text());
  }
  // The codes of the two are the same.
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()));
}

}  // namespace cow::cache
