// Whether a server holds blobs. Any thread.
#pragma once

#include <vector>

#include "engine/remote/endpoint/link.h"
#include "engine/remote/frame.h"

namespace cow::remote {

// By its own word; who asks keeps them from being evicted for a while. False also if it does not answer.
bool HoldsAll(Link& link, const std::vector<Frame::Blob>& blobs);

}  // namespace cow::remote
