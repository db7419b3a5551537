// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/embedded/series_index.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "timeseries/store/embedded/keys.h"
#include "timeseries/value_pattern.h"

namespace sluice::timeseries {
namespace {

constexpr size_t kNamesKept = 50'000;
constexpr size_t kLookedAtOnce = 1024;  // series between two looks at whether the query may go on

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }

std::string number_key(uint32_t number) {
  std::string key(1, keys::kSeries);
  keys::append_number(key, number);
  return key;
}

std::string number_value(uint32_t number) {
  std::string value;
  keys::append_number(value, number);
  return value;
}

void sort_as_java(std::vector<std::string>& names) {
  std::sort(names.begin(), names.end(),
            [](const std::string& a, const std::string& b) { return compare_java(a, b) < 0; });
}

tl::unexpected<Error> damaged() { return fail(Code::kDataLoss, "damaged index of time series"); }

// Calls f(rest of the key, value) for each key of the index that begins with prefix; f returns false to stop.
template <typename F>
Status scan(const Database& database, const std::string& prefix, F f, const ReadOptions& options = {}) {
  const std::string behind = keys::after(prefix);
  const rocksdb::Slice end(behind);
  const auto at = database.iterate(database.index(), nullptr, &end);
  size_t looked = 0;
  for (at->Seek(prefix); at->Valid(); at->Next()) {
    if (++looked % kLookedAtOnce == 0) TRY(options.check_stop());
    if (!f(view(at->key()).substr(prefix.size()), view(at->value()))) break;
  }
  if (!at->status().ok()) return fail(database_error("cannot read the index of time series", at->status()));
  return {};
}

Result<bool> any(const Database& database, const std::string& prefix) {
  bool found = false;
  TRY(scan(database, prefix, [&](std::string_view, std::string_view) {
    found = true;
    return false;
  }));
  return found;
}

}  // namespace

SeriesIndex::SeriesIndex(Database& database, std::string pattern_prefix, size_t cached)
    : database_(database), pattern_prefix_(std::move(pattern_prefix)), cached_(cached), evict_above_(cached) {}

Status SeriesIndex::load() {
  const auto at = database_.iterate(database_.index(), nullptr);
  at->SeekForPrev(keys::after(std::string(1, keys::kSeries)));
  if (!at->status().ok()) return fail(database_error("cannot read the index of time series", at->status()));
  if (!at->Valid() || !at->key().starts_with(slice(std::string_view(&keys::kSeries, 1)))) return {};
  std::string_view rest = view(at->key()).substr(1);
  const auto number = keys::take_number(rest);
  if (!number) return damaged();
  next_number_ = uint64_t{*number} + 1;
  return {};
}

StoredRef SeriesIndex::add_locked(uint32_t number, bool enrolled, std::string identity) {
  if (by_identity_.size() >= evict_above_) evict_locked();
  auto parts = *keys::parse_identity(identity);
  auto made =
      std::make_shared<StoredSeries>(number, enrolled, std::move(parts.metric), parts.type, std::move(parts.tags));
  by_number_[number] = made.get();
  by_identity_[std::move(identity)] = made;
  return made;
}

void SeriesIndex::evict_locked() {
  // References are only made under the lock: what nobody else holds, nobody gets meanwhile. Series with points in
  // memory are held by the store.
  for (auto at = by_identity_.begin(); at != by_identity_.end() && by_identity_.size() > cached_ / 2;) {
    if (at->second.use_count() != 1) {
      ++at;
      continue;
    }
    by_number_.erase(at->second->number);
    at = by_identity_.erase(at);
  }
  evict_above_ = std::max(cached_, by_identity_.size() + by_identity_.size() / 2);
}

Result<StoredRef> SeriesIndex::series(std::string_view metric, PointType type, const Tags& tags) {
  if (type == PointType::kNull || type == PointType::kLegacy)
    return fail(Code::kInvalidArgument, "points of type " + std::string(api_name(type)) + " cannot be written");
  std::string identity = keys::identity(metric, type, tags);
  const std::lock_guard lock(mutex_);
  const auto found = by_identity_.find(identity);
  if (found != by_identity_.end()) return found->second;
  const auto stored = TRY(database_.get(database_.index(), identity));
  if (stored) {
    std::string_view value = *stored;
    const auto number = keys::take_number(value);
    if (!number) return damaged();
    return add_locked(*number, true, std::move(identity));
  }
  if (next_number_ > UINT32_MAX) return fail(Code::kResourceExhausted, "there are too many time series");
  return add_locked(static_cast<uint32_t>(next_number_++), false, std::move(identity));
}

