// SPDX-License-Identifier: Apache-2.0
#include "client/cassandra/requests.h"

namespace sluice::client::cassandra {

namespace {

// Flags of QUERY and EXECUTE; BATCH has kSerial and kTimestamp.
constexpr uint8_t kWithValues = 0x01;
constexpr uint8_t kSkipMetadata = 0x02;
constexpr uint8_t kPageSize = 0x04;
constexpr uint8_t kPagingState = 0x08;
constexpr uint8_t kSerial = 0x10;
constexpr uint8_t kTimestamp = 0x20;
constexpr uint8_t kPreparedInBatch = 1;

// Behind the text or the id: consistency, flags and what they announce.
void append_parameters(ByteBuffer& out, std::span<const uint8_t> values, uint16_t value_count, Consistency consistency,
                       const RequestOptions& options, bool without_columns, std::string_view paging_state) {
  append_u16(out, static_cast<uint16_t>(consistency));
  uint8_t flags = without_columns ? kSkipMetadata : 0;
  if (value_count > 0) flags |= kWithValues;
  if (options.page_size > 0) flags |= kPageSize;
  if (!paging_state.empty()) flags |= kPagingState;
  if (options.serial_consistency) flags |= kSerial;
  if (options.timestamp) flags |= kTimestamp;
  out.u8(flags);
  if (value_count > 0) {
    append_u16(out, value_count);
    out.append(values);
  }
  if (options.page_size > 0) append_u32(out, static_cast<uint32_t>(options.page_size));
  if (!paging_state.empty()) append_bytes(out, paging_state);
  if (options.serial_consistency) append_u16(out, static_cast<uint16_t>(*options.serial_consistency));
  if (options.timestamp) append_i64(out, *options.timestamp);
}

}  // namespace

std::optional<std::string> Execute::partition_key() const {
  const auto& keys = statement_->key_parameters();
  if (keys.empty()) return std::nullopt;
  std::vector<std::string_view> values;
  ByteReader in(bytes_.span());
  for (uint16_t i = 0; i < values_.count(); ++i) values.push_back(read_bytes(in).value_or(std::string_view()));
  std::string key;
  for (uint16_t index : keys) {
    if (index >= values.size() || values[index].size() > UINT16_MAX) return std::nullopt;
    const std::string_view part = values[index];
    if (keys.size() == 1) return std::string(part);
    // Of several columns: each with its length before it and a zero byte behind.
    key += static_cast<char>(part.size() >> 8);
    key += static_cast<char>(part.size());
    key += part;
    key += '\0';
  }
  return key;
}

Batch::Batch(BatchType type, size_t reserve_bytes) : type_(type) {
  body_.reserve(reserve_bytes);
  clear();
}

void Batch::clear() {
  body_.clear();
  body_.u8(static_cast<uint8_t>(type_));
  append_u16(body_, 0);
  statements_.clear();
  last_ = nullptr;
  expected_values_ = 0;
  values_ = Values(body_);
  count_ = 0;
  broken_ = false;
  token_.reset();
}

Values& Batch::add(const StatementPtr& statement) {
  if (!last_is_whole()) broken_ = true;
  if (statement.get() != last_) {
    last_ = statement.get();
    statements_.push_back(statement);
    expected_values_ = static_cast<uint16_t>(statement->parameters().size());
  }
  ++count_;
  const std::string& id = statement->id();
  body_.reserve(id.size() + 5);
  body_.u8_unchecked(kPreparedInBatch);
  append_u16(body_, static_cast<uint16_t>(id.size()));
  body_.append_unchecked(id.data(), id.size());
  append_u16(body_, expected_values_);
  values_ = Values(body_);
  return values_;
}

Result<ByteBuffer> Batch::take_body(Consistency consistency) {
  if (broken_ || !last_is_whole())
    return fail(Code::kInvalidArgument, "a statement of the batch has another number of values than parameters");
  if (count_ > UINT16_MAX) return fail(Code::kInvalidArgument, "a batch of more than 65,535 statements");
  body_[1] = static_cast<uint8_t>(count_ >> 8);
  body_[2] = static_cast<uint8_t>(count_);
  append_u16(body_, static_cast<uint16_t>(consistency));
  uint8_t flags = 0;
  if (options.serial_consistency) flags |= kSerial;
  if (options.timestamp) flags |= kTimestamp;
  body_.u8(flags);
  if (options.serial_consistency) append_u16(body_, static_cast<uint16_t>(*options.serial_consistency));
  if (options.timestamp) append_i64(body_, *options.timestamp);
  ByteBuffer taken = std::move(body_);
  body_ = ByteBuffer();
  clear();
  return taken;
}

ByteBuffer startup_body(const std::map<std::string, std::string>& options) {
  ByteBuffer out;
  append_u16(out, static_cast<uint16_t>(options.size()));
  for (auto& [name, value] : options) {
    append_string(out, name);
    append_string(out, value);
  }
  return out;
}

ByteBuffer query_body(std::string_view text, Consistency consistency, const RequestOptions& options,
                      std::string_view paging_state) {
  ByteBuffer out;
  append_long_string(out, text);
  append_parameters(out, {}, 0, consistency, options, false, paging_state);
  return out;
}

ByteBuffer prepare_body(std::string_view text) {
  ByteBuffer out;
  append_long_string(out, text);
  return out;
}

ByteBuffer execute_body(const Statement& statement, std::span<const uint8_t> values, uint16_t value_count,
                        Consistency consistency, const RequestOptions& options, bool without_columns,
                        std::string_view paging_state) {
  ByteBuffer out(values.size() + statement.id().size() + paging_state.size() + 64);
  append_string(out, statement.id());
  append_parameters(out, values, value_count, consistency, options, without_columns, paging_state);
  return out;
}

ByteBuffer register_body() {
  ByteBuffer out;
  append_u16(out, 3);
  for (auto* event : {"TOPOLOGY_CHANGE", "STATUS_CHANGE", "SCHEMA_CHANGE"}) append_string(out, event);
  return out;
}

ByteBuffer auth_response_body(std::string_view token) {
  ByteBuffer out;
  append_bytes(out, token);
  return out;
}

}  // namespace sluice::client::cassandra
