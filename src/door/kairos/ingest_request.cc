// SPDX-License-Identifier: Apache-2.0
// Requests that write: POST /datapoints, /api/put, /datapoints/index.
#include <charconv>

#include "base/log.h"
#include "door/kairos/request.h"
#include "net/gzip.h"
#include "timeseries/request/datapoints_parser.h"
#include "timeseries/request/opentsdb_put.h"

namespace sluice::door::kairos {
namespace {

// Bytes of a body that a worker gets at a time: bodies of usual size need one hand-over. Those that do not tell their
// length could be of clients that never send more.
constexpr size_t kPieceBytes = 256 << 10;
constexpr size_t kUnknownPieceBytes = 64 << 10;
// A metric of a body must be held in memory as text: so many bodies may be larger than that at once.
constexpr uint64_t kLargeBodyBytes = 16u << 20;
constexpr uint32_t kMaxLargeBodies = 8;
constexpr size_t kMaxMetricBytes = 128u << 20;
constexpr std::string_view kCutGzip = "Unexpected end of ZLIB input stream";

std::optional<int64_t> read_time(const std::optional<std::string>& text) {
  int64_t value = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return value;
}

}  // namespace

// A body of data points: inflated if it must be, within the limits. Used by one worker at a time.
class Request::Body {
 public:
  enum class Coding : uint8_t {
    kNone,
    kGzip,        // Content-Encoding: gzip; failures are answered 500
    kLegacyGzip,  // Content-Type: application/gzip; 400
  };

  Body(Door& door, const net::HttpHeaders& headers) : door_(door) {
    const auto type = headers.find("content-type");
    if (type && type->substr(0, type->find(';')) == "application/gzip") {
      coding_ = Coding::kLegacyGzip;
    } else if (headers.has_token("content-encoding", "gzip")) {
      coding_ = Coding::kGzip;
    }
    if (coding_ != Coding::kNone) gzip_.emplace();
  }
  ~Body() {
    if (large_) door_.large_bodies_.fetch_sub(1);
  }
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;

  // Gives the text of a piece of the body to `take`. What is wrong with the body itself is in refused(); then the
  // error that comes back is of no meaning.
  template <typename Take>
  Status write(std::string_view piece, bool last, const Take& take) {
    read_ += piece.size();
    if (!gzip_) {
      TRY(count(piece.size()));
      return take(piece, last);
    }
    const Status inflated = gzip_->write(piece, [&](std::string_view text) -> Status {
      TRY(count(text.size()));
      return take(text, false);
    });
    if (!inflated) {
      if (inflated.error().code() == Code::kInvalidArgument && !refused_)
        refuse(gzip_status(), inflated.error().message());
      return inflated;
    }
    if (!last) return {};
    if (read_ == 0) return refuse(gzip_status(), {});
    if (!gzip_->whole()) return refuse(400, kCutGzip);
    return take({}, true);
  }
  const std::optional<timeseries::ParseOutcome>& refused() const { return refused_; }

 private:
  int gzip_status() const { return coding_ == Coding::kLegacyGzip ? 400 : 500; }

  Status refuse(int status, std::string_view message) {
    refused_.emplace(timeseries::ParseOutcome{status, {}});
    refused_->errors.push_back(message.empty() ? std::nullopt : std::optional<std::string>(message));
    return fail(Code::kCancelled, "the body is refused");
  }

  Status count(size_t bytes) {
    text_ += bytes;
    if (text_ > door_.options_.max_body_bytes)
      return refuse(413, "the body is larger than " + std::to_string(door_.options_.max_body_bytes) + " bytes");
    if (text_ < kLargeBodyBytes) return {};
    if (gzip_ && text_ / door_.options_.max_gzip_ratio > read_)
      return refuse(413, "the body is compressed beyond a ratio of " + std::to_string(door_.options_.max_gzip_ratio));
    if (!large_) {
      large_ = true;
      if (door_.large_bodies_.fetch_add(1) >= kMaxLargeBodies)
        return refuse(503, "too many large bodies are being read; try again later");
    }
    return {};
  }

  Door& door_;
  Coding coding_ = Coding::kNone;
  std::optional<net::GzipReader> gzip_;
  uint64_t read_ = 0;
  uint64_t text_ = 0;
  bool large_ = false;
  std::optional<timeseries::ParseOutcome> refused_;
};

// A series cache of the door's for as long as a request needs it.
class Door::CacheLease {
 public:
  explicit CacheLease(Door& door) : door_(door), cache_(door.take_cache()) {}
  ~CacheLease() { door_.give_back(std::move(cache_)); }
  CacheLease(const CacheLease&) = delete;
  CacheLease& operator=(const CacheLease&) = delete;
  timeseries::SeriesCache* get() { return cache_.get(); }

