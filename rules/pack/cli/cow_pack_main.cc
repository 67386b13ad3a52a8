#include <cstdio>
#include <string>
#include <vector>

#include "rules/pack/cli/commands.h"

int main(int argc, char** argv) {
  std::string out, err;
  int code = cow::pack::RunCowPack(std::vector<std::string>(argv + 1, argv + argc), out, err);
  std::fputs(out.c_str(), stdout);
  std::fputs(err.c_str(), stderr);
  return code;
}
