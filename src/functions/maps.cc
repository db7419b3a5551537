// SPDX-License-Identifier: Apache-2.0
// Parts of maps (a map is stored as an array of {key, value}), maps of text, and the arrays that EXPLODE and its like
// make rows of.
#include "duckdb/planner/expression/list.hpp"
#include "functions/array_rows.h"
#include "functions/conversion.h"
#include "functions/families.h"
#include "functions/json_document.h"
#include "functions/json_extract.h"
#include "functions/registry.h"
#include "functions/type_names.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::FlatVector;
using duckdb::idx_t;
using duckdb::list_entry_t;
using duckdb::string_t;
using duckdb::Vector;

std::string_view view(const string_t& text) { return {text.GetData(), text.GetSize()}; }

void to_map(Call& call) {
  const LogicalType type = call.arguments[0]->return_type;
  if (type.id() == LogicalTypeId::MAP) return convert_at(call, 0, settled(type));
  if (type.id() == LogicalTypeId::SQLNULL || is_text(type)) {
    return convert_at(call, 0, LogicalType::MAP(LogicalType::VARCHAR, LogicalType::VARCHAR));
  }
  throw duckdb::BinderException("%s() takes a MAP, not %s", duckdb::StringUtil::Upper(std::string(call.name)),
                                duckdb::StringUtil::Upper(type_name(type)));
}

// Keys (part 0) or values (part 1) as an array.
template <size_t part>
void run_part(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ArrayRows maps(input.data[0], count);
  Vector& values = *duckdb::StructVector::GetEntries(maps.elements())[part];
  ArrayResult built(result, count);
  for (idx_t row = 0; row < count; ++row) {
    if (!maps.valid(row)) {
      built.null(row);
      continue;
    }
    built.begin(row);
    built.pick_range(values, maps[row].offset, maps[row].length);
    built.end(row);
  }
  built.flush();
  finish(input, result);
}

template <size_t part>
const LogicalType& part_type(const LogicalType& map) {
  return part == 0 ? duckdb::MapType::KeyType(map) : duckdb::MapType::ValueType(map);
}

template <size_t part>
BoundPtr expand_part(Call& call) {
  to_map(call);
  const LogicalType type = LogicalType::LIST(part_type<part>(call.arguments[0]->return_type));
  return bind_body(call, type, run_part<part>);
}

template <size_t part>
void run_contains(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ArrayRows maps(input.data[0], count);
  Keys keys(*duckdb::StructVector::GetEntries(maps.elements())[part], maps.element_count());
  Keys wanted(input.data[1], count);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  bool* found = FlatVector::GetData<bool>(result);
  for (idx_t row = 0; row < count; ++row) {
    found[row] = false;
    if (!maps.valid(row)) {
      FlatVector::SetNull(result, row, true);
      continue;
    }
    for (idx_t i = 0; i < maps[row].length && !found[row]; ++i) found[row] = keys[maps[row].offset + i] == wanted[row];
  }
  finish(input, result);
}

template <size_t part>
BoundPtr expand_contains(Call& call) {
  to_map(call);
  LogicalType key = part_type<0>(call.arguments[0]->return_type);
  LogicalType value = part_type<1>(call.arguments[0]->return_type);
  LogicalType& compared = part == 0 ? key : value;
  compared = settled(comparison_type(compared, call.arguments[1]->return_type));
  const LogicalType wanted = compared;
  convert_at(call, 0, LogicalType::MAP(key, value));
  convert_at(call, 1, wanted);
  return bind_body(call, LogicalType::BOOLEAN, run_contains<part>);
}

// The map's pairs as ARRAY<STRUCT<key, value>>.
void run_entries(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ArrayRows maps(input.data[0], count);
  ArrayResult built(result, count);
  for (idx_t row = 0; row < count; ++row) {
    if (!maps.valid(row)) {
      built.null(row);
      continue;
    }
    built.begin(row);
    built.pick_range(maps.elements(), maps[row].offset, maps[row].length);
    built.end(row);
  }
  built.flush();
  finish(input, result);
}

