#include "rules/pack/deb/own_loader.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/pack/testing/temp_folder.h"

namespace cow::pack {
namespace {

using ::testing::HasSubstr;

// This test itself is a dynamic program.
std::string ThisProgram() {
  absl::StatusOr<std::string> bytes = ReadFile("/proc/self/exe");
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  return *std::move(bytes);
}

TEST(OwnLoaderTest, ProgramStartsFromTheDirectoryItsLoaderIsRelativeTo) {
  TempFolder folder;
  const std::string original = ThisProgram();
  absl::StatusOr<std::string> interpreter = InterpreterOf(original);
  ASSERT_TRUE(interpreter.ok()) << interpreter.status();
  ASSERT_THAT(*interpreter, HasSubstr("/ld-linux"));

  absl::StatusOr<std::string> changed = WithOwnLoader(original, {.interpreter = "a/loader", .libraries = "$ORIGIN/none"});
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(InterpreterOf(*changed).value(), "a/loader");

  folder.Write("program", *changed, 0755);
  ASSERT_TRUE(MakeDirectories(folder / "a").ok());
  ASSERT_TRUE(MakeSymlink(*interpreter, folder / "a/loader").ok());
  const std::string lists = "./program --gtest_list_tests > /dev/null 2>&1";
  EXPECT_EQ(std::system(absl::StrCat("cd ", folder / "", " && ", lists).c_str()), 0);
  EXPECT_NE(std::system(absl::StrCat("cd ", folder / "a", " && .", lists).c_str()), 0);
}

TEST(OwnLoaderTest, LibrariesAreLookedForInTheGivenDirectoryFirst) {
  TempFolder folder;
  const std::string original = ThisProgram();
  const std::string interpreter = InterpreterOf(original).value();
  absl::StatusOr<std::string> changed = WithOwnLoader(original, {.interpreter = interpreter, .libraries = "$ORIGIN/lib"});
  ASSERT_TRUE(changed.ok()) << changed.status();
  const std::string program = folder.Write("program", *changed, 0755);
  folder.Write("lib/libc.so.6", "no library");
  EXPECT_NE(std::system(absl::StrCat(program, " --gtest_list_tests > /dev/null 2>&1").c_str()), 0);
}

TEST(OwnLoaderTest, OtherFilesHaveNoInterpreter) {
  EXPECT_EQ(InterpreterOf("").value(), "");
  EXPECT_EQ(InterpreterOf("#!/bin/sh\n").value(), "");
  EXPECT_EQ(InterpreterOf(std::string("\177ELF\1\1\1", 7) + std::string(100, '\0')).value(), "");
}

TEST(OwnLoaderTest, EveryPrefixOfAProgramIsReadOrRefused) {
  const std::string original = ThisProgram();
  for (size_t size = 0; size < 4096; size += 7) {
    absl::StatusOr<std::string> changed = WithOwnLoader(original.substr(0, size), {.interpreter = "a", .libraries = "b"});
    EXPECT_FALSE(changed.ok());
  }
}

TEST(OwnLoaderTest, TreeWithoutTheLoaderIsRefused) {
  FileTree tree;
  ASSERT_TRUE(tree.Add("usr/bin/program", FileNode(BytesContent(ThisProgram()), 0755, "x")).ok());
  absl::Status status = UseOwnLoader(tree, "place");
  EXPECT_THAT(std::string(status.message()), HasSubstr("usr/bin/program"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("which none of the packages holds"));
}

TEST(OwnLoaderTest, ProgramOfATreeFindsLoaderAndLibrariesBesideIt) {
  FileTree tree;
  const std::string interpreter = InterpreterOf(ThisProgram()).value();
  ASSERT_TRUE(tree.Add("usr/bin/program", FileNode(BytesContent(ThisProgram()), 0755, "x")).ok());
  ASSERT_TRUE(tree.Add("usr" + interpreter, FileNode(BytesContent("loader"), 0755, "x")).ok());
  ASSERT_TRUE(UseOwnLoader(tree, "out/tree").ok());
  std::string changed = ReadContent(*tree.Find("usr/bin/program")->content).value();
  EXPECT_EQ(InterpreterOf(changed).value(), "out/tree/usr" + interpreter);
  EXPECT_THAT(changed, HasSubstr("$ORIGIN/../lib/"));
  // Nothing depends on when or how often it is done.
  EXPECT_EQ(changed, WithOwnLoader(ThisProgram(), {.interpreter = "out/tree/usr" + interpreter,
                                                   .libraries = changed.substr(changed.find("$ORIGIN/../lib/")).c_str()})
                         .value());
}

}  // namespace
}  // namespace cow::pack
