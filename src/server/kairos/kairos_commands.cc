// SPDX-License-Identifier: Apache-2.0
#include "server/kairos/kairos_commands.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <set>
#include <sstream>

#include "server/data_dir_lock.h"
#include "server/exit_codes.h"
#include "server/kairos/java_settings.h"
#include "server/kairos/point_lines.h"
#include "server/kairos/verify.h"
#include "timeseries/store/embedded/embedded_store.h"

namespace sluice::server {
namespace {

int failure(const Error& error) {
  std::fprintf(stderr, "sluice: %s\n", error.describe().c_str());
  return kExitFailure;
}
int usage_error(const std::string& message) {
  std::fprintf(stderr, "sluice: %s\n", message.c_str());
  return kExitUsage;
}

int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

Result<std::string> read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) return fail(Code::kNotFound, "cannot read " + file.string());
  return std::move(text).str();
}

// ---- migrate-config

Result<ConfigValue> read_java_config(const std::filesystem::path& file) {
  const std::string text = TRY(read_file(file));
  if (file.extension() == ".properties") return parse_properties(text);
  ConfigReading reading;
  reading.include = [&](const std::string& name) { return read_file(file.parent_path() / name); };
  reading.environment = [](const std::string& name) -> const char* { return std::getenv(name.c_str()); };
  return parse_hocon(text, reading);
}

int migrate_config(const std::vector<std::string>& files) {
  // Later files win, as the files of KairosDB's conf directory do.
  ConfigValue root(ConfigValue::Kind::kObject);
  for (const std::string& file : files) {
    auto config = read_java_config(file);
    if (!config) return usage_error(file + ": " + config.error().describe());
    for (auto& [name, value] : config->members) root.set({name}, std::move(value));
  }
  const ConvertedConfig converted = convert_java_config(root);
  std::fputs(converted.toml().c_str(), stdout);
  for (const std::string& key : converted.unknown) std::fprintf(stderr, "sluice: unknown: %s\n", key.c_str());
  for (const auto& remark : converted.unsupported)
    std::fprintf(stderr, "sluice: without an equal: %s: %s\n", remark.java_key.c_str(), remark.text.c_str());
  return kExitSuccess;
}

// ---- where points are

struct Place {
  std::string url;
  std::string data_dir;
  HttpCallOptions http;
};

void add_access(CLI::App& app, HttpCallOptions& http) {
  app.add_option("--user", http.user, "User at the server")->type_name("NAME");
  app.add_option("--password", http.password, "Its password; $KAIROSDB_PASSWORD when it is not given")
      ->type_name("TEXT")
      ->envname("KAIROSDB_PASSWORD");
  app.add_option("--ca", http.ca_file,
                 "PEM file with certificates, one of which signed an https server's [the system's]")
      ->check(CLI::ExistingFile)
      ->type_name("FILE");
}

void add_place(CLI::App& app, Place& place) {
  app.add_option("--url", place.url, "A running server: http://127.0.0.1:8080")->type_name("URL");
  app.add_option("--data-dir", place.data_dir,
                 "The data directory of a Sluice that does not run [that of the settings]")
      ->type_name("DIR");
  add_access(app, place.http);
}

// An open store or a connection.
struct Opened {
  DataDirLock lock;
  std::unique_ptr<timeseries::EmbeddedStore> store;
  std::unique_ptr<HttpCaller> caller;
};

Result<Opened> open(const Place& place, const std::function<Result<std::filesystem::path>()>& default_dir) {
  Opened opened;
  if (!place.url.empty()) {
    opened.caller = std::make_unique<HttpCaller>(place.url, place.http);
    return opened;
  }
  const auto data_dir = place.data_dir.empty() ? TRY(default_dir()) : std::filesystem::path(place.data_dir);
  if (data_dir.empty()) return fail(Code::kInvalidArgument, "say with --url or --data-dir where the points are");
  opened.lock = TRY(DataDirLock::acquire(data_dir));
  timeseries::EmbeddedSettings settings;
  settings.folder = (data_dir / "timeseries").string();
  opened.store = TRY(timeseries::EmbeddedStore::open(std::move(settings)));
  return opened;
}