BoundPtr expand_entries(Call& call) {
  to_map(call);
  const LogicalType type = duckdb::ListType::GetChildType(call.arguments[0]->return_type);
  return bind_body(call, LogicalType::LIST(type), run_entries);
}

// str_to_map(text[, between pairs[, between key and value]]): of equal keys the last counts.
void run_text_to_map(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  std::vector<ValueRows<string_t>> columns;
  for (auto& column : input.data) columns.emplace_back(column, count);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* rows = FlatVector::GetData<list_entry_t>(result);
  idx_t size = 0;
  std::vector<std::pair<std::string_view, std::optional<std::string_view>>> pairs;
  for (idx_t row = 0; row < count; ++row) {
    rows[row] = {size, 0};
    bool valid = true;
    for (const auto& column : columns) valid &= column.valid(row);
    if (!valid) {
      FlatVector::SetNull(result, row, true);
      continue;
    }
    const std::string_view between = columns.size() > 1 ? view(columns[1][row]) : ",";
    const std::string_view inside = columns.size() > 2 ? view(columns[2][row]) : ":";
    std::string_view rest = view(columns[0][row]);
    pairs.clear();
    for (bool more = true; more;) {
      const size_t end = between.empty() ? rest.npos : rest.find(between);
      const std::string_view pair = rest.substr(0, end);
      more = end != rest.npos;
      if (more) rest.remove_prefix(end + between.size());
      const size_t colon = inside.empty() ? pair.npos : pair.find(inside);
      const std::string_view key = pair.substr(0, colon);
      std::optional<std::string_view> value;
      if (colon != pair.npos) value = pair.substr(colon + inside.size());
      bool known = false;
      for (auto& other : pairs) {
        if (other.first != key) continue;
        other.second = value;
        known = true;
      }
      if (!known) pairs.emplace_back(key, value);
    }
    rows[row].length = pairs.size();
    duckdb::ListVector::Reserve(result, size + pairs.size());
    Vector& keys = duckdb::MapVector::GetKeys(result);
    Vector& values = duckdb::MapVector::GetValues(result);
    for (const auto& [key, value] : pairs) {
      FlatVector::GetData<string_t>(keys)[size] = duckdb::StringVector::AddString(keys, key.data(), key.size());
      if (value)
        FlatVector::GetData<string_t>(values)[size] =
            duckdb::StringVector::AddString(values, value->data(), value->size());
      else
        FlatVector::SetNull(values, size, true);
      ++size;
    }
  }
  duckdb::ListVector::SetListSize(result, size);
  finish(input, result);
}

BoundPtr expand_text_to_map(Call& call) {
  for (size_t i = 0; i < call.arguments.size(); ++i) convert_at(call, i, LogicalType::VARCHAR);
  return bind_body(call, LogicalType::MAP(LogicalType::VARCHAR, LogicalType::VARCHAR), run_text_to_map);
}

// ---- what EXPLODE and its like make rows of

BoundPtr expand_exploded(Call& call) {
  const LogicalType type = call.arguments[0]->return_type;
  if (type.id() == LogicalTypeId::MAP) return expand_entries(call);
  if (is_json(type)) return json_elements(std::move(call.arguments[0]));
  to_array(call, 0);
  return std::move(call.arguments[0]);
}

void run_beside(DataChunk& input, ExpressionState&, Vector& result) { result.Reference(input.data[0]); }

BoundPtr expand_beside(Call& call) {
  const LogicalType type = call.arguments[0]->return_type;
  return bind_body(call, type, run_beside);
}

// The fields at one place of an array's structs, as an array: the second argument is the place, from 1.
void run_struct_part(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ArrayRows arrays(input.data[0], count);
  const auto part = static_cast<size_t>(ValueRows<int32_t>(input.data[1], 1)[0]) - 1;
  Vector structs(arrays.elements().GetType(), std::max<idx_t>(arrays.element_count(), 1));
  duckdb::VectorOperations::Copy(arrays.elements(), structs, arrays.element_count(), 0, 0);
  Vector& values = *duckdb::StructVector::GetEntries(structs)[part];
  ArrayResult built(result, count);
  for (idx_t row = 0; row < count; ++row) {
    if (!arrays.valid(row)) {
      built.null(row);
      continue;
    }
    built.begin(row);
    built.pick_range(values, arrays[row].offset, arrays[row].length);
    built.end(row);
  }
  built.flush();
  finish(input, result);
}

