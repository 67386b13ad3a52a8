#include <openssl/crypto.h>

#include <cstdio>
#include <string>
#include <vector>

#include "rules/pack/cli/commands.h"

int main(int argc, char** argv) {
  // Else the first digest would read the machine's openssl.cnf, or the file $OPENSSL_CONF names.
  OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  std::string out, err;
  int code = cow::pack::RunCowPack(std::vector<std::string>(argv + 1, argv + argc), out, err);
  std::fputs(out.c_str(), stdout);
  std::fputs(err.c_str(), stderr);
  return code;
}
