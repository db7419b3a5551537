// SPDX-License-Identifier: Apache-2.0
#include "session/load_labels.h"

#include <openssl/rand.h>

#include "session/load_store.h"

namespace sluice::session {
namespace {

constexpr auto kCleaningInterval = std::chrono::minutes(10);
constexpr size_t kMaxLabelBytes = 128;

}  // namespace

LabelReservation::~LabelReservation() {
  std::lock_guard lock(labels_.mutex_);
  labels_.running_.erase({database_, label_});
}

Status LabelReservation::store(kernel::Connection& connection, int64_t txn_id, uint64_t rows) const {
  auto stored = run_load_sql(
      connection, "INSERT INTO internal.__sluice.load_labels VALUES ($1, $2, $3, $4, now())",
      {duckdb::Value(database_), duckdb::Value(label_), duckdb::Value::BIGINT(txn_id), duckdb::Value::UBIGINT(rows)});
  if (!stored) return fail(stored.error());
  return {};
}

Status LoadLabels::make_table(kernel::Connection& connection) {
  std::lock_guard lock(mutex_);
  if (have_table_) return {};
  TRY(make_load_tables(connection));
  have_table_ = true;
  return {};
}

Status LoadLabels::remove_old(kernel::Connection& connection) {
  {
    std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (last_cleaning_.time_since_epoch().count() != 0 && now - last_cleaning_ < kCleaningInterval) return {};
    last_cleaning_ = now;
  }
  TRY(run_load_sql(connection, "DELETE FROM internal.__sluice.load_labels WHERE finished_at < now() - to_seconds($1)",
                   {duckdb::Value::BIGINT(keep_.count())}));
  return {};
}

Result<LoadLabels::Reserved> LoadLabels::reserve(const std::string& database, const std::string& label) {
  kernel::Connection connection(host_);
  TRY(make_table(connection));
  // Another load's uncommitted label may make the deletion fail: the next one tries again.
  static_cast<void>(remove_old(connection));
  Reserved result;
  {
    std::lock_guard lock(mutex_);
    if (!running_.insert({database, label}).second) {
      result.use = Use::kRunning;
      return result;
    }
    result.reservation.reset(new LabelReservation(*this, database, label));
  }
  // Reserved first, looked up after: a load that commits in between is seen.
  const auto row = TRY(
      first_row(connection,
                "SELECT txn_id, true FROM internal.__sluice.load_labels WHERE database = $1 AND label = $2 UNION ALL "
                "SELECT txn_id, false FROM internal.__sluice.prepared_loads WHERE database = $1 AND label = $2 AND "
                "state = 'PRECOMMITTED'",
                {duckdb::Value(database), duckdb::Value(label)}));
  if (!row.empty()) {
    result.use = row[1].GetValue<bool>() ? Use::kFinished : Use::kPrepared;
    result.txn_id = row[0].GetValue<int64_t>();
    result.reservation.reset();
  }
  return result;
}

bool LoadLabels::is_running(const std::string& database, const std::string& label) const {
  std::lock_guard lock(mutex_);
  return running_.contains({database, label});
}

bool LoadLabels::valid(std::string_view label) {
  if (label.empty() || label.size() > kMaxLabelBytes) return false;
  for (unsigned char c : label) {
    const bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                    c == '-' || c == '.' || c == ':' || c >= 0x80;
    if (!ok) return false;
  }
  return duckdb::Value::StringIsValid(label.data(), label.size());
}

std::string LoadLabels::generate() {
  static constexpr char kHex[] = "0123456789abcdef";
  uint8_t random[16];
  RAND_bytes(random, sizeof random);
  std::string label = "sluice-";
  for (uint8_t byte : random) {
    label += kHex[byte >> 4];
    label += kHex[byte & 15];
  }
  return label;
}

int64_t LoadLabels::next_txn_id() {
  static std::atomic<int64_t> last(
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
  return ++last;
}

}  // namespace sluice::session
