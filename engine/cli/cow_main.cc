#include <string>
#include <vector>

#include "engine/cli/command_table.h"

int main(int argc, char** argv) {
  return static_cast<int>(cow::cli::RunCommandLine(std::vector<std::string>(argv + 1, argv + argc)));
}
