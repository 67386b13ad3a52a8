#include <nlohmann/json.hpp>

int main() { return nlohmann::json::parse(R"({"a": [1, 2]})")["a"].size() == 2 ? 0 : 1; }
