// SPDX-License-Identifier: Apache-2.0
#include "session/outfile_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace sluice::session {
namespace {

namespace fs = std::filesystem;

class OutfileFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "outfile-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = fs::canonical(name);
    fs::create_directory(root_ / "in");
  }
  void TearDown() override { fs::remove_all(root_); }

  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(root_ / "in")) found.push_back(entry.path().filename().string());
    std::ranges::sort(found);
    return found;
  }
  static void write(const fs::path& path, const std::string& text) {
    auto file = OutfileText::create(path, OutfileText::Compression::kNone);
    ASSERT_TRUE(file);
    ASSERT_TRUE((*file)->write(text));
    ASSERT_TRUE((*file)->finish());
  }
  fs::path root_;
};

TEST_F(OutfileFiles, PlacesAreBelowTheRoots) {
  const std::vector<fs::path> roots = {root_ / "in"};
  const auto place = outfile_place("file://" + root_.string() + "/in/a_", roots);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->directory, root_ / "in");
  EXPECT_EQ(place->prefix, "a_");
  EXPECT_TRUE(outfile_place("file://" + root_.string() + "/in/", roots));
  fs::create_directory_symlink(root_, root_ / "in" / "up");
  fs::create_directory(root_ / "in2");
  for (const std::string path : {"/in/../a_", "/in/up/a_", "/in2/a_", "/a_", "/in/none/a_", "/in/.a"})
    EXPECT_FALSE(outfile_place("file://" + root_.string() + path, roots)) << path;
  EXPECT_FALSE(outfile_place("file://" + root_.string() + "/in/a_", {}));
  EXPECT_FALSE(outfile_place(root_.string() + "/in/a_", roots));
  EXPECT_FALSE(outfile_place("s3://bucket/a_", roots));
}

TEST_F(OutfileFiles, AppearTogetherOrNotAtAll) {
  {
    OutfileSet files(root_ / "in", "a_", "csv");
    write(*files.next(), "one");
    write(*files.next(), "three");
    EXPECT_EQ(names(), (std::vector<std::string>{".a_0.csv.writing", ".a_1.csv.writing"}));
    ASSERT_TRUE(files.commit(false, "DONE"));
    EXPECT_EQ(files.bytes(), 8U);
  }
  EXPECT_EQ(names(), (std::vector<std::string>{"DONE", "a_0.csv", "a_1.csv"}));
  {
    OutfileSet files(root_ / "in", "b_", "csv");
    write(*files.next(), "lost");
  }
  EXPECT_EQ(names().size(), 3U);
  {
    // Somebody made a file of that name meanwhile: it stays, and nothing of ours appears.
    OutfileSet files(root_ / "in", "c_", "csv");
    write(*files.next(), "x");
    write(*files.next(), "y");
    std::ofstream(root_ / "in" / "c_1.csv") << "theirs";
    EXPECT_FALSE(files.commit(false, ""));
  }
  EXPECT_EQ(names(), (std::vector<std::string>{"DONE", "a_0.csv", "a_1.csv", "c_1.csv"}));
  OutfileSet files(root_ / "in", "d_", "csv");
  write(*files.next(), "new");
  ASSERT_TRUE(files.commit(true, ""));
  EXPECT_EQ(names(), std::vector<std::string>{"d_0.csv"});
  EXPECT_FALSE(OutfileSet(root_ / "in", "d_", "csv").next());
}

}  // namespace
}  // namespace sluice::session
