// SPDX-License-Identifier: Apache-2.0
#include "kernel/table_model.h"

#include <charconv>
#include <string_view>

namespace sluice::kernel {
namespace {

// A comment that begins so is one of ours: then follow fields, each "<bytes>:<text>" or "-" for none.
constexpr std::string_view kMark =
    "\x1f"
    "doris1;";

class Writer {
 public:
  void add(std::string_view text) {
    text_ += std::to_string(text.size());
    text_ += ':';
    text_ += text;
  }
  void add(bool flag) { add(std::string_view(flag ? "1" : "")); }
  void add(uint64_t number) { add(std::string_view(std::to_string(number))); }
  void add_optional(const std::optional<std::string>& text) {
    if (text)
      add(std::string_view(*text));
    else
      text_ += '-';
  }
  void add(const std::vector<std::string>& texts) {
    add(static_cast<uint64_t>(texts.size()));
    for (const auto& text : texts) add(std::string_view(text));
  }
  void add(const Bound& bound) {
    add(static_cast<uint64_t>(bound.size()));
    for (const auto& value : bound) add_optional(value);
  }
  duckdb::Value take() { return duckdb::Value(std::string(kMark) + text_); }

 private:
  std::string text_;
};

// Fields that are not there (written by an older version, or damaged) read as empty.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}
  std::optional<std::string> optional() {
    if (rest_.starts_with('-')) {
      rest_.remove_prefix(1);
      return std::nullopt;
    }
    size_t length = 0;
    auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), length);
    const auto digits = static_cast<size_t>(end - rest_.data());
    if (error != std::errc() || digits >= rest_.size() || length > rest_.size() - digits - 1) {
      rest_ = {};
      return std::string();
    }
    std::string text(rest_.substr(digits + 1, length));
    rest_.remove_prefix(digits + 1 + length);
    return text;
  }
  std::string text() { return optional().value_or(std::string()); }
  bool flag() { return text() == "1"; }
  uint64_t number() {
    const std::string digits = text();
    uint64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  }
  // How many entries follow: each takes at least a byte.
  size_t count() { return std::min<uint64_t>(number(), rest_.size()); }
  std::vector<std::string> texts() {
    std::vector<std::string> result(count());
    for (auto& entry : result) entry = text();
    return result;
  }
  Bound bound() {
    Bound result(count());
    for (auto& entry : result) entry = optional();
    return result;
  }

 private:
  std::string_view rest_;
};

std::optional<Reader> reader_of(const duckdb::Value& comment, std::string& plain) {
  if (comment.IsNull()) return std::nullopt;
  const bool is_text = comment.type().id() == duckdb::LogicalTypeId::VARCHAR;
  const std::string_view text = is_text ? std::string_view(duckdb::StringValue::Get(comment)) : std::string_view();
  if (text.starts_with(kMark)) return Reader(text.substr(kMark.size()));
  plain = is_text ? std::string(text) : comment.ToString();
  return std::nullopt;
}

duckdb::Value plain_comment(const std::string& comment) {
  return comment.empty() ? duckdb::Value() : duckdb::Value(comment);
}

}  // namespace

bool TableModel::is_plain() const {
  return keys == KeyModel::kNone && distribution.empty() && properties.empty() && indexes.empty() && rollups.empty() &&
         cluster_by.empty() && notes.empty() && partitioned == PartitionKind::kNone && !comment.starts_with(kMark);
}

const std::string* TableModel::property(const std::string& name) const {
  for (const auto& [key, value] : properties) {
    if (duckdb::StringUtil::CIEquals(key, name)) return &value;
  }
  return nullptr;
}

const Partition* TableModel::find_partition(const std::string& name, bool temporary) const {
  for (const auto& partition : partitions) {
    if (partition.temporary == temporary && duckdb::StringUtil::CIEquals(partition.name, name)) return &partition;
  }
  return nullptr;
}

Partition* TableModel::find_partition(const std::string& name, bool temporary) {
  return const_cast<Partition*>(std::as_const(*this).find_partition(name, temporary));
}

const std::string* TableModel::note(std::string_view kind, std::string_view name) const {
  for (const auto& note : notes) {
    if (note.kind == kind && duckdb::StringUtil::CIEquals(note.name, std::string(name))) return &note.text;
  }
  return nullptr;
}

void TableModel::set_note(const std::string& kind, const std::string& name, std::string text) {
  for (auto& note : notes) {
    if (note.kind != kind || !duckdb::StringUtil::CIEquals(note.name, name)) continue;
    note.text = std::move(text);
    return;
  }
  notes.push_back({kind, name, std::move(text)});
}

