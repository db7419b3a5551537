// SPDX-License-Identifier: Apache-2.0
#include "kernel/errors.h"

#include <charconv>

#include "base/error_place.h"
#include "duckdb/common/error_data.hpp"
#include "duckdb/common/exception/list.hpp"
#include "kernel/error_names.h"
#include "kernel/error_texts.h"

namespace sluice::kernel {
namespace {

struct Mapping {
  Code code;
  int mysql_errno;
};

std::string extra(const duckdb::ErrorData& error, const char* key) {
  auto found = error.ExtraInfo().find(key);
  return found == error.ExtraInfo().end() ? std::string() : found->second;
}

// Where in the statement's text, as the trees of the dialect say.
std::optional<size_t> position(const duckdb::ErrorData& error) {
  const std::string text = extra(error, "position");
  size_t offset = 0;
  if (!text.empty() && std::from_chars(text.data(), text.data() + text.size(), offset).ec == std::errc()) return offset;
  switch (error.Type()) {
    case duckdb::ExceptionType::BINDER:
    case duckdb::ExceptionType::CATALOG:
    case duckdb::ExceptionType::PARSER:
    case duckdb::ExceptionType::SYNTAX:
      return kSomewhere;
    default:
      return std::nullopt;
  }
}

Mapping map_catalog_error(const duckdb::ErrorData& error) {
  const std::string subtype = extra(error, "error_subtype");
  const std::string kind = extra(error, "type");
  if (subtype == "ENTRY_ALREADY_EXISTS") {
    if (kind == "Schema") return {Code::kAlreadyExists, 1007};
    if (kind == "Index") return {Code::kAlreadyExists, 1061};
    return {Code::kAlreadyExists, 1050};
  }
  if (subtype == "MISSING_ENTRY") {
    if (kind == "Schema") return {Code::kNotFound, 1049};
    if (kind == "Table" || kind == "View") return {Code::kNotFound, 1146};
    if (kind.find("Function") != std::string::npos) return {Code::kNotFound, 1305};
    if (kind == "Index") return {Code::kNotFound, 1176};
    return {Code::kNotFound, 1105};
  }
  // The kernel gives no subtype for some of them; its texts are part of its interface to us and pinned by a test.
  const std::string& text = error.RawMessage();
  if (text.find("already exists") != std::string::npos)
    return {Code::kAlreadyExists, text.starts_with("Schema") ? 1007 : 1050};
  if (text.find("does not exist") != std::string::npos)
    return {Code::kNotFound, text.starts_with("Schema") ? 1049 : 1146};
  return {Code::kInvalidArgument, 1105};
}

Mapping map_constraint_error(const duckdb::ErrorData& error) {
  const std::string& text = error.RawMessage();
  if (text.find("NOT NULL") != std::string::npos) return {Code::kInvalidArgument, 1048};
  if (text.find("Duplicate key") != std::string::npos || text.find("duplicate key") != std::string::npos)
    return {Code::kAlreadyExists, 1062};
  if (text.find("CHECK") != std::string::npos) return {Code::kInvalidArgument, 3819};
  if (text.find("foreign key") != std::string::npos) return {Code::kInvalidArgument, 1452};
  return {Code::kInvalidArgument, 1105};
}

Mapping map_binder_error(const duckdb::ErrorData& error) {
  const std::string subtype = extra(error, "error_subtype");
  if (subtype == "COLUMN_NOT_FOUND") return {Code::kNotFound, 1054};
  const std::string& text = error.RawMessage();
  if (text.find("does not have a column named") != std::string::npos) return {Code::kNotFound, 1054};
  if (text.starts_with("Referenced column") || text.starts_with("Referenced update column"))
    return {Code::kNotFound, 1054};
  if (text.starts_with("Referenced table")) return {Code::kNotFound, 1109};
  if (text.starts_with("Ambiguous reference to column")) return {Code::kInvalidArgument, 1052};
  if (text.find("GROUP BY clause") != std::string::npos) return {Code::kInvalidArgument, 1055};
  if (text.find("No function matches") != std::string::npos) return {Code::kInvalidArgument, 1105};
  return {Code::kInvalidArgument, 1105};
}

// Whether the disk (ENOSPC), a quota (EDQUOT) or the process' file size limit (EFBIG) ran out, whatever the kernel
// wrapped the reason in.
bool is_disk_full(const duckdb::ErrorData& error) {
  if (error.Type() != duckdb::ExceptionType::IO && error.Type() != duckdb::ExceptionType::TRANSACTION) return false;
  for (const char* reason : {"No space left", "File too large", "Disk quota exceeded"}) {
    if (error.RawMessage().find(reason) != std::string::npos) return true;
  }
  return false;
}

Mapping map_transaction_error(const std::string& text) {
  if (text.find("uplicate key") != std::string::npos) return {Code::kAlreadyExists, 1062};
  if (text.find("is aborted") != std::string::npos) return {Code::kFailedPrecondition, 1105};
  if (text.find("Could not") != std::string::npos) return {Code::kUnavailable, 1180};
  return {Code::kConflict, 1213};
}

Mapping map_error(const duckdb::ErrorData& error) {
  using duckdb::ExceptionType;
  if (is_disk_full(error)) return {Code::kResourceExhausted, 1021};
  switch (error.Type()) {
    case ExceptionType::CATALOG:
      return map_catalog_error(error);
    case ExceptionType::BINDER:
      return map_binder_error(error);
    case ExceptionType::CONSTRAINT:
      return map_constraint_error(error);
    case ExceptionType::PARSER:
    case ExceptionType::SYNTAX:
      return {Code::kInvalidArgument, 1064};
    case ExceptionType::CONVERSION:
      return {Code::kInvalidArgument, 1366};
    case ExceptionType::OUT_OF_RANGE:
      return {Code::kOutOfRange, 1690};
    case ExceptionType::DIVIDE_BY_ZERO:
      return {Code::kOutOfRange, 1365};
    case ExceptionType::MISMATCH_TYPE:
    case ExceptionType::INVALID_TYPE:
    case ExceptionType::INVALID_INPUT:
    case ExceptionType::PARAMETER_NOT_ALLOWED:
    case ExceptionType::PARAMETER_NOT_RESOLVED:
    case ExceptionType::EXPRESSION:
      return {Code::kInvalidArgument, 1105};
    case ExceptionType::TRANSACTION:
      return map_transaction_error(error.RawMessage());
    case ExceptionType::NOT_IMPLEMENTED:
      return {Code::kUnsupported, 1235};
    case ExceptionType::OUT_OF_MEMORY:
      return {Code::kResourceExhausted, 1038};
    case ExceptionType::IO:
      return {Code::kUnavailable, 1030};
    case ExceptionType::PERMISSION:
      return {Code::kPermissionDenied, 1290};
    case ExceptionType::INTERRUPT:
      return {Code::kCancelled, 1317};
    case ExceptionType::FATAL:
      return {Code::kUnavailable, 1105};
    case ExceptionType::INTERNAL:
      return {Code::kInternal, 1815};
    default:
      return {Code::kInvalidArgument, 1105};
  }
}

// Files of the data directory and of spilling are nobody's business but the server's.
std::string without_own_files(std::string text) {
  for (size_t open = text.find('"'); open != std::string::npos; open = text.find('"', open + 1)) {
    const size_t close = text.find('"', open + 1);
    if (close == std::string::npos) break;
    const std::string_view name = std::string_view(text).substr(open + 1, close - open - 1);
    const bool own = name.find("kernel.duckdb") != name.npos || name.find("duckdb_temp") != name.npos;
    if (own)
      text.replace(open, close + 1 - open, "of the server");
    else
      open = close;
  }
  return text;
}

// The first paragraph of the kernel's text: what follows is source position art, a stack trace or a guess that may name
// what the client cannot see.
std::string plain_message(const duckdb::ErrorData& error) {
  std::string text = error.RawMessage();
  for (std::string_view tail : {"\n\nLINE ", "\n\nStack Trace", "\nLINE ", "\nThis error signals", "\nDid you mean",
                                "\nCandidate bindings", "\n\nPossible solutions"}) {
    if (size_t at = text.find(tail); at != std::string::npos) text.resize(at);
  }
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  // "Merge error condition WHEN NOT MATCHED: .."
  constexpr std::string_view kMergeError = "Merge error condition ";
  if (text.starts_with(kMergeError)) {
    const size_t colon = text.find(": ");
    if (colon != std::string::npos) text.erase(0, colon + 2);
  }
  if (error.Type() == duckdb::ExceptionType::IO || is_disk_full(error)) text = without_own_files(std::move(text));
  // "Unimplemented type for cast (A -> B) when casting from .."
  constexpr std::string_view kNoCast = "Unimplemented type for cast (";
  if (text.starts_with(kNoCast)) {
    const size_t arrow = text.find(" -> "), end = text.find(')', arrow);
    if (end != std::string::npos)
      return "Values of type " + text.substr(kNoCast.size(), arrow - kNoCast.size()) +
             " cannot become values of type " + text.substr(arrow + 4, end - arrow - 4);
  }
  if (error.Type() != duckdb::ExceptionType::OUT_OF_MEMORY) return text;
  return "The statement needs more memory than the server may use (settings kernel.memory_limit, memory.ceiling): " +
         text;
}

}  // namespace

bool is_fatal(const duckdb::ErrorData& error) {
  if (error.Type() == duckdb::ExceptionType::FATAL || duckdb::Exception::InvalidatesDatabase(error.Type())) return true;
  // A failed checkpoint invalidates the attached data file alone; only opening it anew makes it usable again.
  return error.RawMessage().find("has been invalidated") != std::string::npos;
}

Error to_error(const duckdb::ErrorData& error) {
  Mapping mapping = map_error(error);
  std::string message = plain_message(error);
  if (auto text = error_text(message)) {
    mapping = {text->code, text->mysql_errno};
    message = std::move(text->message);
  } else {
    message = with_our_names(message);
  }
  if (error.Type() == duckdb::ExceptionType::INTERRUPT) message = "Query execution was interrupted";
  if (mapping.code == Code::kConflict) {
    if (message.find("\\0") != std::string::npos) message.clear();  // keys of the kernel's catalog
    message = "another transaction changed the same table or rows at the same time; run the transaction again" +
              (message.empty() ? "" : " (" + message + ")");
  }
  Error result = sql_error(mapping.code, mapping.mysql_errno, std::move(message));
  if (const auto place = position(error)) result = with_place(std::move(result), *place);
  return mapping.code == Code::kConflict ? std::move(result).with_retry(Retry::kBackoff) : std::move(result);
}

Error to_error(const std::exception& exception) { return to_error(duckdb::ErrorData(exception)); }

void throw_to_kernel(const Error& error) {
  switch (error.code()) {
    case Code::kPermissionDenied:
      throw duckdb::PermissionException(error.message());
    case Code::kNotFound:
      throw duckdb::CatalogException(error.message());
    case Code::kUnsupported:
      throw duckdb::NotImplementedException(error.message());
    case Code::kUnavailable:
    case Code::kDataLoss:
      throw duckdb::IOException(error.message());
    case Code::kCancelled:
    case Code::kDeadlineExceeded:
      throw duckdb::InterruptException();
    case Code::kOutOfRange:
      throw duckdb::OutOfRangeException(error.message());
    default:
      throw duckdb::InvalidInputException(error.message());
  }
}

}  // namespace sluice::kernel
