// SPDX-License-Identifier: Apache-2.0
// A Connection's statements: COM_QUERY, its results, and LOAD DATA LOCAL INFILE.
#include "base/trace.h"
#include "door/mysql/connection.h"
#include "kernel/errors.h"

namespace sluice::door::mysql {
namespace {

// One buffer of rows: filled by a worker while the network thread sends the one before.
constexpr size_t kBufferBytes = 256 * 1024;
// Longer texts are not looked at on a network thread.
constexpr size_t kShortText = 16 * 1024;
// What one open cursor may hold in memory when the session has to run something else.
constexpr size_t kMaxParkedBytes = 64 << 20;

// The text without what surrounds a single statement, or nothing when there may be several.
std::optional<std::string_view> single_statement(std::string_view text) {
  size_t semicolon = text.find(';');
  if (semicolon == std::string_view::npos) return text;
  // A semicolon with nothing behind it ends the only statement, wherever it stands.
  if (text.find_first_not_of(" \t\r\n;", semicolon + 1) == std::string_view::npos) return text.substr(0, semicolon);
  return std::nullopt;
}

}  // namespace

Error Connection::too_long(size_t bytes) const {
  return sql_error(Code::kInvalidArgument, 1153,
                   "The statement has " + std::to_string(bytes) + " bytes, more than the " +
                       std::to_string(services_.limits.max_statement_bytes) + " that are allowed");
}

// As sqlcommenter writes it: /*traceparent='00-<trace>-<span>-01'*/.
void Connection::take_trace(std::string_view sql) {
  constexpr std::string_view kKey = "traceparent='";
  constexpr size_t kContextBytes = 55;
  if (sql.size() > kShortText) return;
  size_t key = sql.find(kKey);
  if (key == std::string_view::npos) return;
  if (auto context = TraceContext::parse(sql.substr(key + kKey.size(), kContextBytes)))
    session_->set_trace(std::move(*context));
}

awaitable<Status> Connection::command_query(std::string_view text) {
  auto began = std::chrono::steady_clock::now();
  while (text.ends_with('\0')) text.remove_suffix(1);
  if (text.size() > services_.limits.max_statement_bytes) co_return co_await send_error(too_long(text.size()));
  take_trace(text);
  if (open_cursor_) co_await park_cursor();
  Status served;
  bool failed = false;
  auto single = single_statement(text);
  if (single) {
    if (single->find_first_not_of(" \t\r\n") == std::string_view::npos) {
      co_return co_await send_error(session_->client_error(sql_error(Code::kInvalidArgument, 1065, "Query was empty")));
    }
    served = co_await run_statement(*single, {}, failed);
  } else {
    // The packet's own bytes go when LOCAL INFILE reads more packets.
    std::string copy(text);
    std::vector<std::string_view> statements;
    if (copy.size() <= kShortText) {
      statements = session_->split(copy);
    } else {
      auto split = co_await run_on(services_.workers, [&] { return session_->split(copy); });
      if (!split) co_return co_await send_error(split.error());
      statements = std::move(*split);
    }
    if (statements.empty())
      co_return co_await send_error(session_->client_error(sql_error(Code::kInvalidArgument, 1065, "Query was empty")));
    session_->set_whole_text(copy);
    for (size_t i = 0; i < statements.size() && served && !failed; ++i) {
      bool last = i + 1 == statements.size();
      // Clients that did not ask for several results get the last one only, as from Doris.
      Answering answering{.silent = !last && !multi_statements_, .more = !last && multi_statements_};
      served = co_await run_statement(statements[i], answering, failed);
    }
    session_->set_whole_text({});
  }
  door_.metrics_.statement_seconds.observe(std::chrono::steady_clock::now() - began);
  co_return served;
}

awaitable<Status> Connection::run_statement(std::string_view sql, Answering answering, bool& failed) {
  if (sql.size() <= kShortText) {
    if (auto outcome = session_->answer_at_once(sql)) {
      return finish_answer(begin_answer(std::move(*outcome), answering), answering, failed);
    }
  }
  return run_on_worker_and_finish(sql, answering, failed);
}

awaitable<Status> Connection::run_on_worker_and_finish(std::string_view sql, Answering answering, bool& failed) {
  Begun begun = co_await execute_on_worker([&] { return session_->execute(sql); }, answering);
  co_return co_await finish_answer(std::move(begun), answering, failed);
}

Connection::Begun Connection::begin_answer(Result<session::Outcome> outcome, const Answering& answering) {
  Begun begun;
  size_t start = out_.size();
  uint8_t first_sequence = sequence_;
  Status put;
  try {
    put = outcome ? put_outcome(*outcome, answering, begun) : Status(fail(std::move(outcome).error()));
  } catch (const std::exception& exception) {
    put = fail(kernel::to_error(exception));
  }
  if (put) return begun;
  // Nothing of this answer was sent yet, so the error can take the place of what is there of it.
  out_.truncate(start);
  sequence_ = first_sequence;
  put_error_packet(out_, session_->client_error(std::move(put.error())));
  begun = Begun();
  begun.failed = true;
  return begun;
}

Status Connection::put_outcome(session::Outcome& outcome, const Answering& answering, Begun& begun) {
  if (auto* done = std::get_if<session::Done>(&outcome)) {
    if (!answering.silent) put_ok(out_, sequence_, *done, status_flags(answering.more));
    return {};
  }
  if (auto* infile = std::get_if<session::LocalInfile>(&outcome)) {
    begun.infile = std::move(*infile);
    return {};
  }
  bool ends_columns = !(capabilities_ & kDeprecateEof);
  if (auto* table = std::get_if<session::Table>(&outcome)) {
    if (answering.silent) return {};
    put_columns(out_, sequence_, table->columns);
    if (ends_columns) put_end(out_, sequence_, capabilities_, {status_flags(answering.more)});
    RowEncoder encoder(table->columns, answering.format);
    for (const auto& row : table->rows) encoder.encode_values(out_, sequence_, row);
    put_end(out_, sequence_, capabilities_, {status_flags(answering.more), session_->warning_count()});
    return {};
  }
  auto rows = std::make_unique<ResultProducer>(std::move(std::get<std::unique_ptr<session::RowStream>>(outcome)),
                                               answering.format);
  if (answering.silent) return rows->drain();
  put_columns(out_, sequence_, rows->columns());
  if (answering.cursor) {
    put_end(out_, sequence_, capabilities_, {static_cast<uint16_t>(status_flags() | kCursorExists)});
    begun.rest = std::move(rows);
    return {};
  }
  if (ends_columns) put_end(out_, sequence_, capabilities_, {status_flags(answering.more)});
  uint64_t all = UINT64_MAX;
  if (!TRY(fill(rows, out_, answering, all))) begun.rest = std::move(rows);
  return {};
}

Result<bool> Connection::fill(std::unique_ptr<ResultProducer>& rows, PacketBuffer& out, const Answering& answering,
                              uint64_t& max_rows) {
  auto more = rows->fill(out, sequence_, out.size() + kBufferBytes, max_rows);
  // The statement ends with its stream, and only then are the session's flags those after it.
  if (!more || !*more) rows.reset();
  if (!more) return fail(std::move(more).error());
  if (*more && max_rows > 0) return false;
  uint16_t status = status_flags(answering.more);
  if (answering.cursor) status |= *more ? kCursorExists : kLastRowSent;
  put_end(out, sequence_, capabilities_, {status, session_->warning_count()});
  return true;
}

awaitable<Status> Connection::finish_answer(Begun begun, Answering answering, bool& failed) {
  failed = begun.failed;
  if (begun.infile) co_return co_await receive_infile(std::move(*begun.infile), answering, failed);
  if (begun.rest) co_return co_await stream_rows(begun.rest, answering, UINT64_MAX, failed);
  if (out_.empty() && wire_.empty()) co_return Status();
  co_return co_await send();
}

// out_ holds the first rows. While the network takes them a worker fills the next buffer; a slow client holds no
// worker.
awaitable<Status> Connection::stream_rows(std::unique_ptr<ResultProducer>& rows, Answering answering, uint64_t max_rows,
                                          bool& failed) {
  PacketBuffer next;
  PacketBuffer plain;  // with compression: what `next` is made of
  bool ended = false;
  bool compressed = compression_.algorithm != Algorithm::kNone;
  BackgroundJob job(services_.workers, executor_);
  auto fill_next = [&] {
    PacketBuffer& target = compressed ? plain : next;
    auto filled = fill(rows, target, answering, max_rows);
    if (!filled) put_error_packet(target, filled.error());
    failed = !filled;
    ended = failed || *filled;
    if (!compressed) return;
    compress_frames(compression_, plain.span(), next, frame_sequence_);
    plain.clear();
  };
  while (!ended) {
    // send() compresses what is in out_, and so must be ahead of the worker with the frames' numbers.
    if (compressed && !out_.empty()) {
      compress_frames(compression_, out_.span(), wire_, frame_sequence_);
      out_.clear();
    }
    if (!job.start(fill_next)) {
      co_await destroy_on_worker(rows);
      failed = true;
      co_return co_await send_error(sluice::detail::job_refused());
    }
    Status sent = co_await send();
    if (sent) {
      stream_.watch_peer(net::PeerGone::kHalfClosed, [this] { session_->interrupt(session::Interrupt::kClientGone); });
    } else {
      session_->interrupt(session::Interrupt::kClientGone);
    }
    co_await job.wait();
    stream_.unwatch_peer();
    if (!sent) {
      co_await destroy_on_worker(rows);
      co_return sent;
    }
    (compressed ? wire_ : out_).swap(next);
  }
  co_return co_await send();
}

awaitable<Status> Connection::receive_infile(session::LocalInfile infile, Answering answering, bool& failed) {
  if (!(capabilities_ & kLocalFiles)) {
    co_await destroy_on_worker(infile.sink);
    failed = true;
    co_return co_await send_error(
        sql_error(Code::kUnsupported, 1148, "The client does not allow LOCAL INFILE: start it with that option"));
  }
  size_t packet = out_.begin_packet();
  out_.u8(kLocalInfileHeader);
  out_.append(infile.filename);
  out_.end_packet(packet, sequence_);
  Status received = co_await send();
  if (received) received = co_await feed_infile(*infile.sink);
  if (!received) {
    co_await destroy_on_worker(infile.sink);  // rolls the load back
    co_return received;
  }
  auto done = co_await run_on(services_.workers, [&] {
    auto result = infile.sink->finish();
    infile.sink.reset();
    return result;
  });
  if (infile.sink) co_await destroy_on_worker(infile.sink);
  failed = !done;
  if (!done) co_return co_await send_error(done.error());
  if (answering.silent) co_return Status();
  put_ok(out_, sequence_, *done, status_flags(answering.more));
  co_return co_await send();
}

// Reads the file's packets up to the empty one. What the sink refuses is still read, or the client would never look at
// the answer; why it refused is told by finish(). An error means that the connection broke.
awaitable<Status> Connection::feed_infile(session::LoadSink& sink) {
  PacketBuffer gathered, writing;
  std::atomic<bool> refused{false};
  BackgroundJob job(services_.workers, executor_);
  auto write = [&] {
    if (!sink.write(writing.view())) refused = true;
    writing.clear();
  };
  Status broken;
  for (bool at_end = false; !at_end && broken;) {
    auto packet = co_await read_packet(Deadline::after(idle_timeout_));
    if (!packet) {
      broken = fail(std::move(packet).error());
      break;
    }
    at_end = packet->payload.empty() && !packet->too_large;
    if (link_->killed) broken = fail(Code::kCancelled, "the connection was killed");
    if (packet->too_large) refused = true;
    if (!refused) gathered.append(packet->payload);
    if (gathered.size() < kBufferBytes && !at_end) continue;
    co_await job.wait();
    gathered.swap(writing);
    gathered.clear();
    if (!refused && !writing.empty() && !job.start(write)) broken = fail(sluice::detail::job_refused());
  }
  co_await job.wait();
  co_return broken;
}

awaitable<void> Connection::park_cursor() {
  Prepared* prepared = std::exchange(open_cursor_, nullptr);
  if (prepared == nullptr || !prepared->cursor) co_return;
  auto parked = co_await run_on(services_.workers, [&] { return prepared->cursor->detach(kMaxParkedBytes); });
  // Its next fetch then finds no cursor.
  if (!parked) co_await destroy_on_worker(prepared->cursor);
}

}  // namespace sluice::door::mysql
