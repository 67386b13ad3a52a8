// Depends computed from what binaries use and what the packages of their libraries promise.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rules/pack/deb/elf.h"

namespace cow::pack {

// The shlibs and symbols files of some packages.
class LibraryIndex {
 public:
  // Text of a package's `symbols` or `shlibs` file; `origin` is for messages.
  absl::Status AddSymbols(std::string_view text, const std::string& origin);
  absl::Status AddShlibs(std::string_view text, const std::string& origin);
  // A directory as `deb-unpack --control` writes it: one folder a package.
  absl::Status AddDirectory(const std::string& directory);

  // Adds the relations a binary needs. kNotFound names a soname no package provides.
  absl::Status AddDependencies(const ElfFile& elf, std::string_view own_package);

  // "libc6 (>= 2.34), libstdc++6 (>= 5.2)", sorted.
  std::string Depends() const;

 private:
  struct SymbolPromise {
    std::string minimum;
    size_t relation = 0;  // index into relations
  };
  struct Library {
    std::vector<std::string> relations;  // templates, with #MINVER#
    std::map<std::string, SymbolPromise> symbols;  // by name@version
  };

  // False if the binary uses a symbol of the library that its symbols file does not know.
  bool AddBySymbols(const Library& library, const std::string& soname, const ElfFile& elf);
  void Need(const std::string& relation, const std::string& minimum);

  std::map<std::string, Library> symbols_;     // by soname
  std::map<std::string, std::string> shlibs_;  // soname -> relation
  std::map<std::string, std::string> needed_;  // relation template -> highest minimum
};

}  // namespace cow::pack
