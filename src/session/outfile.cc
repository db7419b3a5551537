// SPDX-License-Identifier: Apache-2.0
// SELECT .. INTO OUTFILE and EXPORT TABLE. CSV is written here, in Doris' words for values; Parquet by the kernel's
// COPY. Both run the query below a SELECT that turns its columns into what the file holds.
#include "dialect/tree.h"
#include "duckdb/parser/parsed_data/copy_info.hpp"
#include "duckdb/parser/statement/copy_statement.hpp"
#include "functions/type_names.h"
#include "functions/types.h"
#include "kernel/s3_client.h"
#include "session/kernel_rows.h"
#include "session/load_labels.h"
#include "session/no_database.h"
#include "session/outfile_files.h"
#include "session/outfile_options.h"
#include "session/session_state.h"
#include "session/show_rows.h"
#include "session/table_definition.h"

namespace sluice::session {
namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::make_uniq;
using duckdb::StringUtil;
using Properties = std::vector<std::pair<std::string, std::string>>;

// As Doris calls a type in the second line of CSV_WITH_NAMES_AND_TYPES.
std::string header_type(const LogicalType& type) {
  if (type.id() == LogicalTypeId::DECIMAL) {
    const auto width = duckdb::DecimalType::GetWidth(type);
    return width <= 9 ? "DECIMAL32" : width <= 18 ? "DECIMAL64" : "DECIMAL128I";
  }
  std::string name = StringUtil::Upper(functions::type_name(type));
  name = name.substr(0, name.find_first_of("(<"));
  if (name == "DATE" || name == "DATETIME") return name + "V2";
  if (name == "JSON") return "JSONB";
  if (name == "TEXT") return "STRING";
  return name;
}

// What Parquet has no type for is text there, as in Doris; nested values keep their form.
LogicalType parquet_type(const LogicalType& type) {
  if (functions::is_json(type) || functions::is_ipv4(type) || functions::is_ipv6(type)) return LogicalType::VARCHAR;
  switch (type.id()) {
    case LogicalTypeId::HUGEINT:
    case LogicalTypeId::UHUGEINT:
    case LogicalTypeId::SQLNULL:
    case LogicalTypeId::TIME:
      return LogicalType::VARCHAR;
    default:
      return type;
  }
}

using Tree = duckdb::unique_ptr<duckdb::SelectStatement>;

// SELECT <columns as `wanted` says> FROM (query): null: as it is.
Tree converted(duckdb::unique_ptr<duckdb::SQLStatement> query, const std::vector<std::string>& names,
               const std::vector<LogicalType>& types, const std::vector<LogicalType>& wanted) {
  auto inner =
      make_uniq<duckdb::SubqueryRef>(Tree(static_cast<duckdb::SelectStatement*>(query.release())), "outfile_rows");
  auto select = make_uniq<duckdb::SelectNode>();
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string column = "c" + std::to_string(i);
    inner->column_name_alias.push_back(column);
    duckdb::unique_ptr<duckdb::ParsedExpression> item;
    if (functions::is_object(types[i])) {
      item = dialect::tree::constant(duckdb::Value(LogicalType::VARCHAR));
    } else {
      item = make_uniq<duckdb::ColumnRefExpression>(column);
      // A written CAST of an array is refused; as an argument it becomes text.
      if (types[i].IsNested() && functions::is_text(wanted[i]))
        item = dialect::tree::doris("concat", std::move(item));
      else if (wanted[i] != types[i])
        item = dialect::tree::cast(std::move(item), wanted[i]);
    }
    item->SetAlias(names[i]);
    select->select_list.push_back(std::move(item));
  }
  select->from_table = std::move(inner);
  auto statement = make_uniq<duckdb::SelectStatement>();
  statement->node = std::move(select);
  return statement;
}

// The rows of one statement into files of text.
class CsvFiles {
 public:
  CsvFiles(OutfileSet& files, const OutfileOptions& options, std::string header)
      : files_(files), options_(options), header_(std::move(header)) {}

