// Runs a fuzz target over the files of its corpus and over every prefix and one-byte change of the small ones.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr size_t kSmall = 200;

void Try(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

void TryAround(const std::string& input) {
  Try(input);
  if (input.size() > kSmall) return;
  for (size_t i = 0; i < input.size(); ++i) {
    Try(input.substr(0, i));
    for (char flip : {1, 64, 127}) {
      std::string changed = input;
      changed[i] = static_cast<char>(changed[i] ^ flip);
      Try(changed);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 || !std::filesystem::is_directory(argv[1])) {
    std::fprintf(stderr, "usage: %s CORPUS_DIR\n", argv[0]);
    return 2;
  }
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    std::ostringstream bytes;
    bytes << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    TryAround(bytes.str());
    ++files;
  }
  std::printf("%d corpus files replayed\n", files);
  return files > 0 ? 0 : 1;
}
