#include <fmt/format.h>

int main() { return fmt::format("{:>4}|{}", 7, "moo") == "   7|moo" ? 0 : 1; }