  Status write(kernel::Answer& answer) {
    TRY(open());
    for (auto* chunk = TRY(answer.next()); chunk; chunk = TRY(answer.next())) {
      if (!file_) TRY(open());
      TRY(add(*chunk));
      rows_ += chunk->size();
      if (file_->bytes() < options_.max_file_bytes) continue;
      TRY(file_->finish());
      file_.reset();
    }
    return file_ ? file_->finish() : Status();
  }
  uint64_t rows() const { return rows_; }

 private:
  Status open() {
    file_ = TRY(OutfileText::create(TRY(files_.next()), options_.compression));
    if (options_.with_bom) TRY(file_->write("\xEF\xBB\xBF"));
    return file_->write(header_);
  }
  Status add(duckdb::DataChunk& chunk) {
    chunk.Flatten();
    text_.clear();
    for (size_t row = 0; row < chunk.size(); ++row) {
      for (size_t column = 0; column < chunk.ColumnCount(); ++column) {
        if (column > 0) text_ += options_.column_separator;
        auto& vector = chunk.data[column];
        if (duckdb::FlatVector::IsNull(vector, row)) {
          text_ += "\\N";
        } else {
          const auto& value = duckdb::FlatVector::GetData<duckdb::string_t>(vector)[row];
          text_.append(value.GetData(), value.GetSize());
        }
      }
      text_ += options_.line_delimiter;
    }
    return file_->write(text_);
  }

  OutfileSet& files_;
  const OutfileOptions& options_;
  const std::string header_;
  std::unique_ptr<OutfileText> file_;
  std::string text_;
  uint64_t rows_ = 0;
};

std::string header_lines(const OutfileOptions& options, const std::vector<std::string>& names,
                         const std::vector<LogicalType>& types) {
  if (options.header == OutfileOptions::Header::kNone) return {};
  const auto line = [&](auto&& cell) {
    std::string text;
    for (size_t i = 0; i < names.size(); ++i) text += (i == 0 ? "" : options.column_separator) + cell(i);
    return text + options.line_delimiter;
  };
  std::string text = line([&](size_t i) { return names[i]; });
  if (options.header == OutfileOptions::Header::kNamesAndTypes)
    text += line([&](size_t i) { return header_type(types[i]); });
  return text;
}

Result<uint64_t> write_parquet(kernel::Connection& kernel, Tree query, const OutfileOptions& options,
                               OutfileSet& files) {
  auto copy = make_uniq<duckdb::CopyStatement>();
  auto& info = *copy->info;
  info.is_from = false;
  info.format = "parquet";
  info.is_format_auto_detected = false;
  info.options["codec"] = {duckdb::Value(options.codec)};
  info.select_statement = std::move(query->node);
  const auto first = TRY(files.next());
  info.file_path = first.string();
  if (options.split) {
    // The kernel fills a directory, from which the files move to their places.
    info.options["file_size_bytes"] = {duckdb::Value::UBIGINT(options.max_file_bytes)};
    info.file_path += ".d";
  } else {
    info.options["use_tmp_file"] = {duckdb::Value::BOOLEAN(false)};
  }
  struct Directory {
    std::filesystem::path path;
    ~Directory() {
      std::error_code ignored;
      if (!path.empty()) std::filesystem::remove_all(path, ignored);
    }
  } directory{options.split ? std::filesystem::path(info.file_path) : std::filesystem::path()};
  auto answer = TRY(kernel.run(std::move(copy)));
  const uint64_t rows = answer->changed_rows();
  answer.reset();
  if (!options.split) return rows;
  std::error_code failed;
  for (size_t i = 0;; ++i) {
    const auto made = directory.path / ("data_" + std::to_string(i) + ".parquet");
    if (!std::filesystem::exists(made, failed)) return rows;
    const auto place = i == 0 ? first : TRY(files.next());
    std::filesystem::rename(made, place, failed);
    if (failed) return fail(system_error("cannot rename " + made.string(), failed.value()));
  }
}

