// Overload: one callable of several, for std::visit: the one whose parameter fits is called.
#pragma once

namespace cow {

template <typename... Functions>
struct Overload : Functions... {
  using Functions::operator()...;
};
// clang 14 does not deduce this by itself.
template <typename... Functions>
Overload(Functions...) -> Overload<Functions...>;

}  // namespace cow
