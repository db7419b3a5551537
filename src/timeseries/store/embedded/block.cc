// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/embedded/block.h"

#include "base/check.h"
#include "timeseries/store/codec/double_codec.h"
#include "timeseries/store/codec/varint.h"

namespace sluice::timeseries {
namespace {

// On disk: never renumber.
constexpr uint8_t kFormat = 1;
enum class Expiry : uint8_t { kNever = 0, kOne = 1, kColumn = 2 };

constexpr size_t kMaxTexts = kMaxBlockText + Points::kMaxTextBytes;

tl::unexpected<Error> damaged(const char* what) { return fail(Code::kDataLoss, std::string("damaged block: ") + what); }

std::span<const uint64_t> unsigned_span(const std::vector<int64_t>& times, size_t begin, size_t end) {
  return {reinterpret_cast<const uint64_t*>(times.data()) + begin, end - begin};
}

struct Header {
  PointType type;
  Expiry expiry;
  size_t count;
  uint32_t expires;
};

Result<Header> read_header(ByteReader& in) {
  if (in.u8() != kFormat) return damaged("unknown format");
  const uint8_t type = in.u8();
  const uint8_t expiry = in.u8();
  const uint64_t count = read_varint(in);
  if (!in.ok() || type > static_cast<uint8_t>(PointType::kLongNano) || expiry > static_cast<uint8_t>(Expiry::kColumn))
    return damaged("unknown type");
  if (count == 0 || count > kMaxBlockPoints) return damaged("impossible number of points");
  Header header{static_cast<PointType>(type), static_cast<Expiry>(expiry), count, 0};
  if (header.expiry == Expiry::kOne) header.expires = static_cast<uint32_t>(read_varint(in));
  return header;
}

Status read_values(ByteReader& in, PointType type, std::span<uint64_t> out) {
  return type == PointType::kDouble ? decode_doubles(in, out) : decode_column(in, out);
}

Status read_texts(ByteReader& in, Columns& out) {
  TRY(decode_column(in, out.values));  // lengths
  ByteBuffer bytes;
  TRY(decode_bytes(in, kMaxTexts, bytes));
  uint64_t place = 0;
  for (uint64_t& value : out.values) {
    if (value > Points::kMaxTextBytes || place + value > bytes.size()) return damaged("a text lies behind the end");
    const uint64_t length = value;
    value = place << 24 | length;
    place += length;
  }
  out.text.assign(bytes.view());
  return {};
}

}  // namespace

size_t block_points(const Columns& columns, size_t begin) {
  const size_t most = std::min(columns.size() - begin, kMaxBlockPoints);
  if (!has_text(columns.type)) return most;
  size_t bytes = 0;
  for (size_t i = 0; i < most; ++i) {
    bytes += columns.text_at(begin + i).size();
    if (bytes > kMaxBlockText && i > 0) return i;
  }
  return most;
}

Span encode_block(const Columns& columns, size_t begin, size_t end, Effort effort, ByteBuffer& out) {
  const size_t count = end - begin;
  BUG_CHECK(count > 0 && count <= kMaxBlockPoints);
  const size_t start = out.size();
  Span span{.first = columns.times[begin], .last = columns.times[end - 1], .count = static_cast<uint32_t>(count)};
  auto expiry = Expiry::kNever;
  if (!columns.expiry.empty()) {
    bool forever = false;
    for (size_t i = begin; i < end; ++i) {
      const uint32_t at = columns.expiry[i];
      forever |= at == 0;
      if (at != 0 && (span.first_expiry == 0 || at < span.first_expiry)) span.first_expiry = at;
      span.last_expiry = std::max(span.last_expiry, at);
    }
    if (span.first_expiry != 0)
      expiry = !forever && span.first_expiry == span.last_expiry ? Expiry::kOne : Expiry::kColumn;
    if (forever) span.last_expiry = 0;
  }
  out.u8(kFormat);
  out.u8(static_cast<uint8_t>(columns.type));
  out.u8(static_cast<uint8_t>(expiry));
  varint(out, count);
  if (expiry == Expiry::kOne) varint(out, span.last_expiry);
  encode_column(unsigned_span(columns.times, begin, end), effort, out);
  if (has_text(columns.type)) {
    std::vector<uint64_t> lengths(count);
    ByteBuffer bytes;
    for (size_t i = begin; i < end; ++i) {
      const auto text = columns.text_at(i);
      lengths[i - begin] = text.size();
      bytes.append(text);
    }
    encode_column(lengths, effort, out);
    encode_bytes(bytes.span(), effort, out);
  } else {
    const std::span<const uint64_t> values(columns.values.data() + begin, count);
    if (columns.type == PointType::kDouble)
      encode_doubles(values, effort, out);
    else
      encode_column(values, effort, out);
  }
  if (expiry == Expiry::kColumn) {
    const std::vector<uint64_t> seconds(columns.expiry.begin() + static_cast<ptrdiff_t>(begin),
                                        columns.expiry.begin() + static_cast<ptrdiff_t>(end));
    encode_column(seconds, effort, out);
  }
  span.bytes = static_cast<uint32_t>(out.size() - start);
  return span;
}

Status decode_block(std::string_view bytes, Columns& out) {
  ByteReader in(bytes);
  const Header header = TRY(read_header(in));
  out.clear();
  out.type = header.type;
  out.times.resize(header.count);
  out.values.resize(header.count);
  TRY(decode_column(in, {reinterpret_cast<uint64_t*>(out.times.data()), header.count}));
  if (has_text(header.type)) {
    TRY(read_texts(in, out));
  } else {
    TRY(read_values(in, header.type, out.values));
  }
  if (header.expiry == Expiry::kOne) out.expiry.assign(header.count, header.expires);
  if (header.expiry == Expiry::kColumn) {
    std::vector<uint64_t> seconds(header.count);
    TRY(decode_column(in, seconds));
    out.expiry.assign(seconds.begin(), seconds.end());
  }
  if (!in.ok()) return damaged("it ends early");
  if (!out.ordered()) return damaged("its times do not rise");
  return {};
}

Result<bool> decode_numbers(std::string_view bytes, Points& into) {
  ByteReader in(bytes);
  const Header header = TRY(read_header(in));
  if (has_text(header.type) || header.expiry != Expiry::kNever) return false;
  const auto tail = into.grow(header.type == PointType::kLongNano ? PointType::kLong : header.type, header.count);
  TRY(decode_column(in, {reinterpret_cast<uint64_t*>(tail.times), header.count}));
  TRY(read_values(in, header.type, {tail.values, header.count}));
  if (!in.ok()) return damaged("it ends early");
  return true;
}

Status decode_times(std::string_view bytes, std::vector<int64_t>& out) {
  ByteReader in(bytes);
  const Header header = TRY(read_header(in));
  out.resize(header.count);
  return decode_column(in, {reinterpret_cast<uint64_t*>(out.data()), header.count});
}

void encode_span(const Span& span, ByteBuffer& out) {
  varint(out, static_cast<uint64_t>(span.last) - static_cast<uint64_t>(span.first));
  varint(out, span.count);
  varint(out, span.bytes);
  if (span.first_expiry == 0) return;
  varint(out, span.first_expiry);
  varint(out, span.last_expiry);
}

Status decode_span(std::string_view bytes, Span& span) {
  ByteReader in(bytes);
  span.last = static_cast<int64_t>(static_cast<uint64_t>(span.first) + read_varint(in));
  span.count = static_cast<uint32_t>(read_varint(in));
  span.bytes = static_cast<uint32_t>(read_varint(in));
  span.first_expiry = in.at_end() ? 0 : static_cast<uint32_t>(read_varint(in));
  span.last_expiry = in.at_end() ? 0 : static_cast<uint32_t>(read_varint(in));
  if (!in.ok() || span.last < span.first || span.count == 0) return fail(Code::kDataLoss, "damaged span of a block");
  return {};
}

}  // namespace sluice::timeseries
