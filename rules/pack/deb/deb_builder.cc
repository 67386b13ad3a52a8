#include "rules/pack/deb/deb_builder.h"

#include <openssl/evp.h>

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "engine/base/digest.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "rules/pack/deb/ar.h"
#include "rules/pack/deb/changelog.h"
#include "rules/pack/deb/control.h"
#include "rules/pack/deb/deb_control.h"
#include "rules/pack/deb/maintainer_scripts.h"
#include "rules/pack/deb/shlibdeps.h"

namespace cow::pack {
namespace {

class Md5Sink final : public ByteSink {
 public:
  Md5Sink() : context_(EVP_MD_CTX_new()) { COW_CHECK(EVP_DigestInit_ex(context_, EVP_md5(), nullptr) == 1); }
  ~Md5Sink() override { EVP_MD_CTX_free(context_); }
  absl::Status Write(std::string_view bytes) override {
    EVP_DigestUpdate(context_, bytes.data(), bytes.size());
    return absl::OkStatus();
  }
  absl::Status Finish() override {
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    EVP_DigestFinal_ex(context_, hash, &length);
    hex_ = HexEncode({reinterpret_cast<char*>(hash), length});
    return absl::OkStatus();
  }
  const std::string& hex() const { return hex_; }

 private:
  EVP_MD_CTX* context_;
  std::string hex_;
};

// One build, step by step over the same spec.
class Builder {
 public:
  explicit Builder(DebSpec spec) : spec_(std::move(spec)) {}

  absl::Status Build(const std::string& out) {
    COW_RETURN_IF_ERROR(ReadChangelog());
    COW_RETURN_IF_ERROR(AddDocumentation());
    COW_RETURN_IF_ERROR(AddUnits());
    COW_RETURN_IF_ERROR(spec_.data.AddParents(DefaultParentMode));
    COW_RETURN_IF_ERROR(AddControlFiles());
    return Write(out);
  }

 private:
  std::string DocPlace(std::string_view name) const {
    return absl::StrCat("usr/share/doc/", spec_.package, "/", name);
  }

  absl::Status AddCompressed(const std::string& place, const std::string& file) {
    COW_ASSIGN_OR_RETURN(std::string text, ReadFile(file));
    COW_ASSIGN_OR_RETURN(std::string compressed, Compress(Compression::kGzipMax, text));
    return spec_.data.Add(place, FileNode(BytesContent(std::move(compressed)), 0644, file));
  }

  absl::Status ReadChangelog() {
    if (spec_.changelog.empty()) {
      if (spec_.version.empty()) return absl::InvalidArgumentError("--version is missing and there is no --changelog");
      return absl::OkStatus();
    }
    COW_ASSIGN_OR_RETURN(std::string text, ReadFile(spec_.changelog));
    absl::StatusOr<ChangelogTop> top = ParseChangelogTop(text);
    if (!top.ok()) return Annotate(top.status(), spec_.changelog);
    if (spec_.version.empty()) spec_.version = top->version;
    if (top->version != spec_.version) {
      return absl::InvalidArgumentError(absl::StrCat(spec_.changelog, ": the top entry's version is '", top->version,
                                                     "', the package's is '", spec_.version, "'"));
    }
    if (!spec_.mtime.has_value()) spec_.mtime = top->time;
    return AddCompressed(DocPlace(HasRevision(spec_.version) ? "changelog.Debian.gz" : "changelog.gz"),
                         spec_.changelog);
  }

  absl::Status AddDocumentation() {
    if (!spec_.copyright.empty()) {
      COW_RETURN_IF_ERROR(spec_.data.AddFromDisk(DocPlace("copyright"), spec_.copyright, 0644));
    }
    if (!spec_.lintian_overrides.empty()) {
      COW_RETURN_IF_ERROR(spec_.data.AddFromDisk(absl::StrCat("usr/share/lintian/overrides/", spec_.package),
                                                 spec_.lintian_overrides, 0644));
    }
    for (const std::string& file : spec_.man_pages) {
      std::string_view name = PathBasename(file);
      size_t dot = name.rfind('.');
      if (dot == std::string_view::npos || dot + 1 >= name.size() || !absl::ascii_isdigit(name[dot + 1])) {
        return absl::InvalidArgumentError(absl::StrCat(file, ": a man page is named like 'name.1'"));
      }
      COW_RETURN_IF_ERROR(AddCompressed(
          absl::StrCat("usr/share/man/man", name.substr(dot + 1, 1), "/", name, ".gz"), file));
    }
    return absl::OkStatus();
  }

