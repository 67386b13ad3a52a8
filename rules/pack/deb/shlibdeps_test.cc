#include "rules/pack/deb/shlibdeps.h"

#include "engine/base/posix_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cow::pack {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

constexpr std::string_view kLibc =
    "libc.so.6 libc6 #MINVER#\n"
    "| libc6 (>> 2.36), libc6 (<< 2.37)\n"
    "* Build-Depends-Package: libc6-dev\n"
    " puts@GLIBC_2.2.5 2.2.5\n"
    " start@GLIBC_2.34 2.34\n"
    " inner@GLIBC_PRIVATE 0 1\n";

ElfSymbol Symbol(std::string name, std::string version, std::string library, bool weak = false) {
  return {std::move(name), std::move(version), std::move(library), weak};
}

std::string DependsOf(LibraryIndex& index, const ElfFile& elf) {
  absl::Status status = index.AddDependencies(elf, "own");
  return status.ok() ? index.Depends() : "error: " + std::string(status.message());
}

LibraryIndex WithLibc() {
  LibraryIndex index;
  EXPECT_TRUE(index.AddSymbols(kLibc, "symbols").ok());
  return index;
}

TEST(ShlibdepsTest, TakesTheHighestMinimumOfUsedSymbols) {
  LibraryIndex index = WithLibc();
  EXPECT_EQ(DependsOf(index, {62, {"libc.so.6"}, {Symbol("puts", "GLIBC_2.2.5", "libc.so.6"),
                                                   Symbol("start", "GLIBC_2.34", "libc.so.6")}}),
            "libc6 (>= 2.34)");
}

TEST(ShlibdepsTest, UnusedLibraryCostsAPlainRelation) {
  LibraryIndex index = WithLibc();
  EXPECT_EQ(DependsOf(index, {62, {"libc.so.6"}, {}}), "libc6");
}

TEST(ShlibdepsTest, PrivateSymbolsTakeTheAlternativeRelation) {
  LibraryIndex index = WithLibc();
  EXPECT_EQ(DependsOf(index, {62, {"libc.so.6"}, {Symbol("inner", "GLIBC_PRIVATE", "libc.so.6")}}),
            "libc6, libc6 (>> 2.36), libc6 (<< 2.37)");
}

TEST(ShlibdepsTest, UnknownSymbolFallsBackToShlibs) {
  LibraryIndex index = WithLibc();
  ElfFile elf{62, {"libc.so.6"}, {Symbol("newer", "GLIBC_2.40", "libc.so.6")}};
  EXPECT_THAT(DependsOf(index, elf), HasSubstr("no package of --symbols-from provides 'libc.so.6' with all used"));
  ASSERT_TRUE(index.AddShlibs("libc 6 libc6 (>= 2.40)\nudeb: libc 6 libc6-udeb\n", "shlibs").ok());
  EXPECT_THAT(DependsOf(index, elf), HasSubstr("libc6 (>= 2.40)"));
}

TEST(ShlibdepsTest, NamesTheLibraryNobodyProvides) {
  LibraryIndex index;
  EXPECT_EQ(DependsOf(index, {62, {"libfoo.so.1"}, {}}),
            "error: no package of --symbols-from provides 'libfoo.so.1'");
}

TEST(ShlibdepsTest, ReadsBothFormsOfSonames) {
  LibraryIndex index;
  ASSERT_TRUE(index.AddShlibs("libdb 5.3 libdb5.3\nlibfoo 1 own\n", "shlibs").ok());
  EXPECT_EQ(DependsOf(index, {62, {"libdb-5.3.so", "libfoo.so.1"}, {}}), "libdb5.3")
      << "a package does not depend on itself";
}

// The test program itself: a dynamic program of this machine.
TEST(ElfTest, ReadsNeededLibrariesAndVersions) {
  absl::StatusOr<std::string> bytes = ReadFile("/proc/self/exe");
  ASSERT_TRUE(bytes.ok());
  absl::StatusOr<ElfFile> elf = ReadElf(*bytes);
  ASSERT_TRUE(elf.ok()) << elf.status();
  EXPECT_THAT(elf->needed, Contains("libc.so.6"));
  bool versioned = false;
  for (const ElfSymbol& symbol : elf->undefined) {
    versioned = versioned || (symbol.library == "libc.so.6" && symbol.version.starts_with("GLIBC_"));
  }
  EXPECT_TRUE(versioned);
}

TEST(ElfTest, RefusesForeignAndDamagedFiles) {
  EXPECT_FALSE(ReadElf("#!/bin/sh").ok());
  std::string bytes = *ReadFile("/proc/self/exe");
  EXPECT_FALSE(ReadElf(std::string_view(bytes).substr(0, 1000)).ok());
  std::string wrong = bytes.substr(0, 100);
  wrong[4] = 1;
  EXPECT_THAT(std::string(ReadElf(wrong).status().message()), HasSubstr("64-bit"));
}

}  // namespace
}  // namespace cow::pack
