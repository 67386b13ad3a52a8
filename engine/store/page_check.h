// Checks that the pages of an LMDB data file form what LMDB takes for granted: trees of sorted keys whose nodes lie
// within their pages, and no page in two places. LMDB itself checks nothing of it: what it reads through a damaged page
// may be anywhere, and what it writes through one destroys other pages or its own memory.
//
// Values are not looked at. The format is LMDB 0.9's on 64-bit little-endian machines (mdb.c of its source).
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace cow::store {

// kDataLoss says where the first damage is. `file` is the whole data.mdb; nobody writes to it meanwhile.
absl::Status CheckPages(std::string_view file);

// The same of a file; a file that is empty is sound. kDataLoss also if it is cut off meanwhile.
absl::Status CheckPagesOfFile(const std::string& path);

}  // namespace cow::store