 private:
  Door& door_;
  std::unique_ptr<timeseries::SeriesCache> cache_;
};

awaitable<void> Request::datapoints() {
  Body body(door_, exchange_.request().headers);
  Door::CacheLease cache(door_);
  timeseries::DatapointsParser parser(
      door_.services_.store, {.compat = door_.options_.compat, .max_metric_bytes = kMaxMetricBytes}, cache.get());
  const auto feed = [&](std::string_view text, bool last) { return parser.feed(text, last); };
  std::string piece(std::min<uint64_t>(kPieceBytes, exchange_.content_length().value_or(kUnknownPieceBytes)), '\0');
  std::optional<Error> broken;  // the connection or its framing
  Status status;
  for (bool last = false; !last && status && !broken && !parser.done();) {
    size_t filled = 0;
    while (filled < piece.size()) {
      const auto n =
          co_await exchange_.read_body({reinterpret_cast<uint8_t*>(piece.data()) + filled, piece.size() - filled});
      if (!n) broken = n.error();
      if (!n || *n == 0) {
        last = true;
        break;
      }
      filled += *n;
    }
    if (exchange_.content_length() == filled) last = true;
    status = co_await run_on(door_.services_.writers, [&]() -> Status {
      // Metrics that came whole are stored, even though the rest is missing.
      return body.write(std::string_view(piece).substr(0, filled), last, feed);
    });
  }
  if (body.refused()) {
    // As when it is cut: what came whole is stored.
    static_cast<void>(co_await run_on(door_.services_.writers, [&]() -> Status { return parser.feed({}, true); }));
  }
  auto& traffic = door_.services_.traffic;
  timeseries::Traffic::add(traffic.ingest_requests, 1);
  timeseries::Traffic::add(traffic.ingest_points, parser.points());
  timeseries::Traffic::add(traffic.ingest_ns, static_cast<uint64_t>((Clock::now() - began_).count()));
  if (broken) {
    exchange_.close_after();
    if (broken->code() == Code::kUnavailable || broken->code() == Code::kCancelled) co_return;
    co_await answer_error(broken->code() == Code::kDeadlineExceeded ? 408 : 400, broken->message());
    co_return;
  }
  if (body.refused()) {
    exchange_.close_after();
    if (body.refused()->status == 503)
      co_await answer_error(503, body.refused()->errors[0].value_or(""));
    else
      co_await answer_outcome(*body.refused());
    co_return;
  }
  if (!status) {
    static log::RateLimit limit;
    limit.warn("data points are not stored", {{"error", status.error()}, {"request_id", request_id_}});
    co_await answer_failure(status.error());
    co_return;
  }
  if (parser.outcome().status == 204)
    co_await answer(204);
  else
    co_await answer_outcome(parser.outcome());
}

awaitable<void> Request::opentsdb_put() {
  const auto received = co_await read_body();
  if (!received) co_return;
  const bool details = parameter("details").has_value();
  const bool summary = parameter("summary").has_value();
  Body body(door_, exchange_.request().headers);
  Door::CacheLease cache(door_);
  std::string text;
  const auto put = co_await run_on(door_.services_.writers, [&]() -> Result<timeseries::OpentsdbOutcome> {
    TRY(body.write(*received, true, [&](std::string_view piece, bool) -> Status {
      if (text.size() + piece.size() > door_.options_.max_query_bytes)
        return fail(Code::kOutOfRange, "the body is too large");
      text += piece;
      return {};
    }));
    return timeseries::put_opentsdb(text, door_.services_.store, cache.get());
  });
  if (body.refused()) {
    co_await answer_outcome(*body.refused());
  } else if (!put && put.error().code() == Code::kOutOfRange) {
    co_await answer_error(413, put.error().message());
  } else if (!put) {
    co_await answer_failure(put.error());
  } else {
    timeseries::Traffic::add(door_.services_.traffic.ingest_requests, 1);
    timeseries::Traffic::add(door_.services_.traffic.ingest_points, put->success);
    if (put->status == 204 && !details && !summary)
      co_await answer(204);
    else
      co_await answer(put->status == 204 ? 200 : static_cast<unsigned>(put->status),
                      timeseries::opentsdb_json(*put, details, summary));
  }
}

awaitable<void> Request::index_tags() {
  const auto start_text = parameter("start_absolute");
  const auto end_text = parameter("end_absolute");
  timeseries::SeriesQuery query;
  query.metric = parameter("metric").value_or("");
  const auto start = read_time(start_text);
  const auto end = read_time(end_text);
  // A parameter that is no number means to Jersey that there is no such resource.
  if ((start_text && !start) || (end_text && !end)) {
    co_await answer_bare(404);
    co_return;
  }
  // Java has 500 and a page of HTML.
  if (!start || !end || query.metric.empty()) {
    co_await answer_error(400, "start_absolute, end_absolute and metric must be given");
    co_return;
  }
  query.start = *start;
  query.end = *end;
  const Status status =
      co_await run_on(door_.services_.writers, [&]() -> Status { return door_.services_.store.index_tags(query); });
  if (status)
    co_await answer(204);
  else
    co_await answer_failure(status.error());
}

}  // namespace sluice::door::kairos
