// A path put together from pieces, on the stack.
#pragma once

#include <climits>
#include <cstring>
#include <initializer_list>

namespace cow::sandbox {

// A path that would be too long becomes a single overlong name, which every system call refuses
// with ENAMETOOLONG.
class Path {
 public:
  Path(std::initializer_list<const char*> pieces) {
    size_t used = 0;
    for (const char* piece : pieces) {
      const size_t length = strlen(piece);
      if (used + length >= sizeof text_) {
        memset(text_, 'x', sizeof text_ - 1);
        used = sizeof text_ - 1;
        break;
      }
      memcpy(text_ + used, piece, length);
      used += length;
    }
    text_[used] = 0;
  }

  const char* c_str() const { return text_; }
  char* data() { return text_; }

 private:
  char text_[PATH_MAX];
};

}  // namespace cow::sandbox