// ---- export

struct ExportOptions {
  Place place;
  std::vector<std::string> metrics;
  std::string file;
  std::string recovery_file;
  bool append = false;
};

int run_export(const ExportOptions& options, const std::function<Result<std::filesystem::path>()>& default_dir) {
  auto opened = open(options.place, default_dir);
  if (!opened) return failure(opened.error());
  const auto source = opened->store ? lines_of_store(*opened->store) : lines_of_server(*opened->caller);
  std::ofstream to_file;
  if (!options.file.empty()) {
    to_file.open(options.file, options.append ? std::ios::app : std::ios::trunc);
    if (!to_file) return failure(Error(Code::kUnavailable, "cannot write " + options.file));
  }
  std::ostream& out = options.file.empty() ? std::cout : to_file;
  const LineSink sink = [&](std::string_view line) -> Status {
    if (out.write(line.data(), static_cast<std::streamsize>(line.size()))) return {};
    return fail(Code::kUnavailable, "the lines cannot be written");
  };
  std::set<std::string> done;
  std::ofstream recovery;
  if (!options.recovery_file.empty()) {
    std::ifstream before(options.recovery_file);
    for (std::string name; std::getline(before, name);) done.insert(name);
    recovery.open(options.recovery_file, std::ios::app);
    if (!recovery) return failure(Error(Code::kUnavailable, "cannot write " + options.recovery_file));
  }
  auto metrics = options.metrics.empty() ? source->metrics() : Result<std::vector<std::string>>(options.metrics);
  if (!metrics) return failure(metrics.error());
  ExportFigures figures;
  for (const std::string& metric : *metrics) {
    if (done.contains(metric)) continue;
    if (const auto status = source->export_metric(metric, sink, figures); !status) return failure(status.error());
    if (!out.flush()) return failure(Error(Code::kUnavailable, "the lines cannot be written"));
    if (recovery.is_open()) recovery << metric << '\n' << std::flush;
  }
  std::fprintf(stderr, "%llu points in %llu lines of %zu metrics\n", static_cast<unsigned long long>(figures.points),
               static_cast<unsigned long long>(figures.lines), metrics->size());
  if (figures.skipped == 0) return kExitSuccess;
  std::fprintf(stderr, "sluice: %llu values that JSON has no form for (NaN, infinities) were left out\n",
               static_cast<unsigned long long>(figures.skipped));
  return kExitFailure;
}

// ---- import

int run_import(const Place& place, const std::string& file,
               const std::function<Result<std::filesystem::path>()>& default_dir) {
  auto opened = open(place, default_dir);
  if (!opened) return failure(opened.error());
  const auto target = opened->store ? lines_into_store(*opened->store) : lines_into_server(*opened->caller);
  std::ifstream from_file;
  if (!file.empty()) {
    from_file.open(file);
    if (!from_file) return failure(Error(Code::kNotFound, "cannot read " + file));
  }
  const auto figures =
      import_lines(file.empty() ? std::cin : from_file, *target, [](uint64_t line, const std::string& error) {
        std::fprintf(stderr, "sluice: line %llu: %s\n", static_cast<unsigned long long>(line), error.c_str());
      });
  if (!figures) return failure(figures.error());
  std::fprintf(stderr, "%llu lines, %llu with errors\n", static_cast<unsigned long long>(figures->lines),
               static_cast<unsigned long long>(figures->failed));
  return figures->failed == 0 ? kExitSuccess : kExitFailure;
}

// ---- verify

struct VerifyOptions {
  std::string left;
  std::string right;
  std::string queries;
  size_t metrics = 1000;
  HttpCallOptions http;
};

