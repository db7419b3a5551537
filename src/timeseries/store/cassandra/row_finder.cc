// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/cassandra/row_finder.h"

#include <unordered_map>
#include <unordered_set>

#include "base/log.h"
#include "timeseries/store/cassandra/pipeline.h"

namespace sluice::timeseries::cassandra {
namespace {

class Finder {
 public:
  Finder(Cluster& cluster, const RowSearch& search) : cluster_(cluster), search_(search) {}

  Result<std::vector<FoundRow>> run() {
    TRY(old_rows());
    const auto times = TRY(row_times());
    TRY(row_keys(times));
    if (unknown_ != 0)
      log::warn("rows are left out: their keys cannot be read, or their data types are not known",
                {{"metric", search_.query.metric}, {"rows", unknown_}, {"example", example_}});
    return std::move(found_);
  }

 private:
  void add(int64_t row_time, std::string_view type_name, Tags tags) {
    const auto type = find_store_type(type_name);
    if (!type) {
      ++unknown_;
      example_ = type_name;
      return;
    }
    if (!search_.matcher.matches(tags)) return;
    std::string identity = CassandraSeries::identity_of(search_.query.metric, *type, tags);
    auto& series = series_[identity];
    if (!series) series = std::make_shared<const CassandraSeries>(search_.query.metric, *type, std::move(tags));
    identity.append(reinterpret_cast<const char*>(&row_time), sizeof row_time);
    if (seen_.insert(std::move(identity)).second) found_.push_back({series, row_time});
  }

  // Rows of `data_type, tags`.
  Status add_rows(const cql::Rows& rows, int64_t row_time) {
    auto cursor = rows.cursor();
    while (cursor.next()) {
      // A partition whose rows were deleted keeps its static column.
      if (cursor[0].is_null()) continue;
      auto tags = cursor[1].text_map();
      if (!tags) {
        ++unknown_;
        continue;
      }
      add(row_time, cursor[0].text(), Tags(std::move(*tags)));
    }
    return {};
  }

  // Keys of the index before row_keys: KairosDB reads it to this day.
  Status old_rows() {
    const SeriesQuery& query = search_.query;
    if (query.metric.empty()) return {};
    const RowSpec& spec = cluster_.spec();
    const auto slice = [&](int64_t first, int64_t last) -> Status {
      cql::Execute request(cluster_.statements().old_row_keys);
      request.values().blob(query.metric).blob(index_begin(query.metric, first)).blob(index_end(query.metric, last));
      request.options = cluster_.reading(search_.options.deadline);
      return cluster_.each(request, [&](cql::Rows::Cursor& cursor) -> Status {
        auto key = decode_row_key(cursor[0].bytes());
        if (!key || key->metric != query.metric) {
          ++unknown_;
          return {};
        }
        add(key->row_time, key->type, std::move(key->tags));
        return {};
      });
    };
    const int64_t last = spec.first_row(query.end);
    if (search_.first_row >= 0 || query.end < 0) return slice(search_.first_row, last);
    TRY(slice(search_.first_row, -1));
    return slice(0, last);
  }

  Result<std::vector<int64_t>> row_times() {
    std::vector<int64_t> times;
    cql::Execute request(cluster_.statements().row_times);
    request.values().text(search_.query.metric).timestamp(search_.first_row).timestamp(search_.query.end);
    request.options = cluster_.reading(search_.options.deadline);
    TRY(cluster_.each(request, [&](cql::Rows::Cursor& cursor) -> Status {
      if (!cursor[0].is_null()) times.push_back(TRY(cursor[0].int64()));
      return search_.options.check_stop();
    }));
    return times;
  }

  // Filters that the index by tag can answer: exact values of an indexed tag. Differs from Java, which asks it for
  // tags that are not indexed, and for tags with patterns, and then misses rows.
  std::vector<const TagFilter*> usable_filters() const {
    std::vector<const TagFilter*> usable;
    const TagIndex& index = cluster_.settings().tag_index;
    if (!index.has(search_.query.metric)) return usable;
    for (const auto& filter : search_.query.tags) {
      bool exact = index.has(search_.query.metric, filter.name) && !filter.values.empty();
      for (const auto& value : filter.values)
        exact = exact && (search_.pattern_prefix.empty() || !value.starts_with(search_.pattern_prefix));
      if (exact) usable.push_back(&filter);
    }
    return usable;
  }

  Status row_keys(const std::vector<int64_t>& times) {
    const auto filters = usable_filters();
    // The tag with the fewest values is taken for the one that chooses best.
    const TagFilter* best = nullptr;
    for (const TagFilter* filter : filters)
      if (best == nullptr || filter->values.size() < best->values.size()) best = filter;
    Pipeline pipeline(cluster_, cluster_.settings().connection.max_requests_per_connection < 32 ? 4 : 20);
    const size_t each = best == nullptr ? 1 : best->values.size();
    size_t next = 0;
    while (next < times.size() * each || pipeline.busy()) {
      TRY(search_.options.check_stop());
      while (next < times.size() * each && pipeline.has_room()) {
        const int64_t time = times[next / each];
        auto request = std::make_unique<cql::Execute>(best == nullptr ? cluster_.statements().row_keys
                                                                      : cluster_.statements().tag_rows);
        request->values().text(search_.query.metric).timestamp(time);
        if (best != nullptr) request->values().text(best->name + "=" + best->values[next % each]);
        request->options = cluster_.reading(search_.options.deadline);
        pipeline.send(std::move(request), next++);
      }
      const auto answer = TRY(pipeline.next(search_.options));
      TRY(add_rows(answer.rows, times[answer.tag / each]));
    }
    return {};
  }

  Cluster& cluster_;
  const RowSearch& search_;
  std::vector<FoundRow> found_;
  std::unordered_map<std::string, CassandraSeriesRef> series_;  // by identity
  std::unordered_set<std::string> seen_;
  size_t unknown_ = 0;
  std::string example_;
};

}  // namespace

Result<std::vector<FoundRow>> find_rows(Cluster& cluster, const RowSearch& search) {
  return Finder(cluster, search).run();
}

}  // namespace sluice::timeseries::cassandra
