// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/embedded/embedded_store.h"
#include "timeseries/store/embedded/keys.h"

namespace sluice::timeseries {
// The store has a method `keys`.
namespace series_keys = keys;
namespace {

// Stored values begin with the time of the change, i64 milliseconds.
std::string stamped(int64_t time, std::string_view value) {
  std::string bytes(reinterpret_cast<const char*>(&time), sizeof time);
  bytes.append(value);
  return bytes;
}

tl::unexpected<Error> damaged() { return fail(Code::kDataLoss, "damaged service value"); }

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

Status EmbeddedStore::apply_service(std::string_view key, std::string_view value, bool erased) {
  std::string_view rest = key.substr(std::min<size_t>(key.size(), 1));
  const auto service = series_keys::take_text(rest);
  const auto service_key = service ? series_keys::take_text(rest) : std::nullopt;
  if (!service_key || value.size() < sizeof(int64_t)) return damaged();
  rocksdb::WriteBatch batch;
  if (erased)
    batch.Delete(database_->index(), slice(key));
  else
    batch.Put(database_->index(), slice(key), slice(value));
  batch.Put(database_->index(), series_keys::of(series_keys::kModified, *service, *service_key),
            slice(value.substr(0, sizeof(int64_t))));
  return database_->write(batch);
}

Status EmbeddedStore::change_service(std::string_view key, std::string_view value, bool erased) {
  const std::string bytes = stamped(now_ms(), value);
  ByteBuffer record;
  log_records::write_service(record, key, bytes, erased);
  if (record.size() > kMaxRecord) return fail(Code::kResourceExhausted, "the value is too long");
  const std::span<const uint8_t> records[] = {record.span()};
  const auto commit_lock = committer_->lock_commits();
  TRY(committer_->log().append(records));
  if (settings_.sync == EmbeddedSettings::Sync::kAlways) TRY(committer_->log().sync());
  return apply_service(key, bytes, erased);
}

Status EmbeddedStore::put(std::string_view service, std::string_view service_key, std::string_view key,
                          std::string_view value) {
  return change_service(series_keys::of(series_keys::kService, service, service_key, key), value, false);
}

Status EmbeddedStore::erase(std::string_view service, std::string_view service_key, std::string_view key) {
  const std::string stored = series_keys::of(series_keys::kService, service, service_key, key);
  if (!TRY(database_->get(database_->index(), stored))) return {};
  return change_service(stored, {}, true);
}

Result<std::optional<ServiceValue>> EmbeddedStore::get(std::string_view service, std::string_view service_key,
                                                       std::string_view key) {
  const auto stored =
      TRY(database_->get(database_->index(), series_keys::of(series_keys::kService, service, service_key, key)));
  if (!stored) return std::optional<ServiceValue>();
  ByteReader in(*stored);
  ServiceValue value{std::string(key), {}, in.i64_le()};
  if (!in.ok()) return damaged();
  value.value = in.rest_text();
  return std::optional<ServiceValue>(std::move(value));
}

Result<std::vector<std::string>> EmbeddedStore::service_keys(std::string_view service) {
  std::vector<std::string> found;
  const std::string prefix = series_keys::of(series_keys::kService, service);
  const auto at = database_->iterate(database_->index(), nullptr);
  at->Seek(prefix);
  while (at->Valid() && at->key().starts_with(prefix)) {
    std::string_view rest = view(at->key()).substr(prefix.size());
    auto name = series_keys::take_text(rest);
    if (!name) return damaged();
    at->Seek(series_keys::after(series_keys::of(series_keys::kService, service, *name)));
    found.push_back(std::move(*name));
  }
  if (!at->status().ok()) return fail(database_error("cannot read service values", at->status()));
  return found;
}

Result<std::vector<std::string>> EmbeddedStore::keys(std::string_view service, std::string_view service_key,
                                                     std::string_view prefix) {
  std::vector<std::string> found;
  const std::string start = series_keys::of(series_keys::kService, service, service_key);
  const auto at = database_->iterate(database_->index(), nullptr);
  for (at->Seek(start); at->Valid() && at->key().starts_with(start); at->Next()) {
    std::string_view rest = view(at->key()).substr(start.size());
    auto name = series_keys::take_text(rest);
    if (!name) return damaged();
    if (name->starts_with(prefix)) found.push_back(std::move(*name));
  }
  if (!at->status().ok()) return fail(database_error("cannot read service values", at->status()));
  return found;
}

Result<std::optional<int64_t>> EmbeddedStore::modified(std::string_view service, std::string_view service_key) {
  const auto stored =
      TRY(database_->get(database_->index(), series_keys::of(series_keys::kModified, service, service_key)));
  if (!stored) return std::optional<int64_t>();
  ByteReader in(*stored);
  const int64_t time = in.i64_le();
  if (!in.ok()) return damaged();
  return std::optional<int64_t>(time);
}

}  // namespace sluice::timeseries