int run_verify(const VerifyOptions& options) {
  HttpCaller left(options.left, options.http), right(options.right, options.http);
  const int64_t now = now_ms();
  std::vector<VerifyRequest> requests;
  if (options.queries.empty()) {
    auto made = default_verify_requests(left, right, options.metrics, now);
    if (!made) return failure(made.error());
    if (made->left_out > 0)
      std::fprintf(stderr, "sluice: %zu further metrics are not looked at; --metrics says how many are\n",
                   made->left_out);
    requests = std::move(made->requests);
  } else {
    std::ifstream in(options.queries);
    if (!in) return usage_error("cannot read " + options.queries);
    auto read = read_verify_requests(in);
    if (!read) return usage_error(options.queries + ": " + read.error().message());
    requests = std::move(*read);
  }
  const auto figures = verify(left, right, requests, now, [](const std::string& name, const std::string& why) {
    std::printf("%s: %s\n", name.c_str(), why.c_str());
  });
  std::printf("%llu requests: %llu equal, %llu different, %llu without an answer\n",
              static_cast<unsigned long long>(figures.requests),
              static_cast<unsigned long long>(figures.requests - figures.different - figures.failed),
              static_cast<unsigned long long>(figures.different), static_cast<unsigned long long>(figures.failed));
  return figures.different == 0 && figures.failed == 0 ? kExitSuccess : kExitFailure;
}

}  // namespace

void add_kairos_commands(CLI::App& app, std::function<Result<std::filesystem::path>()> data_dir, int& exit_code) {
  auto* kairos = app.add_subcommand("kairos", "Moving over from KairosDB: settings, points, comparing");
  kairos->require_subcommand(1);

  auto* migrate = kairos->add_subcommand("migrate-config", "Print the settings that equal a KairosDB configuration");
  auto files = std::make_shared<std::vector<std::string>>();
  migrate->add_option("file", *files, "kairosdb.conf or kairosdb.properties; of several the later ones win")
      ->required()
      ->type_name("FILE");
  migrate->callback([files, &exit_code] { exit_code = migrate_config(*files); });

  auto* exporting = kairos->add_subcommand("export", "Write points as lines of text, in KairosDB's own format");
  auto export_options = std::make_shared<ExportOptions>();
  add_place(*exporting, export_options->place);
  exporting->add_option("-n,--metric", export_options->metrics, "Metrics [all]")->type_name("NAME");
  exporting->add_option("-f,--file", export_options->file, "File to write [standard output]")->type_name("FILE");
  exporting
      ->add_option("-r,--recovery", export_options->recovery_file,
                   "Names of metrics that are done; started again, the export leaves those out")
      ->type_name("FILE");
  exporting->add_flag("-a,--append", export_options->append, "Append to the file");
  exporting->callback([=, &exit_code] { exit_code = run_export(*export_options, data_dir); });

  auto* importing = kairos->add_subcommand("import", "Store points from lines of text");
  auto place = std::make_shared<Place>();
  auto file = std::make_shared<std::string>();
  add_place(*importing, *place);
  importing->add_option("-f,--file", *file, "File to read [standard input]")->type_name("FILE");
  importing->callback([=, &exit_code] { exit_code = run_import(*place, *file, data_dir); });

  auto* verifying = kairos->add_subcommand("verify", "Send the same queries to two servers and compare the answers");
  auto options = std::make_shared<VerifyOptions>();
  verifying->add_option("--left", options->left, "The first server: http://127.0.0.1:8080")
      ->required()
      ->type_name("URL");
  verifying->add_option("--right", options->right, "The second server")->required()->type_name("URL");
  verifying
      ->add_option("--queries", options->queries,
                   "Queries, one a line [tags, counts, sums, fitted lines and newest points of all metrics]")
      ->type_name("FILE");
  verifying->add_option("--metrics", options->metrics, "Metrics to look at when no queries are given [1000]");
  add_access(*verifying, options->http);
  verifying->callback([=, &exit_code] { exit_code = run_verify(*options); });
}

}  // namespace sluice::server