std::string json_text(std::string_view value) {
  std::string text = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') text += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) {
      text += c;
    } else {
      char escape[8];
      std::snprintf(escape, sizeof escape, c == '\t' ? "\\t" : c == '\n' ? "\\n" : "\\u%04x", c);
      text += escape;
    }
  }
  return text + "\"";
}

// Objects of S3 are written as files of the server first, in a directory that goes with this.
class Staging {
 public:
  static Result<std::unique_ptr<Staging>> create(const std::filesystem::path& below) {
    if (below.empty()) return fail(ddl_error("without a data directory nothing can be written to S3"));
    auto staging = std::make_unique<Staging>();
    std::error_code failed;
    staging->directory_ = below / ("outfile-" + query_id_text(next_query_number()));
    std::filesystem::create_directories(staging->directory_, failed);
    if (failed) return fail(system_error("cannot create " + staging->directory_.string(), failed.value()));
    return staging;
  }
  ~Staging() {
    std::error_code ignored;
    if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
  }
  const std::filesystem::path& directory() const { return directory_; }

 private:
  std::filesystem::path directory_;
};

// What was staged becomes objects next to `place`; the one that says that all are there comes last.
Status upload(const Staging& staging, const kernel::S3Object& place, bool clear, const std::string& last) {
  if (clear) TRY(kernel::clear_s3_folder(place));
  const std::string folder = place.key.substr(0, place.key.rfind('/') + 1);
  std::vector<std::filesystem::path> files;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(staging.directory(), failed))
    files.push_back(entry.path());
  if (failed) return fail(system_error("cannot read " + staging.directory().string(), failed.value()));
  std::ranges::sort(files, [&](const auto& a, const auto& b) {
    return std::pair(a.filename() == last, a) < std::pair(b.filename() == last, b);
  });
  for (const auto& file : files) {
    kernel::S3Object object = place;
    object.key = folder + file.filename().string();
    TRY(kernel::upload_s3_file(object, file));
  }
  return {};
}

struct Written {
  int64_t files = 0;
  int64_t rows = 0;
  int64_t bytes = 0;
  std::string url;
};

// What SHOW EXPORT tells of the statement.
std::string task_info(const dialect::OutfileStatement& statement, const OutfileOptions& options,
                      const std::string& database) {
  const auto property = [&](std::string_view name) {
    for (const auto& [key, value] : statement.properties) {
      if (key == name) return value;
    }
    return std::string();
  };
  std::string partitions;
  for (const auto& name : statement.exported->partitions)
    partitions += (partitions.empty() ? "" : ",") + json_text(name);
  return "{\"partitions\":[" + partitions + "],\"max_file_size\":" + json_text(property("max_file_size")) +
         ",\"delete_existing_files\":" + json_text(property("delete_existing_files")) +
         ",\"columns\":\"\",\"format\":" +
         json_text(statement.format.empty() ? "csv" : StringUtil::Lower(statement.format)) +
         ",\"column_separator\":" + json_text(options.column_separator) +
         ",\"line_delimiter\":" + json_text(options.line_delimiter) + ",\"db\":" + json_text(database) +
         ",\"tbl\":" + json_text(statement.exported->table.name) +
         ",\"where\":" + json_text(statement.exported->where) + ",\"tablet_num\":1}";
}

}  // namespace

