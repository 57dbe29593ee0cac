// Where results are written, and what is never overwritten.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/output_file.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace slipway::tools {
namespace {

std::string content(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class output_file_test : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }

  const std::filesystem::path path_ =
      std::filesystem::path(testing::TempDir()) /
      (std::string("slipway_") + testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(output_file_test, an_existing_file_is_emptied_and_written) {
  std::ofstream(path_) << "old and long content";
  auto output = output_file::open(path_.string(), -1);
  ASSERT_TRUE(output) << output.error();
  EXPECT_FALSE(output->write("new\n"));
  EXPECT_EQ(content(path_), "new\n");
}

TEST_F(output_file_test, the_input_is_never_overwritten) {
  std::ofstream(path_) << "requests";
  const unique_fd input(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  const auto output = output_file::open(path_.string(), input.get());
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error(), "cannot write " + path_.string() + ": it is the input");
  EXPECT_EQ(content(path_), "requests");
}

TEST_F(output_file_test, a_folder_that_is_not_there_is_told) {
  EXPECT_EQ(output_file::open("/no/such/results.jsonl", -1).error(),
            "cannot write /no/such/results.jsonl: No such file or directory");
}

TEST_F(output_file_test, a_failed_write_gives_the_systems_text) {
  output_file full(unique_fd(::open("/dev/full", O_WRONLY | O_CLOEXEC)));
  EXPECT_EQ(full.write("x"), "No space left on device");
}

}  // namespace
}  // namespace slipway::tools
