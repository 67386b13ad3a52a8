// DescribeAttribute: the value of an attribute in the words of attr(), of BUILD files and of JSON.
#pragma once

#include "engine/loading/attribute.h"
#include "engine/query/query_graph.h"
#include "engine/starlark/value.h"

namespace cow::query {

// `value`: converted to the attribute's type, a select, or unset.
AttributeValue DescribeAttribute(const loading::Attribute& attribute, starlark::Value value, bool is_explicit);

// Labels in a value of any type, all branches and conditions of selects included; `//conditions:default` is left out.
std::vector<Label> LabelsIn(starlark::Value value);

}  // namespace cow::query