BoundPtr expand_struct_part(Call& call) {
  const LogicalType array = call.arguments[0]->return_type;
  const bool structs =
      array.id() == LogicalTypeId::LIST && duckdb::ListType::GetChildType(array).id() == LogicalTypeId::STRUCT;
  if (!structs) throw duckdb::BinderException("This function makes one column only");
  const auto& fields = duckdb::StructType::GetChildTypes(duckdb::ListType::GetChildType(array));
  auto part = constant_of(call.context, *call.arguments[1]);
  const int32_t place = part ? part->GetValue<int32_t>() : 0;
  if (place < 1 || static_cast<size_t>(place) > fields.size()) {
    throw duckdb::BinderException("This function makes %d columns only", fields.size());
  }
  return bind_body(call, LogicalType::LIST(fields[static_cast<size_t>(place) - 1].second), run_struct_part);
}

// [NULL] instead of NULL and [].
void run_outer(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ArrayRows arrays(input.data[0], count);
  Vector none(duckdb::Value(duckdb::ListType::GetChildType(input.data[0].GetType())));
  ArrayResult built(result, count);
  for (idx_t row = 0; row < count; ++row) {
    built.begin(row);
    if (arrays.valid(row) && arrays[row].length > 0)
      built.pick_range(arrays.elements(), arrays[row].offset, arrays[row].length);
    else
      built.pick(none, 0);
    built.end(row);
  }
  built.flush();
  finish(input, result);
}

BoundPtr expand_outer(Call& call) {
  to_array(call, 0);
  const LogicalType type = call.arguments[0]->return_type;
  return bind_body(call, type, run_outer);
}

// ARRAY<STRUCT<pos, col>>, from 0.
void run_positions(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ArrayRows arrays(input.data[0], count);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* rows = FlatVector::GetData<list_entry_t>(result);
  std::vector<duckdb::sel_t> picked;
  std::vector<int32_t> positions;
  for (idx_t row = 0; row < count; ++row) {
    rows[row] = {picked.size(), 0};
    if (!arrays.valid(row)) {
      FlatVector::SetNull(result, row, true);
      continue;
    }
    rows[row].length = arrays[row].length;
    for (idx_t i = 0; i < arrays[row].length; ++i) {
      picked.push_back(static_cast<duckdb::sel_t>(arrays[row].offset + i));
      positions.push_back(static_cast<int32_t>(i));
    }
  }
  duckdb::ListVector::Reserve(result, picked.size());
  auto& fields = duckdb::StructVector::GetEntries(duckdb::ListVector::GetEntry(result));
  std::copy(positions.begin(), positions.end(), FlatVector::GetData<int32_t>(*fields[0]));
  if (!picked.empty()) {
    duckdb::SelectionVector selection(picked.data());
    duckdb::VectorOperations::Copy(arrays.elements(), *fields[1], selection, picked.size(), 0, 0);
  }
  duckdb::ListVector::SetListSize(result, picked.size());
  finish(input, result);
}

BoundPtr expand_positions(Call& call) {
  to_array(call, 0);
  const LogicalType element = element_type(call, 0);
  const LogicalType pair = LogicalType::STRUCT({{"pos", LogicalType::INTEGER}, {"col", element}});
  return bind_body(call, LogicalType::LIST(pair), run_positions);
}

