// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/embedded/embedded_store.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/failpoint.h"
#include "timeseries/store_contract_test.h"

namespace sluice::timeseries {
namespace {

std::string fresh_folder() {
  std::string name = std::filesystem::temp_directory_path() / "embedded_store_test_XXXXXX";
  EXPECT_NE(::mkdtemp(name.data()), nullptr);
  return name;
}

// How the points of the contract lie: in the log and in memory, in blocks, or in blocks that were joined.
enum class Form { kLog, kBlocks, kJoined };

template <Form kForm>
struct EmbeddedHolder {
  EmbeddedHolder() : folder(fresh_folder()) { open(); }
  ~EmbeddedHolder() {
    embedded.reset();
    std::filesystem::remove_all(folder);
  }
  void open() {
    EmbeddedSettings settings;
    settings.folder = folder;
    settings.background = false;
    settings.now = [this] { return now; };
    auto opened = EmbeddedStore::open(settings);
    ASSERT_TRUE(opened.has_value()) << opened.error().describe();
    embedded = std::move(*opened);
  }
  Store& store() {
    // Between the calls of a test, so that reads meet every form.
    if (kForm == Form::kBlocks) EXPECT_TRUE(embedded->seal().has_value());
    if (kForm == Form::kJoined) EXPECT_TRUE(embedded->compact().has_value());
    return *embedded;
  }
  void reopen() {
    embedded.reset();
    open();
  }
  void pass(int64_t seconds) { now += seconds * 1000; }
  static constexpr bool kClock = true;

  std::string folder;
  int64_t now = 1'700'000'000'000;
  std::unique_ptr<EmbeddedStore> embedded;
};

INSTANTIATE_TYPED_TEST_SUITE_P(EmbeddedLog, StoreContract, EmbeddedHolder<Form::kLog>);
INSTANTIATE_TYPED_TEST_SUITE_P(EmbeddedBlocks, StoreContract, EmbeddedHolder<Form::kBlocks>);
INSTANTIATE_TYPED_TEST_SUITE_P(EmbeddedJoined, StoreContract, EmbeddedHolder<Form::kJoined>);

}  // namespace
}  // namespace sluice::timeseries
