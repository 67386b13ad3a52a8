// CacheHandler: the cache over HTTP: [/INSTANCE]/cas/HASH and [/INSTANCE]/ac/HASH as Bazel's HTTP clients use them, below
// /raw/ any bytes under any 64 digits (ccache with layout=bazel), and what people and monitors look at.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "remote-cache/http/http_connection.h"
#include "remote-cache/service/action_results.h"
#include "remote-cache/service/call.h"

namespace cow::cache {

class CacheHandler {
 public:
  // `ready`: why no new work is taken, or OK.
  CacheHandler(ServiceContext context, ActionResults* results, std::function<absl::Status()> ready)
      : context_(std::move(context)), results_(*results), ready_(std::move(ready)) {}

  // See HttpServer::Handler. Any thread.
  bool Handle(HttpConnection& connection, const HttpRequest& request) const;

 private:
  struct Exchange;  // one request and its answer
  struct Target {
    std::string instance;
    bool is_result = false;
    bool is_raw = false;
    std::string hash;
  };
  static std::optional<Target> ParseTarget(std::string_view path);
  static absl::StatusOr<Digest> NameOf(const Target& target);

  absl::Status Route(Exchange& exchange) const;
  absl::Status Page(Exchange& exchange) const;
  absl::Status Get(Exchange& exchange, const Target& target) const;
  absl::Status GetBlob(Exchange& exchange, const Target& target, const Key& key) const;
  absl::Status Put(Exchange& exchange, const Target& target) const;
  absl::Status PutBlob(Exchange& exchange, const Target& target, const Key& key) const;
  absl::Status PutResult(Exchange& exchange, const Target& target, const Key& key) const;
  absl::Status Answer(Exchange& exchange, int code, std::string_view type, std::string_view body) const;

  const ServiceContext context_;
  ActionResults& results_;
  const std::function<absl::Status()> ready_;
};

}  // namespace cow::cache
