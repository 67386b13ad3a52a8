#include "rules/pack/deb/shlibdeps.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "rules/pack/deb/control.h"

namespace cow::pack {
namespace {

constexpr std::string_view kMinimum = "#MINVER#";

// "libfoo.so.6" -> libfoo, 6; "libfoo-1.2.so" -> libfoo, 1.2.
std::pair<std::string, std::string> SplitSoname(std::string_view soname) {
  if (size_t so = soname.find(".so."); so != std::string_view::npos) {
    return {std::string(soname.substr(0, so)), std::string(soname.substr(so + 4))};
  }
  if (soname.ends_with(".so")) {
    std::string_view stem = soname.substr(0, soname.size() - 3);
    if (size_t dash = stem.rfind('-'); dash != std::string_view::npos) {
      return {std::string(stem.substr(0, dash)), std::string(stem.substr(dash + 1))};
    }
  }
  return {std::string(soname), ""};
}

std::string_view PackageOf(std::string_view relation) { return relation.substr(0, relation.find_first_of(" (,|")); }

}  // namespace

absl::Status LibraryIndex::AddSymbols(std::string_view text, const std::string& origin) {
  Library* library = nullptr;
  for (std::string_view line : std::vector<std::string_view>(absl::StrSplit(text, '\n', absl::SkipEmpty()))) {
    if (line[0] == '#' || line[0] == '*') continue;
    if (line[0] != ' ' && line[0] != '|') {
      size_t space = line.find(' ');
      if (space == std::string_view::npos) {
        return absl::InvalidArgumentError(absl::StrCat(origin, ": bad symbols line '", line, "'"));
      }
      library = &symbols_[std::string(line.substr(0, space))];
      *library = Library{{std::string(line.substr(space + 1))}, {}};
      continue;
    }
    if (library == nullptr) return absl::InvalidArgumentError(absl::StrCat(origin, ": no library line first"));
    if (line[0] == '|') {
      library->relations.emplace_back(line.substr(std::min<size_t>(2, line.size())));
      continue;
    }
    std::vector<std::string_view> parts = absl::StrSplit(line.substr(1), ' ', absl::SkipEmpty());
    if (parts.size() < 2) continue;
    SymbolPromise promise{std::string(parts[1]), 0};
    if (parts.size() > 2) (void)absl::SimpleAtoi(parts[2], &promise.relation);
    promise.relation = std::min(promise.relation, library->relations.size() - 1);
    library->symbols[std::string(parts[0])] = std::move(promise);
  }
  return absl::OkStatus();
}

absl::Status LibraryIndex::AddShlibs(std::string_view text, const std::string& origin) {
  for (std::string_view line : std::vector<std::string_view>(absl::StrSplit(text, '\n', absl::SkipEmpty()))) {
    if (line[0] == '#') continue;
    std::vector<std::string_view> parts = absl::StrSplit(line, absl::MaxSplits(' ', 2));
    if (parts[0].ends_with(':')) continue;  // another package type, e.g. udeb:
    if (parts.size() < 2) return absl::InvalidArgumentError(absl::StrCat(origin, ": bad shlibs line '", line, "'"));
    shlibs_[absl::StrCat(parts[0], " ", parts[1])] = parts.size() > 2 ? std::string(parts[2]) : "";
  }
  return absl::OkStatus();
}

absl::Status LibraryIndex::AddDirectory(const std::string& directory) {
  COW_ASSIGN_OR_RETURN(auto packages, ListDirectory(directory));
  for (const DirectoryEntry& package : packages) {
    for (bool symbols : {true, false}) {
      std::string file = JoinPath(JoinPath(directory, package.name), symbols ? "symbols" : "shlibs");
      if (!FileExists(file)) continue;
      COW_ASSIGN_OR_RETURN(std::string text, ReadFile(file));
      COW_RETURN_IF_ERROR(symbols ? AddSymbols(text, file) : AddShlibs(text, file));
    }
  }
  return absl::OkStatus();
}

void LibraryIndex::Need(const std::string& relation, const std::string& minimum) {
  auto [it, inserted] = needed_.try_emplace(relation, minimum);
  if (!inserted && CompareVersions(it->second, minimum) < 0) it->second = minimum;
}

// Every needed library costs at least a plain relation; each used symbol raises the minimum.
bool LibraryIndex::AddBySymbols(const Library& library, const std::string& soname, const ElfFile& elf) {
  bool complete = true;
  Need(library.relations[0], "0");
  for (const ElfSymbol& symbol : elf.undefined) {
    bool versioned = !symbol.version.empty();
    if (versioned && symbol.library != soname) continue;
    auto it = library.symbols.find(absl::StrCat(symbol.name, "@", versioned ? symbol.version : "Base"));
    if (it != library.symbols.end()) {
      Need(library.relations[it->second.relation], it->second.minimum);
    } else if (versioned && !symbol.weak) {
      complete = false;
    }
  }
  return complete;
}

absl::Status LibraryIndex::AddDependencies(const ElfFile& elf, std::string_view own_package) {
  for (const std::string& soname : elf.needed) {
    auto [name, version] = SplitSoname(soname);
    auto shlibs = shlibs_.find(absl::StrCat(name, " ", version));
    bool complete = true;
    if (auto it = symbols_.find(soname); it != symbols_.end()) {
      if (PackageOf(it->second.relations[0]) == own_package) continue;
      complete = AddBySymbols(it->second, soname, elf);
      if (complete) continue;  // else the shlibs line is the safe promise
    }
    if (shlibs == shlibs_.end()) {
      return absl::NotFoundError(
          absl::StrCat("no package of --symbols-from provides '", soname, complete ? "'" : "' with all used symbols"));
    }
    if (!shlibs->second.empty() && PackageOf(shlibs->second) != own_package) Need(shlibs->second, "0");
  }
  return absl::OkStatus();
}

std::string LibraryIndex::Depends() const {
  std::set<std::string> relations;
  for (const auto& [relation, minimum] : needed_) {
    std::string bound = minimum == "0" ? "" : absl::StrCat("(>= ", minimum, ")");
    std::string text = absl::StrReplaceAll(relation, {{kMinimum, bound}});
    while (text.ends_with(' ')) text.pop_back();
    relations.insert(std::move(text));
  }
  return absl::StrJoin(relations, ", ");
}

}  // namespace cow::pack