Result<Outcome> SessionState::write_outfile(dialect::OutfileStatement statement) {
  if (database_.empty() && needs_database(*statement.query)) return fail(no_database_selected());
  const OutfileOptions options = TRY(read_outfile_options(statement));
  OutfilePlace place;
  std::optional<kernel::S3Object> object;
  std::unique_ptr<Staging> staging;
  if (is_url_of_s3(statement.url)) {
    object = TRY(kernel::s3_object(statement.properties, statement.url));
    place.prefix = object->key.substr(object->key.rfind('/') + 1);
    if (object->key.empty()) object->key = "-";  // the bucket itself: files have names of their own
    TRY(kernel::check_s3_object(*object));
    staging = TRY(Staging::create(services.kernel.load_spool_dir()));
    place.directory = staging->directory();
  } else {
    place = TRY(outfile_place(statement.url, services.kernel.options().allowed_roots));
  }
  ExportJob job;
  if (statement.exported) {
    job.database = statement.exported->table.database.empty() ? database_ : statement.exported->table.database;
    job.table = statement.exported->table.name;
    job.id = services.schema_jobs.next_id();
    job.label = options.label.empty() ? "export_" + last_query_id() + "_" + std::to_string(job.id) : options.label;
    job.path = statement.url;
    job.began = std::chrono::system_clock::now();
    job.task_info = task_info(statement, options, job.database);
    if (services.exports.has_label(job.database, job.label))
      return fail(ddl_error("Label [" + job.label + "] have already been used."));
  }
  TRY(prepare_transaction(dialect::KernelStatement::Effect::kRead));
  auto work = [&]() -> Result<Written> {
    auto described = TRY(connection().prepare(statement.query->Copy()));
    const std::vector<std::string> names = described->names();
    const std::vector<LogicalType> types(described->types().begin(), described->types().end());
    described.reset();
    std::vector<LogicalType> wanted;
    for (const auto& type : types) wanted.push_back(options.parquet ? parquet_type(type) : LogicalType::VARCHAR);
    auto query = converted(duckdb::unique_ptr<duckdb::SQLStatement>(statement.query.release()), names, types, wanted);
    const std::string name = place.prefix + query_id_text(next_query_number()) + "_";
    OutfileSet files(place.directory, name, options.suffix);
    Written written;
    if (options.parquet) {
      written.rows = static_cast<int64_t>(TRY(write_parquet(connection(), std::move(query), options, files)));
    } else {
      auto answer = TRY(connection().run(std::move(query)));
      CsvFiles csv(files, options, header_lines(options, names, types));
      TRY(csv.write(*answer));
      written.rows = static_cast<int64_t>(csv.rows());
    }
    const std::string success =
        options.success_file_name.empty() ? std::string() : place.prefix + options.success_file_name;
    TRY(files.commit(options.delete_existing_files && !staging, success));
    if (staging) TRY(upload(*staging, *object, options.delete_existing_files, success));
    written.files = static_cast<int64_t>(files.count());
    written.bytes = static_cast<int64_t>(files.bytes());
    written.url = staging ? statement.url.substr(0, statement.url.rfind('/') + 1) + name + "*"
                          : "file://" + (place.directory / name).string() + "*";
    return written;
  };
  auto written = work();
  if (!statement.exported) {
    if (!written) return fail(std::move(written.error()));
    Table table;
    table.columns =
        make_columns({"FileNumber", "TotalRows", "FileSize", "URL"},
                     {LogicalType::INTEGER, LogicalType::BIGINT, LogicalType::BIGINT, LogicalType::VARCHAR}, {});
    table.rows.push_back({duckdb::Value::INTEGER(static_cast<int32_t>(written->files)), number(written->rows),
                          number(written->bytes), text(written->url)});
    return Outcome(std::move(table));
  }
  job.ended = std::chrono::system_clock::now();
  if (written) {
    job.files = "[[{\"fileNumber\":\"" + std::to_string(written->files) + "\",\"totalRows\":\"" +
                std::to_string(written->rows) + "\",\"fileSize\":\"" + std::to_string(written->bytes) +
                "bytes\",\"url\":" + json_text(written->url) + "}]]";
  } else {
    job.error = written.error().message();
  }
  services.exports.add(std::move(job));
  if (!written) return fail(std::move(written.error()));
  return Outcome(Done{});
}

}  // namespace sluice::session