// The parts of a text between separators.
void run_split(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ValueRows<string_t> texts(input.data[0], count);
  ValueRows<string_t> separators(input.data[1], count);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* rows = FlatVector::GetData<list_entry_t>(result);
  std::vector<std::string_view> parts;
  idx_t size = 0;
  for (idx_t row = 0; row < count; ++row) {
    rows[row] = {size, 0};
    if (!texts.valid(row) || !separators.valid(row)) {
      FlatVector::SetNull(result, row, true);
      continue;
    }
    std::string_view rest = view(texts[row]);
    const std::string_view separator = view(separators[row]);
    parts.clear();
    if (separator.empty()) {
      throw duckdb::InvalidInputException("explode_split(): delimiter column must be not empty");
    }
    for (;;) {
      const size_t end = rest.find(separator);
      parts.push_back(rest.substr(0, end));
      if (end == rest.npos) break;
      rest.remove_prefix(end + separator.size());
    }
    duckdb::ListVector::Reserve(result, size + parts.size());
    Vector& elements = duckdb::ListVector::GetEntry(result);
    for (std::string_view part : parts) {
      FlatVector::GetData<string_t>(elements)[size++] =
          duckdb::StringVector::AddString(elements, part.data(), part.size());
    }
    rows[row].length = parts.size();
  }
  duckdb::ListVector::SetListSize(result, size);
  finish(input, result);
}

BoundPtr expand_split(Call& call) {
  for (size_t i = 0; i < 2; ++i) convert_at(call, i, LogicalType::VARCHAR);
  return bind_body(call, LogicalType::LIST(LogicalType::VARCHAR), run_split);
}

// The elements, with 0 or '' for those that are NULL.
BoundPtr with_defaults(Call& call, BoundPtr elements) {
  auto list = constant_of(call.context, *elements);
  if (!list || list->IsNull()) return elements;
  const LogicalType type = duckdb::ListType::GetChildType(elements->return_type);
  duckdb::vector<duckdb::Value> values = duckdb::ListValue::GetChildren(*list);
  for (auto& value : values) {
    if (value.IsNull()) value = is_text(type) ? duckdb::Value("") : duckdb::Value::Numeric(type, 0);
  }
  return constant(duckdb::Value::LIST(type, std::move(values)));
}

// The array in a JSON text; elements of other types are NULL, but in a constant, which Doris takes for never NULL, 0
// and ''. Of text the elements are text, even as they stand.
template <LogicalTypeId type>
BoundPtr expand_json_array(Call& call) {
  const bool from_text = is_text(call.arguments[0]->return_type);
  BoundPtr elements = json_elements(to_json(call.context, std::move(call.arguments[0])));
  if (type == LogicalTypeId::INVALID) {
    if (!from_text) return elements;
    return duckdb::BoundCastExpression::AddCastToType(call.context, std::move(elements),
                                                      LogicalType::LIST(LogicalType::VARCHAR));
  }
  if (type == LogicalTypeId::BIGINT) {
    elements = json_integers(std::move(elements));
  } else {
    elements = convert(call.context, std::move(elements), LogicalType::LIST(LogicalType(type)));
  }
  return with_defaults(call, std::move(elements));
}

// The members of a JSON object as ARRAY<STRUCT<key, value>>.
void run_members(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ValueRows<string_t> texts(input.data[0], count);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* rows = FlatVector::GetData<list_entry_t>(result);
  JsonDocument document;
  std::string out;
  idx_t size = 0;
  for (idx_t row = 0; row < count; ++row) {
    rows[row] = {size, 0};
    if (!texts.valid(row) || !document.parse(view(texts[row])) || !yy::yyjson_is_obj(document.root())) {
      FlatVector::SetNull(result, row, true);
      continue;
    }
    rows[row].length = yy::yyjson_obj_size(document.root());
    duckdb::ListVector::Reserve(result, size + rows[row].length);
    auto& fields = duckdb::StructVector::GetEntries(duckdb::ListVector::GetEntry(result));
    size_t index = 0;
    size_t most = 0;
    yy::yyjson_val* key = nullptr;
    yy::yyjson_val* child = nullptr;
    yyjson_obj_foreach(document.root(), index, most, key, child) {
      out.clear();
      write_json(out, child);
      FlatVector::GetData<string_t>(*fields[0])[size] =
          duckdb::StringVector::AddString(*fields[0], yy::yyjson_get_str(key), yy::yyjson_get_len(key));
      FlatVector::GetData<string_t>(*fields[1])[size] = duckdb::StringVector::AddString(*fields[1], out);
      ++size;
    }
  }
  duckdb::ListVector::SetListSize(result, size);
  finish(input, result);
}

