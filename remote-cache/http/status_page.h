// What the server says of itself: a page for people, JSON and Prometheus text for programs.
#pragma once

#include <string>

#include "remote-cache/service/call.h"

namespace cow::cache {

std::string MetricsText(const ServiceContext& context);
std::string StatusJson(const ServiceContext& context);
// HTML that needs no script; it asks to be loaded again every ten seconds.
std::string StatusPage(const ServiceContext& context, const absl::Status& ready);

}  // namespace cow::cache
