#include <yaml-cpp/yaml.h>

int main() { return YAML::Load("a: [1, 2, 3]")["a"].size() == 3 ? 0 : 1; }