BoundPtr expand_members(Call& call) {
  call.arguments[0] = to_json(call.context, std::move(call.arguments[0]));
  const LogicalType pair = LogicalType::STRUCT({{"key", LogicalType::VARCHAR}, {"value", LogicalType::JSON()}});
  return bind_body(call, LogicalType::LIST(pair), run_members);
}

}  // namespace

void add_maps(Registry& registry) {
  registry.add("map_keys", "The keys of a map.").expanded(1, 1, "ARRAY<K> map_keys(MAP<K, V>)", expand_part<0>);
  registry.add("map_values", "The values of a map.").expanded(1, 1, "ARRAY<V> map_values(MAP<K, V>)", expand_part<1>);
  registry.add("map_contains_key", "Whether the map has the key.")
      .expanded(2, 2, "BOOLEAN map_contains_key(MAP<K, V>, K)", expand_contains<0>);
  registry.add("map_contains_value", "Whether the map has the value.")
      .expanded(2, 2, "BOOLEAN map_contains_value(MAP<K, V>, V)", expand_contains<1>);
  registry.add("map_entries", "The pairs of a map as an array of structs.")
      .expanded(1, 1, "ARRAY<STRUCT> map_entries(MAP)", expand_entries);
  registry.add("str_to_map", "The map in a text like a:1,b:2, with other separators if they are given.")
      .expanded(1, 3, "MAP<VARCHAR, VARCHAR> str_to_map(VARCHAR[, VARCHAR[, VARCHAR]])", expand_text_to_map);
  registry.add("exploded", "What EXPLODE makes rows of.").expanded(1, 1, "ARRAY exploded(ANY)", expand_exploded);
  registry.add("exploded_outer", "[NULL] instead of NULL and [].")
      .expanded(1, 1, "ARRAY<T> exploded_outer(ARRAY<T>)", expand_outer);
  registry.add("exploded_beside", "The first argument; the second is there for the plan.")
      .expanded(2, 2, "ARRAY exploded_beside(ARRAY, ANY)", expand_beside);
  registry.add("exploded_part", "The fields at a place of an array's structs, as an array.")
      .expanded(2, 2, "ARRAY exploded_part(ARRAY<STRUCT>, INT)", expand_struct_part);
  registry.add("exploded_positions", "The elements with their positions from 0.")
      .expanded(1, 1, "ARRAY<STRUCT> exploded_positions(ARRAY)", expand_positions);
  registry.add("exploded_text", "The parts of a text between separators.")
      .expanded(2, 2, "ARRAY<VARCHAR> exploded_text(VARCHAR, VARCHAR)", expand_split);
  registry.add("exploded_json_int", "The elements of a JSON array as BIGINT.")
      .expanded(1, 1, "ARRAY<BIGINT> exploded_json_int(JSON)", expand_json_array<LogicalTypeId::BIGINT>);
  registry.add("exploded_json_double", "The elements of a JSON array as DOUBLE.")
      .expanded(1, 1, "ARRAY<DOUBLE> exploded_json_double(JSON)", expand_json_array<LogicalTypeId::DOUBLE>);
  registry.add("exploded_json_string", "The elements of a JSON array as text.")
      .expanded(1, 1, "ARRAY<VARCHAR> exploded_json_string(JSON)", expand_json_array<LogicalTypeId::VARCHAR>);
  registry.add("exploded_json", "The elements of a JSON array.")
      .expanded(1, 1, "ARRAY<JSON> exploded_json(JSON), ARRAY<VARCHAR> exploded_json(VARCHAR)",
                expand_json_array<LogicalTypeId::INVALID>);
  registry.add("exploded_members", "The members of a JSON object.")
      .expanded(1, 1, "ARRAY<STRUCT> exploded_members(JSON)", expand_members);
}

}  // namespace sluice::functions
