// Actions that need no process: deterministic functions of their inputs whose results need no action cache.
#pragma once

#include "absl/status/statusor.h"
#include "engine/execution/artifact_value.h"
#include "engine/execution/command_expansion.h"
#include "engine/model/action.h"
#include "engine/store/blob_store.h"

namespace cow::execution {

// The value of the only output of a kWrite, kExpandTemplate, kSymlink, kUnresolvedSymlink or kFetch action; its bytes
// are in `blobs` (but those of a kFetch, which are downloaded when somebody needs them). `inputs` are the values of the
// action's inputs. kInvalidArgument, with a reason, if the declaration makes no sense; misses (store::IsMiss) if the
// bytes of an input are gone.
absl::StatusOr<ArtifactValue> MakeInProcess(const Action& action, const std::vector<ArtifactValue>& inputs,
                                            const ArtifactPaths& paths, store::BlobStore& blobs);

}  // namespace cow::execution
