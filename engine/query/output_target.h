// One target, written out.
#pragma once

#include <string>

#include "engine/query/node_set.h"
#include "engine/query/query_graph.h"

namespace cow::query {

// The call that would declare the rule, with what its BUILD file wrote; "" for what is no rule.
std::string BuildText(const QueryGraph& graph, NodeId node);

// One JSON object on one line: label, kind, location and, of rules, every attribute.
std::string JsonText(QueryGraph& graph, NodeId node);

}  // namespace cow::query