Result<StoredRef> SeriesIndex::by_number(uint32_t number) {
  const std::lock_guard lock(mutex_);
  const auto found = by_number_.find(number);
  if (found != by_number_.end()) return found->second->shared_from_this();
  auto identity = TRY(database_.get(database_.index(), number_key(number)));
  if (!identity) return StoredRef();
  if (!keys::parse_identity(*identity)) return damaged();
  // An object of the same identity has another number when the series was removed and made anew.
  if (by_identity_.contains(*identity)) return StoredRef();
  return add_locked(number, true, std::move(*identity));
}

Result<std::vector<uint32_t>> SeriesIndex::numbers(std::string_view metric, const TagFilter& filter, bool patterns,
                                                   const ReadOptions& options) const {
  std::vector<uint32_t> found;
  bool sound = true;
  const auto add = [&](std::string_view rest) {
    const auto number = keys::take_number(rest);
    sound &= number.has_value();
    if (number) found.push_back(*number);
    return true;
  };
  if (!patterns) {
    for (const auto& value : filter.values)
      TRY(scan(
          database_, keys::of(keys::kTag, metric, filter.name, value),
          [&](std::string_view rest, std::string_view) { return add(rest); }, options));
  } else {
    const auto matcher = TRY(TagMatcher::make({filter}, pattern_prefix_));
    // Each value of the tag is tried once.
    std::string value;
    bool tried = false;
    bool matches = false;
    const auto try_value = [&](std::string_view rest, std::string_view) {
      auto next = keys::take_text(rest);
      sound &= next.has_value();
      if (!next) return true;
      if (!tried || *next != value) {
        value = std::move(*next);
        tried = true;
        matches = matcher.matches(Tags({{filter.name, value}}));
      }
      return !matches || add(rest);
    };
    TRY(scan(database_, keys::of(keys::kTag, metric, filter.name), try_value, options));
  }
  if (!sound) return damaged();
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

Result<std::vector<StoredRef>> SeriesIndex::find(std::string_view metric, const std::vector<TagFilter>& filters,
                                                 const ReadOptions& options) {
  const auto matcher = TRY(TagMatcher::make(filters, pattern_prefix_));
  std::vector<StoredRef> found;
  const auto has_pattern = [this](const TagFilter& filter) {
    return std::any_of(filter.values.begin(), filter.values.end(), [this](const auto& v) { return is_pattern(v); });
  };
  // Filters of whole values first; patterns are only looked up when there is nothing else.
  std::optional<std::vector<uint32_t>> wanted;
  for (const auto& filter : filters) {
    if (has_pattern(filter)) continue;
    auto of_filter = TRY(numbers(metric, filter, false, options));
    if (wanted) {
      std::vector<uint32_t> both;
      std::set_intersection(wanted->begin(), wanted->end(), of_filter.begin(), of_filter.end(),
                            std::back_inserter(both));
      of_filter.swap(both);
    }
    wanted = std::move(of_filter);
    if (wanted->empty()) return found;
  }
  if (!wanted && !filters.empty()) wanted = TRY(numbers(metric, filters.front(), true, options));
  if (wanted) {
    size_t looked = 0;
    for (const uint32_t number : *wanted) {
      if (++looked % kLookedAtOnce == 0) TRY(options.check_stop());
      auto series = TRY(by_number(number));
      if (series && matcher.matches(series->tags())) found.push_back(std::move(series));
    }
    return found;
  }
  Status status;
  const std::string prefix = keys::of(keys::kIdentity, metric);
  const auto add = [&](std::string_view rest, std::string_view value) {
    const auto number = keys::take_number(value);
    std::string identity = prefix + std::string(rest);
    if (!number || !keys::parse_identity(identity)) {
      status = damaged();
      return false;
    }
    const std::lock_guard lock(mutex_);
    const auto known = by_identity_.find(identity);
    if (known != by_identity_.end()) {
      found.push_back(known->second);
      return true;
    }
    // It may have been removed since the scan began. What nobody holds, nobody is removing now.
    const auto still = database_.get(database_.index(), identity);
    if (still && *still) found.push_back(add_locked(*number, true, std::move(identity)));
    return still.has_value();
  };
  TRY(scan(database_, prefix, add, options));
  TRY(status);
  return found;
}

Result<std::vector<std::string>> SeriesIndex::metric_names(std::string_view prefix) const {
  std::vector<std::string> names;
  std::string start = keys::of(keys::kMetric, prefix);
  start.resize(start.size() - 2);  // without the mark of the end: names that begin so
  bool sound = true;
  TRY(scan(database_, start, [&](std::string_view rest, std::string_view) {
    const std::string key = start.substr(1) + std::string(rest);
    std::string_view text = key;
    auto name = keys::take_text(text);
    sound &= name.has_value();
    if (name) names.push_back(std::move(*name));
    return true;
  }));
  if (!sound) return damaged();
  sort_as_java(names);
  return names;
}

Result<std::vector<std::string>> SeriesIndex::first_texts(char kind) const {
  std::vector<std::string> texts;
  const std::string prefix(1, kind);
  const std::string behind = keys::after(prefix);
  const rocksdb::Slice end(behind);
  const auto at = database_.iterate(database_.index(), nullptr, &end);
  // Over all keys of the same text: step by step while they are few.
  int steps = 0;
  for (at->Seek(prefix); at->Valid();) {
    std::string_view rest = view(at->key()).substr(1);
    auto text = keys::take_text(rest);
    if (!text) return damaged();
    const bool is_new = texts.empty() || texts.back() != *text;
    if (is_new) texts.push_back(std::move(*text));
    steps = is_new ? 0 : steps + 1;
    if (steps < 8)
      at->Next();
    else
      at->Seek(keys::after(keys::of(kind, texts.back())));
  }
  if (!at->status().ok()) return fail(database_error("cannot read the index of time series", at->status()));
  sort_as_java(texts);
  return texts;
}

void SeriesIndex::put_name(rocksdb::WriteBatch& batch, std::string key) {
  if (named_.size() > kNamesKept) named_.clear();
  const auto [kept, is_new] = named_.insert(std::move(key));
  if (is_new) batch.Put(database_.index(), *kept, {});
}

Status SeriesIndex::enroll(std::span<const StoredSeries* const> series) {
  rocksdb::WriteBatch batch;
  auto* index = database_.index();
  for (const StoredSeries* one : series) {
    const std::string identity = keys::identity(one->metric(), one->type(), one->tags());
    batch.Put(index, number_key(one->number), identity);
    batch.Put(index, identity, number_value(one->number));
    put_name(batch, keys::of(keys::kMetric, one->metric()));
    for (const auto& [name, value] : one->tags().all()) {
      std::string key = keys::of(keys::kTag, one->metric(), name, value);
      keys::append_number(key, one->number);
      batch.Put(index, key, {});
      put_name(batch, keys::of(keys::kTagName, name, one->metric()));
      put_name(batch, keys::of(keys::kTagValue, value, one->metric(), name));
    }
  }
  if (auto status = database_.write(batch); !status) {
    named_.clear();
    return status;
  }
  for (const StoredSeries* one : series) one->enrolled.store(true, std::memory_order_release);
  return {};
}

Status SeriesIndex::enroll(const std::vector<std::pair<uint32_t, std::string_view>>& identities) {
  std::vector<StoredRef> series;
  std::vector<const StoredSeries*> plain;
  for (const auto& [number, identity] : identities) {
    const std::lock_guard lock(mutex_);
    if (!keys::parse_identity(identity)) return damaged();
    next_number_ = std::max(next_number_, uint64_t{number} + 1);
    const auto found = by_identity_.find(std::string(identity));
    if (found != by_identity_.end() && found->second->number == number) {
      series.push_back(found->second);
    } else {
      if (found != by_identity_.end()) {
        by_number_.erase(found->second->number);
        by_identity_.erase(found);
      }
      series.push_back(add_locked(number, false, std::string(identity)));
    }
    plain.push_back(series.back().get());
  }
  return enroll(plain);
}

Status SeriesIndex::remove(std::span<const StoredSeries* const> series) {
  auto* index = database_.index();
  rocksdb::WriteBatch batch;
  std::set<std::pair<std::string_view, std::string_view>> names;                      // metric, tag
  std::set<std::tuple<std::string_view, std::string_view, std::string_view>> values;  // metric, tag, value
  for (const StoredSeries* one : series) {
    batch.Delete(index, number_key(one->number));
    batch.Delete(index, keys::identity(one->metric(), one->type(), one->tags()));
    for (const auto& [name, value] : one->tags().all()) {
      std::string key = keys::of(keys::kTag, one->metric(), name, value);
      keys::append_number(key, one->number);
      batch.Delete(index, key);
      names.emplace(one->metric(), name);
      values.emplace(one->metric(), name, value);
    }
  }
  named_.clear();
  TRY(database_.write(batch));
  for (const StoredSeries* one : series) one->enrolled.store(false, std::memory_order_release);
  // Names and values that no other series of the metric has.
  batch.Clear();
  for (const auto& [metric, name] : names)
    if (!TRY(any(database_, keys::of(keys::kTag, metric, name))))
      batch.Delete(index, keys::of(keys::kTagName, name, metric));
  for (const auto& [metric, name, value] : values)
    if (!TRY(any(database_, keys::of(keys::kTag, metric, name, value))))
      batch.Delete(index, keys::of(keys::kTagValue, value, metric, name));
  return batch.Count() == 0 ? Status() : database_.write(batch);
}

Status SeriesIndex::forget_metric(std::string_view metric) {
  named_.clear();
  rocksdb::WriteBatch batch;
  batch.Delete(database_.index(), keys::of(keys::kMetric, metric));
  return database_.write(batch);
}

}  // namespace sluice::timeseries