bool TableModel::remove_note(std::string_view kind, std::string_view name) {
  return std::erase_if(notes, [&](const TableNote& note) {
           return note.kind == kind && duckdb::StringUtil::CIEquals(note.name, std::string(name));
         }) > 0;
}

duckdb::Value encode(const ColumnModel& model) {
  const bool plain = !model.key && model.aggregation.empty() && model.type.empty() && model.max_bytes == 0 &&
                     !model.auto_increment && !model.now_on_update && !model.hidden &&
                     !model.comment.starts_with(kMark);
  if (plain) return plain_comment(model.comment);
  return encode_whole(model);
}

duckdb::Value encode_whole(const ColumnModel& model) {
  Writer writer;
  writer.add(std::string_view(model.comment));
  writer.add(model.key);
  writer.add(std::string_view(model.aggregation));
  writer.add(std::string_view(model.type));
  writer.add(model.max_bytes);
  writer.add(model.auto_increment);
  writer.add(std::string_view(model.sequence));
  writer.add(model.now_on_update);
  writer.add(model.hidden);
  return writer.take();
}

ColumnModel decode_column(const duckdb::Value& comment) {
  ColumnModel model;
  auto reader = reader_of(comment, model.comment);
  if (!reader) return model;
  model.comment = reader->text();
  model.key = reader->flag();
  model.aggregation = reader->text();
  model.type = reader->text();
  model.max_bytes = reader->number();
  model.auto_increment = reader->flag();
  model.sequence = reader->text();
  model.now_on_update = reader->flag();
  model.hidden = reader->flag();
  return model;
}

duckdb::Value encode(const TableModel& model) {
  if (model.is_plain()) return plain_comment(model.comment);
  return encode_whole(model);
}

duckdb::Value encode_whole(const TableModel& model) {
  Writer writer;
  writer.add(std::string_view(model.comment));
  writer.add(static_cast<uint64_t>(model.keys));
  writer.add(model.key_order);
  writer.add(std::string_view(model.distribution));
  writer.add(model.cluster_by);
  writer.add(static_cast<uint64_t>(model.properties.size()));
  for (const auto& [name, value] : model.properties) {
    writer.add(std::string_view(name));
    writer.add(std::string_view(value));
  }
  writer.add(model.indexes);
  writer.add(model.rollups);
  writer.add(static_cast<uint64_t>(model.partitioned));
  writer.add(model.auto_partitions);
  writer.add(std::string_view(model.auto_unit));
  writer.add(model.partition_columns);
  writer.add(static_cast<uint64_t>(model.partitions.size()));
  for (const auto& partition : model.partitions) {
    writer.add(std::string_view(partition.name));
    writer.add(partition.temporary);
    writer.add(partition.lower);
    writer.add(partition.upper);
    writer.add(static_cast<uint64_t>(partition.values.size()));
    for (const auto& values : partition.values) writer.add(values);
    writer.add(std::string_view(partition.visible_since));
  }
  writer.add(static_cast<uint64_t>(model.notes.size()));
  for (const auto& note : model.notes) {
    writer.add(std::string_view(note.kind));
    writer.add(std::string_view(note.name));
    writer.add(std::string_view(note.text));
  }
  return writer.take();
}

TableModel decode_table(const duckdb::Value& comment) {
  TableModel model;
  auto reader = reader_of(comment, model.comment);
  if (!reader) return model;
  model.comment = reader->text();
  model.keys = static_cast<KeyModel>(std::min<uint64_t>(reader->number(), 3));
  model.key_order = reader->texts();
  model.distribution = reader->text();
  model.cluster_by = reader->texts();
  model.properties.resize(reader->count());
  for (auto& [name, value] : model.properties) {
    name = reader->text();
    value = reader->text();
  }
  model.indexes = reader->texts();
  model.rollups = reader->texts();
  model.partitioned = static_cast<PartitionKind>(std::min<uint64_t>(reader->number(), 2));
  model.auto_partitions = reader->flag();
  model.auto_unit = reader->text();
  model.partition_columns = reader->texts();
  model.partitions.resize(reader->count());
  for (auto& partition : model.partitions) {
    partition.name = reader->text();
    partition.temporary = reader->flag();
    partition.lower = reader->bound();
    partition.upper = reader->bound();
    partition.values.resize(reader->count());
    for (auto& values : partition.values) values = reader->bound();
    partition.visible_since = reader->text();
  }
  model.notes.resize(reader->count());
  for (auto& note : model.notes) {
    note.kind = reader->text();
    note.name = reader->text();
    note.text = reader->text();
  }
  return model;
}

bool is_encoded(const duckdb::Value& comment) {
  std::string plain;
  return reader_of(comment, plain).has_value();
}

}  // namespace sluice::kernel
