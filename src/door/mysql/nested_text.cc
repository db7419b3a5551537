// SPDX-License-Identifier: Apache-2.0
#include "door/mysql/nested_text.h"

#include <span>

#include "functions/types.h"

namespace sluice::door::mysql {

using duckdb::idx_t;
using duckdb::LogicalType;
using Id = duckdb::LogicalTypeId;

struct NestedText::Node {
  LogicalType type;
  CellPlan plan;        // leaves
  CellSource source;    // leaves
  bool quoted = false;  // leaves
  idx_t array_size = 0;
  std::vector<std::string> fields;  // STRUCT
  std::vector<Node> children;
  const duckdb::RecursiveUnifiedVectorFormat* format = nullptr;
};

namespace {

bool is_quoted(const LogicalType& type) {
  if (functions::is_ipv4(type) || functions::is_ipv6(type)) return true;
  switch (type.id()) {
    case Id::CHAR:
    case Id::VARCHAR:
      return !type.IsJSONType();
    case Id::BLOB:
    case Id::DATE:
    case Id::TIME:
    case Id::TIME_NS:
    case Id::TIMESTAMP:
    case Id::TIMESTAMP_SEC:
    case Id::TIMESTAMP_MS:
    case Id::TIMESTAMP_NS:
    case Id::TIMESTAMP_TZ:
    case Id::INTERVAL:
    case Id::UUID:
    case Id::ENUM:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool NestedText::supports(const LogicalType& type) {
  switch (type.id()) {
    case Id::LIST:
      return supports(duckdb::ListType::GetChildType(type));
    case Id::ARRAY:
      return supports(duckdb::ArrayType::GetChildType(type));
    case Id::MAP:
      return supports(duckdb::MapType::KeyType(type)) && supports(duckdb::MapType::ValueType(type));
    case Id::STRUCT:
      for (const auto& child : duckdb::StructType::GetChildTypes(type)) {
        if (!supports(child.second)) return false;
      }
      return true;
    default:
      return !plan_cell(type, RowFormat::kText).cast_first;
  }
}

namespace {

// `digits` of the moments not made yet; may be too few.
template <typename Node>
Node make_node(const LogicalType& type, std::span<const std::optional<uint8_t>>& digits) {
  Node node;
  node.type = type;
  switch (type.id()) {
    case Id::LIST:
      node.children.push_back(make_node<Node>(duckdb::ListType::GetChildType(type), digits));
      break;
    case Id::MAP: {
      // A map is stored as a list of {key, value}.
      Node entry;
      entry.type =
          LogicalType::STRUCT({{"key", duckdb::MapType::KeyType(type)}, {"value", duckdb::MapType::ValueType(type)}});
      entry.children.push_back(make_node<Node>(duckdb::MapType::KeyType(type), digits));
      entry.children.push_back(make_node<Node>(duckdb::MapType::ValueType(type), digits));
      node.children.push_back(std::move(entry));
      break;
    }
    case Id::ARRAY:
      node.array_size = duckdb::ArrayType::GetSize(type);
      node.children.push_back(make_node<Node>(duckdb::ArrayType::GetChildType(type), digits));
      break;
    case Id::STRUCT:
      for (const auto& child : duckdb::StructType::GetChildTypes(type)) {
        node.fields.push_back(child.first.empty() ? "col" + std::to_string(node.fields.size() + 1) : child.first);
        node.children.push_back(make_node<Node>(child.second, digits));
      }
      break;
    default:
      node.plan = plan_cell(type, RowFormat::kText);
      node.quoted = is_quoted(type);
      describe_source(node.type, node.source);
      if (functions::count_moments(type) > 0 && !digits.empty()) {
        if (digits[0] && type.id() == Id::TIMESTAMP)
          describe_digits(*digits[0], RowFormat::kText, node.plan, node.source);
        digits = digits.subspan(1);
      }
  }
  return node;
}

}  // namespace

NestedText::NestedText(const LogicalType& type, const functions::MomentDigits& digits) : type_(type) {
  std::span<const std::optional<uint8_t>> left = digits;
  root_ = std::make_unique<Node>(make_node<Node>(type, left));
}
NestedText::~NestedText() = default;

void NestedText::bind(duckdb::Vector& vector, idx_t count) {
  format_ = duckdb::RecursiveUnifiedVectorFormat();
  duckdb::Vector::RecursiveToUnifiedFormat(vector, count, format_);
  bind_node(*root_, format_);
}

void NestedText::bind_node(Node& node, const duckdb::RecursiveUnifiedVectorFormat& format) {
  node.format = &format;
  node.source.data = format.unified.data;
  for (size_t i = 0; i < node.children.size(); ++i) bind_node(node.children[i], format.children[i]);
}

std::string_view NestedText::write(idx_t index) {
  text_.clear();
  append_value(*root_, index);
  return text_.view();
}

void NestedText::append(const Node& node, idx_t row) {
  idx_t index = node.format->unified.sel->get_index(row);
  if (!node.format->unified.validity.RowIsValid(index)) return text_.append("null");
  append_value(node, index);
}

void NestedText::append_value(const Node& node, idx_t index) {
  switch (node.type.id()) {
    case Id::LIST:
    case Id::ARRAY: {
      duckdb::list_entry_t entry{index * node.array_size, node.array_size};
      if (node.type.id() == Id::LIST) entry = static_cast<const duckdb::list_entry_t*>(node.source.data)[index];
      text_.u8('[');
      for (idx_t i = 0; i < entry.length; ++i) {
        if (i > 0) text_.append(", ");
        append(node.children[0], entry.offset + i);
      }
      text_.u8(']');
      break;
    }
    case Id::MAP: {
      auto entry = static_cast<const duckdb::list_entry_t*>(node.source.data)[index];
      const Node& pair = node.children[0];
      text_.u8('{');
      for (idx_t i = 0; i < entry.length; ++i) {
        if (i > 0) text_.append(", ");
        idx_t at = pair.format->unified.sel->get_index(entry.offset + i);
        append(pair.children[0], at);
        text_.u8(':');
        append(pair.children[1], at);
      }
      text_.u8('}');
      break;
    }
    case Id::STRUCT:
      text_.u8('{');
      for (size_t i = 0; i < node.children.size(); ++i) {
        if (i > 0) text_.append(", ");
        text_.u8('"');
        text_.append(node.fields[i]);
        text_.append("\":");
        append(node.children[i], index);
      }
      text_.u8('}');
      break;
    default:
      append_leaf(node, index);
  }
}

void NestedText::append_leaf(const Node& node, idx_t index) {
  if (node.quoted) text_.u8('"');
  if (node.type.InternalType() == duckdb::PhysicalType::VARCHAR) {
    const auto& text = static_cast<const duckdb::string_t*>(node.source.data)[index];
    text_.append(text.GetData(), text.GetSize());
  } else {
    // Written as a cell first; the cell's own length goes.
    leaf_.clear();
    uint8_t* begin = leaf_.tail(node.plan.bound);
    RowOutput output{leaf_, node.plan.bound, leaf_.data() + leaf_.capacity()};
    uint8_t* end = node.plan.write(node.source, index, output, begin);
    if (end == nullptr) {
      text_.append(node.quoted ? "" : "nan");
    } else {
      leaf_.advance_to(end);
      size_t skip = leaf_[0] < 251 ? 1 : leaf_[0] == 0xFC ? 3 : leaf_[0] == 0xFD ? 4 : 9;
      text_.append(leaf_.span().subspan(skip));
    }
  }
  if (node.quoted) text_.u8('"');
}

}  // namespace sluice::door::mysql
