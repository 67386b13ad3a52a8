// What an error of an evaluation looks like from outside.
//
// A builtin or host hook fails with a plain message. The interpreter turns it, at the innermost
// call, into a Status whose message is the complete text
//     Traceback (most recent call last):
//     	File "pkg/defs.cow", line 3, column 14, in f
//     		xs.append(1)
//     Error in append: trying to mutate a frozen list value
// which passes unchanged through all outer calls. A builtin that fails with a status that
// IsDiagnostic (say from cow::ErrorAt: "file:line:col: error: ...") gets no traceback: its text is
// complete already.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/diagnostic.h"
#include "engine/starlark/thread.h"

namespace cow::starlark {

// The last line's message alone, without "Error in f: "; the whole message if it is not a
// traceback.
std::string ErrorText(const absl::Status& status);

// Where the error happened (innermost Starlark frame); line 0 if the status is not a traceback.
Location ErrorLocation(const absl::Status& status);

// Renders `message` as the interpreter would here and now: for a host that fails outside of a
// builtin but inside of an evaluation, and wants the traceback.
absl::Status ErrorWithTraceback(const Thread& thread, const absl::Status& error);

}  // namespace cow::starlark
