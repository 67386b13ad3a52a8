// Query: answers questions about targets and actions. Nothing is built.
#pragma once

#include "engine/driver/query_request.h"
#include "engine/model/build_event.h"

namespace cow::driver {

// `build` says where and how to configure. What goes wrong is announced to `events` as an error message, complete with
// its place. Called from one thread; starts and joins its own.
QueryResult Query(const QueryRequest& request, const BuildRequest& build, EventSink& events);

}  // namespace cow::driver
