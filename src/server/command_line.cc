// SPDX-License-Identifier: Apache-2.0
#include "server/command_line.h"

#include <sys/stat.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>

#include "base/log.h"
#include "functions/reference.h"
#include "server/data_dir_lock.h"
#include "server/exit_codes.h"
#include "server/generate.h"
#include "server/kairos/java_settings.h"
#include "server/kairos/kairos_commands.h"
#include "server/serve.h"
#include "server/settings.h"
#include "server/version.h"

namespace sluice::server {
namespace {

constexpr const char* kDescription =
    "Sluice: one server for analytical SQL and time series. Speaks MySQL's protocol (port 9030), HTTP (port 8030) and "
    "KairosDB's API (ports 8080 and 4242).";

constexpr const char* kFooter =
    "Examples:\n"
    "  sluice serve                              start here, data in ./sluice-data\n"
    "  sluice serve --demo                       the same with TPC-H tables to play with, nothing kept\n"
    "  sluice serve --data-dir /var/lib/sluice --mysql-port 3306\n"
    "  sluice config --example > sluice.toml     a settings file to edit; ./sluice.toml is read by itself\n"
    "  sluice config                             the settings in effect and where each comes from\n"
    "  sluice generate tpch --scale 1 --data-dir /var/lib/sluice --database tpch\n"
    "  sluice kairos migrate-config kairosdb.conf >> sluice.toml   settings of a KairosDB server; see "
    "docs/kairos-migration.md\n"
    "  mysql -h 127.0.0.1 -P 9030 -u root        connect\n"
    "\n"
    "Exit codes: 0 ended as asked; 1 failed, the reason is on standard error; 2 wrong command line or settings;\n"
    "130 stopped at once: by a second signal, or because a statement did not react.\n"
    "Signals of `serve`: SIGTERM and SIGINT finish running statements (shutdown.drain_timeout) and stop; a second one\n"
    "stops at once; SIGHUP reads certificates again and reopens log and audit files.";

// What the command line says about settings.
struct SettingFlags {
  std::optional<std::string> file;
  std::map<std::string, std::string> texts;  // by key; present: given
};

std::string kind_name(const SettingDefinition& setting) {
  switch (setting.kind) {
    case SettingKind::kBool:
      return "BOOL";
    case SettingKind::kInt:
      return "NUMBER";
    case SettingKind::kSize:
      return "SIZE";
    case SettingKind::kMemory:
      return "SIZE|PERCENT";
    case SettingKind::kDuration:
      return "DURATION";
    case SettingKind::kRatio:
      return "RATIO";
    case SettingKind::kText:
      return "TEXT";
    case SettingKind::kPath:
      return "PATH";
    case SettingKind::kChoice:
      return std::string(setting.choices);
    case SettingKind::kTextList:
      return "TEXT,...";
    case SettingKind::kPathList:
      return "PATH,...";
  }
  return "TEXT";
}

// The first sentence or line is enough for --help.
std::string short_doc(const SettingDefinition& setting) {
  const std::string doc(setting.doc.substr(0, setting.doc.find('\n')));
  if (setting.default_text.empty()) return doc;
  return doc + " [" + std::string(setting.default_text) + "]";
}

void add_setting_flags(CLI::App& app, SettingFlags& flags) {
  app.add_option("-c,--config", flags.file,
                 "Settings file; otherwise $SLUICE_CONFIG, ./sluice.toml or /etc/sluice/sluice.toml is read")
      ->type_name("FILE");
  app.set_help_all_flag("--help-all", "Help with the flags of all settings");
  for (const auto& setting : setting_table()) {
    const std::string key(setting.key);
    auto* option = app.add_option_function<std::string>(
        "--" + flag_name(key), [&flags, key](const std::string& text) { flags.texts[key] = text; }, short_doc(setting));
    option->type_name(kind_name(setting))->expected(1);
    const size_t dot = key.find('.');
    if (setting.expert) {
      option->group("");
    } else {
      option->group(dot == std::string::npos ? "Data" : key.substr(0, dot));
    }
  }
}

// Flags of settings may be written as their key: "--mysql.port=1" becomes "--mysql-port=1".
std::string with_dashes(const std::string& argument) {
  if (!argument.starts_with("--")) return argument;
  const size_t equals = argument.find('=');
  const std::string name = argument.substr(2, equals == std::string::npos ? equals : equals - 2);
  // Shorter, as it stands in every unit file of processes that share the work.
  if (name == "roles") return "--timeseries-roles" + (equals == std::string::npos ? "" : argument.substr(equals));
  for (const auto& setting : setting_table()) {
    if (name == setting.key)
      return "--" + flag_name(name) + (equals == std::string::npos ? "" : argument.substr(equals));
  }
  return argument;
}

std::map<std::string, std::string> java_variables() {
  constexpr std::string_view kPrefix = "KAIROSDB_";
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view text(*entry);
    const size_t equals = text.find('=');
    if (text.starts_with(kPrefix) && equals != std::string_view::npos)
      variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

Result<Settings> load_settings(const SettingFlags& flags) {
  Settings::Sources sources;
  if (flags.file) {
    sources.file = *flags.file;
  } else if (const char* file = std::getenv("SLUICE_CONFIG"); file && *file) {
    sources.file = file;
  }
  sources.environment = Settings::process_environment();
  // Variables of Java KairosDB stand behind Sluice's own.
  const auto java = TRY(convert_java_environment(java_variables()));
  for (const auto& [key, text] : java.settings) sources.environment.try_emplace(environment_name(key), text);
  sources.flags = flags.texts;
  return Settings::load(sources);
}

int usage_error(const Error& error) {
  std::fprintf(stderr, "sluice: %s\n", error.message().c_str());
  return kExitUsage;
}
int failure(const Error& error) {
  std::fprintf(stderr, "sluice: %s\n", error.describe().c_str());
  return kExitFailure;
}

// Files of the data directory are nobody's business outside the owner's group.
void tighten_file_permissions() {
  const mode_t before = ::umask(0027);
  ::umask(before | 0027);
}

int run_serve(SettingFlags flags, bool demo) {
  auto settings = load_settings(flags);
  if (!settings) return usage_error(settings.error());
  if (demo && settings->origin("data_dir") == "default") {
    // A demonstration leaves nothing behind unless it is told where.
    flags.texts["data_dir"] = "";
    settings = load_settings(flags);
    if (!settings) return usage_error(settings.error());
  }
  tighten_file_permissions();
  return serve(std::move(*settings), {.demo = demo});
}

int run_config(const SettingFlags& flags, bool example) {
  if (example) {
    std::fputs(Settings::example().c_str(), stdout);
    return kExitSuccess;
  }
  const auto settings = load_settings(flags);
  if (!settings) return usage_error(settings.error());
  std::fputs(settings->effective().c_str(), stdout);
  return kExitSuccess;
}

int run_generate(const SettingFlags& flags, GenerateOptions options, bool quiet) {
  const auto settings = load_settings(flags);
  if (!settings) return usage_error(settings.error());
  const auto data_dir = settings->path("data_dir");
  if (data_dir.empty())
    return usage_error(
        Error(Code::kInvalidArgument, "data_dir is empty: say with --data-dir where the data is to be stored"));
  tighten_file_permissions();
  const auto lock = DataDirLock::acquire(data_dir);
  if (!lock) return failure(lock.error());
  kernel::HostOptions host_options;
  host_options.data_dir = data_dir;
  host_options.temp_dir = settings->path("kernel.temp_dir");
  host_options.memory_limit_bytes = settings->bytes("kernel.memory_limit");
  host_options.temp_limit_bytes = settings->bytes("kernel.temp_limit");
  host_options.threads = static_cast<uint32_t>(settings->integer("kernel.threads"));
  const auto host = kernel::Host::open(std::move(host_options));
  if (!host) return failure(host.error());
  const auto begin = std::chrono::steady_clock::now();
  if (!quiet) {
    options.progress = [](int percent) { std::fprintf(stderr, "%d %%\n", percent); };
  }
  const auto made = generate(**host, options);
  if (!made) return failure(made.error());
  if (const auto status = (*host)->checkpoint(); !status) return failure(status.error());
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("%llu tables with %llu rows in the database %s, in %.1f s\n",
              static_cast<unsigned long long>(made->tables), static_cast<unsigned long long>(made->rows),
              options.database.c_str(), seconds);
  return kExitSuccess;
}

// A word of the command line that nothing took: what was meant?
std::string explain_unexpected(const CLI::App& app, const std::vector<std::string>& arguments) {
  const CLI::App* at = &app;
  std::vector<std::string> known;
  for (const auto* sub : app.get_subcommands()) at = sub;
  for (const auto* sub : at->get_subcommands()) at = sub;
  for (const auto* option : at->get_options()) {
    for (const auto& name : option->get_lnames()) known.push_back("--" + name);
  }
  for (const auto* sub : at->get_subcommands([](const CLI::App*) { return true; })) known.push_back(sub->get_name());
  for (const auto& argument : arguments) {
    const std::string word = argument.substr(0, argument.find('='));
    if (std::find(known.begin(), known.end(), word) != known.end() || word == at->get_name()) continue;
    if (const std::string guess = closest_name(word, known); !guess.empty() && (word.starts_with("--") || at == &app)) {
      return "unknown " + std::string(word.starts_with("-") ? "flag" : "command") + " '" + word + "': did you mean '" +
             guess + "'?";
    }
  }
  return {};
}

}  // namespace

int run_command_line(const std::vector<std::string>& words) {
  std::vector<std::string> arguments;
  for (const auto& word : words) arguments.push_back(with_dashes(word));
  CLI::App app(kDescription, "sluice");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.get_formatter()->column_width(46);
  app.set_version_flag("--version", "sluice " + std::string(version()), "Print the version");

  SettingFlags flags;
  int exit_code = kExitSuccess;

  auto* serve_app = app.add_subcommand("serve", "Run the server until a signal ends it");
  bool demo = false;
  serve_app->add_flag("--demo", demo,
                      "Start with TPC-H tables at scale 0.1 in the database tpch and print queries to try");
  add_setting_flags(*serve_app, flags);
  serve_app->footer(
      "Each setting can also be an environment variable (SLUICE_MYSQL_PORT) or a line of the settings file; `sluice "
      "config --example`\n"
      "documents all of them. Sizes: 64k, 512MiB, 4GiB. Durations: 500ms, 30s, 5m, 2h, 7d. Lists: separated by "
      "commas.");
  serve_app->callback([&] { exit_code = run_serve(flags, demo); });

  auto* config_app = app.add_subcommand("config", "Print the settings in effect and where each comes from, as TOML");
  bool example = false;
  config_app->add_flag("--example", example, "Print the documented settings file with all defaults instead");
  add_setting_flags(*config_app, flags);
  config_app->callback([&] { exit_code = run_config(flags, example); });

  auto* generate_app = app.add_subcommand(
      "generate", "Fill a database of a data directory with benchmark data (the server must not run)");
  GenerateOptions generate_options;
  bool quiet = false;
  std::string benchmark;
  std::string database;
  generate_app->add_option("benchmark", benchmark, "tpch or tpcds")
      ->required()
      ->check(CLI::IsMember({"tpch", "tpcds"}));
  generate_app->add_option("-s,--scale", generate_options.scale, "Scale factor: about gigabytes of text [1]")
      ->check(CLI::PositiveNumber);
  generate_app->add_option("-d,--database", database, "Database to fill; made when missing [the benchmark's name]");
  generate_app->add_flag("--replace", generate_options.replace, "Drop the benchmark's tables that are there");
  generate_app->add_flag("-q,--quiet", quiet, "No progress");
  add_setting_flags(*generate_app, flags);
  generate_app->callback([&] {
    generate_options.benchmark = benchmark == "tpcds" ? Benchmark::kTpcds : Benchmark::kTpch;
    generate_options.database = database.empty() ? benchmark : database;
    exit_code = run_generate(flags, generate_options, quiet);
  });

  const auto data_dir_in_effect = [&flags]() -> Result<std::filesystem::path> {
    const Settings settings = TRY(load_settings(flags));
    if (settings.text("timeseries.store") == "cassandra")
      return fail(Code::kInvalidArgument,
                  "the points lie in Cassandra (timeseries.store): name a running server with --url");
    return settings.path("data_dir");
  };
  add_kairos_commands(app, data_dir_in_effect, exit_code);

  auto* reference_app = app.add_subcommand("reference", "Print the reference of SQL functions as Markdown");
  reference_app->callback([&] { std::fputs(functions::reference().c_str(), stdout); });

  auto* version_app = app.add_subcommand("version", "Print the version and what this was built with");
  version_app->callback([&] { std::fputs(version_details().c_str(), stdout); });

  // `sluice` alone is asking for help.
  if (arguments.empty()) {
    std::fputs(app.help().c_str(), stdout);
    return kExitUsage;
  }
  // CLI11 takes the words in reverse order.
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::Success& asked) {
    return app.exit(asked);  // --help, --version
  } catch (const CLI::ParseError& error) {
    std::string text = explain_unexpected(app, arguments);
    const bool unexpected = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr || app.get_subcommands().empty();
    if (text.empty() || !unexpected) text = error.what();
    std::fprintf(stderr, "sluice: %s\nTry `sluice --help`.\n", text.c_str());
    return kExitUsage;
  }
  return exit_code;
}

}  // namespace sluice::server