  absl::Status AddUnits() {
    for (const std::string& file : spec_.systemd_units) {
      std::string_view name = PathBasename(file);
      COW_RETURN_IF_ERROR(spec_.data.AddFromDisk(absl::StrCat("lib/systemd/system/", name), file, 0644));
      // A template (name@.service) has no instance to start.
      if (name.find("@.") == std::string_view::npos) units_.emplace_back(name);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> SharedLibraries() {
    LibraryIndex index;
    for (const std::string& directory : spec_.symbols_directories) COW_RETURN_IF_ERROR(index.AddDirectory(directory));
    for (const std::string& file : spec_.shlibs_binaries) {
      COW_ASSIGN_OR_RETURN(std::string bytes, ReadFile(file));
      absl::StatusOr<ElfFile> elf = ReadElf(bytes);
      if (!elf.ok()) return Annotate(elf.status(), file);
      std::string_view built_for = DebianArchitecture(elf->machine);
      if (built_for != spec_.architecture) {
        return absl::InvalidArgumentError(absl::StrCat(file, ": built for '", built_for, "', the package is for '",
                                                       spec_.architecture, "'"));
      }
      COW_RETURN_IF_ERROR(Annotate(index.AddDependencies(*elf, spec_.package), file));
    }
    return index.Depends();
  }

  absl::Status AddControl(const std::string& name, std::string text, uint32_t mode) {
    return control_.Add(name, FileNode(BytesContent(std::move(text)), mode, "control data"));
  }

  absl::StatusOr<std::set<std::string>> Conffiles() {
    std::set<std::string> paths;
    for (const auto& [path, node] : spec_.data.nodes()) {
      if (node.kind == NodeKind::kFile && path.starts_with("etc/")) paths.insert(path);
    }
    for (const std::string& text : spec_.conffiles) {
      COW_ASSIGN_OR_RETURN(std::string path, ArchivePath(text));
      const Node* node = spec_.data.Find(path);
      if (node == nullptr || node->kind != NodeKind::kFile) {
        return absl::InvalidArgumentError(absl::StrCat("--conffile '", text, "' is no file of the package"));
      }
      paths.insert(std::move(path));
    }
    return paths;
  }

  absl::Status AddChecksums() {
    COW_ASSIGN_OR_RETURN(std::set<std::string> conffiles, Conffiles());
    std::string conffile_lines, sums;
    for (const std::string& path : conffiles) absl::StrAppend(&conffile_lines, "/", path, "\n");
    for (const auto& [path, node] : spec_.data.nodes()) {
      if (node.kind != NodeKind::kFile || conffiles.count(path) > 0) continue;
      Md5Sink md5;
      COW_RETURN_IF_ERROR(node.content->CopyTo(md5));
      COW_RETURN_IF_ERROR(md5.Finish());
      absl::StrAppend(&sums, md5.hex(), "  ", path, "\n");
    }
    if (!conffile_lines.empty()) COW_RETURN_IF_ERROR(AddControl("conffiles", std::move(conffile_lines), 0644));
    return AddControl("md5sums", std::move(sums), 0644);
  }

  absl::Status AddControlFiles() {
    COW_ASSIGN_OR_RETURN(std::string libraries, SharedLibraries());
    COW_ASSIGN_OR_RETURN(std::string control, RenderControl(spec_, libraries, InstalledSize(spec_.data)));
    COW_RETURN_IF_ERROR(AddControl("control", std::move(control), 0644));
    COW_RETURN_IF_ERROR(AddChecksums());
    ScriptMap own;
    for (const auto& [name, file] : spec_.scripts) {
      COW_ASSIGN_OR_RETURN(own[name], ReadFile(file));
    }
    COW_ASSIGN_OR_RETURN(ScriptMap scripts, MaintainerScripts(own, units_));
    for (auto& [name, text] : scripts) COW_RETURN_IF_ERROR(AddControl(name, std::move(text), 0755));
    for (const auto& [name, file] : spec_.control_files) {
      static constexpr std::string_view kAllowed[] = {"shlibs", "symbols", "templates", "triggers"};
      if (std::find(std::begin(kAllowed), std::end(kAllowed), name) == std::end(kAllowed)) {
        return absl::InvalidArgumentError(
            absl::StrCat("--control-file '", name, "' is none of [shlibs, symbols, templates, triggers]"));
      }
      COW_RETURN_IF_ERROR(control_.AddFromDisk(name, file, 0644));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> CompressedTar(const FileTree& tree) {
    StringSink out;
    COW_ASSIGN_OR_RETURN(auto compressor, NewCompressor(spec_.compression, out));
    TarWriter tar(TarFormat::kGnu, *compressor);
    TreeTarOptions options{.prefix = "./", .root_entry = true, .mtime = spec_.mtime.value_or(0), .owner_name = "root"};
    COW_RETURN_IF_ERROR(WriteTreeAsTar(tree, options, tar));
    COW_RETURN_IF_ERROR(tar.Finish());
    COW_RETURN_IF_ERROR(compressor->Finish());
    return std::move(out.bytes());
  }

  absl::Status Write(const std::string& out) {
    std::string_view suffix = spec_.compression == Compression::kXz ? ".xz" : ".gz";
    int64_t mtime = spec_.mtime.value_or(0);
    COW_ASSIGN_OR_RETURN(std::string control, CompressedTar(control_));
    COW_ASSIGN_OR_RETURN(std::string data, CompressedTar(spec_.data));
    COW_ASSIGN_OR_RETURN(auto file, FileSink::Create(out));
    COW_RETURN_IF_ERROR(BeginAr(*file));
    COW_RETURN_IF_ERROR(AddArMember(*file, "debian-binary", mtime, "2.0\n"));
    COW_RETURN_IF_ERROR(AddArMember(*file, absl::StrCat("control.tar", suffix), mtime, control));
    COW_RETURN_IF_ERROR(AddArMember(*file, absl::StrCat("data.tar", suffix), mtime, data));
    return file->Finish();
  }

  DebSpec spec_;
  FileTree control_;
  std::vector<std::string> units_;
};

}  // namespace

absl::Status BuildDeb(DebSpec spec, const std::string& out) { return Builder(std::move(spec)).Build(out); }

}  // namespace cow::pack
