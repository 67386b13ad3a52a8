// Runs a fuzz target over the files of its corpus and over every prefix and one-byte change of the small ones; of
// .star files, over their chunks.
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

void TryChunks(const std::string& suite) {
  const std::string separator = "\n---\n";
  size_t begin = 0;
  for (size_t end; (end = suite.find(separator, begin)) != std::string::npos;) {
    Try(suite.substr(begin, end + 1 - begin));
    begin = end + separator.size();
  }
  Try(suite.substr(begin));
}

}  // namespace

int main(int argc, char** argv) {
  int files = 0;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) {
      std::fprintf(stderr, "%s is no directory\n", argv[i]);
      return 2;
    }
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      const bool suite = entry.path().extension() == ".star";
      if (entry.path().extension() == ".md") continue;
      std::ostringstream bytes;
      bytes << std::ifstream(entry.path(), std::ios::binary).rdbuf();
      suite ? TryChunks(bytes.str()) : TryAround(bytes.str());
      ++files;
    }
  }
  std::printf("%d files replayed\n", files);
  return files > 0 ? 0 : 1;
}
