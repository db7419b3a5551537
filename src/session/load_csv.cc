// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/sql_text.h"
#include "session/load_records.h"

namespace sluice::session {
namespace {

// The first `a` or `b` in [p, end), or `end`.
const char* find_either(const char* p, const char* end, char a, char b) {
#ifdef __SSE2__
  const __m128i wanted_a = _mm_set1_epi8(a);
  const __m128i wanted_b = _mm_set1_epi8(b);
  for (; end - p >= 16; p += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const int hits = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(bytes, wanted_a), _mm_cmpeq_epi8(bytes, wanted_b)));
    if (hits != 0) return p + __builtin_ctz(static_cast<unsigned>(hits));
  }
#endif
  while (p < end && *p != a && *p != b) ++p;
  return p;
}

}  // namespace

char* LoadArena::allocate(size_t bytes) {
  if (bytes > left_) {
    size_t piece = std::max(bytes, kPieceBytes);
    pieces_.push_back(std::unique_ptr<char[]>(new char[piece]));
    next_ = pieces_.back().get();
    left_ = piece;
  }
  char* result = next_;
  next_ += bytes;
  left_ -= bytes;
  return result;
}

CsvText::CsvText(const LoadSpec::Csv& options)
    : options_(options),
      plain_(!options.enclose && !(options.mysql_escapes && options.escape)),
      single_bytes_(options.column_separator.size() == 1 && options.line_delimiter.size() == 1) {}

bool CsvText::simple(const char* begin, const char* end) const {
  const bool escapes = options_.mysql_escapes && options_.escape;
  return single_bytes_ && !(escapes && begin < end && memchr(begin, *options_.escape, end - begin));
}

bool CsvText::separator_at(const char* p, const char* end) const {
  const auto& separator = options_.column_separator;
  return *p == separator[0] && static_cast<size_t>(end - p) >= separator.size() &&
         (separator.size() == 1 || std::memcmp(p, separator.data(), separator.size()) == 0);
}

bool CsvText::delimiter_at(const char* p, const char* end) const {
  const auto& delimiter = options_.line_delimiter;
  return *p == delimiter[0] && static_cast<size_t>(end - p) >= delimiter.size() &&
         (delimiter.size() == 1 || std::memcmp(p, delimiter.data(), delimiter.size()) == 0);
}

const char* CsvText::skip_enclosed(const char* p, const char* end) const {
  const char enclose = *options_.enclose;
  const char escape = options_.escape.value_or(enclose);
  for (++p; p < end;) {
    p = find_either(p, end, enclose, escape);
    if (p == end) break;
    if (options_.escape && *p == *options_.escape && *options_.escape != enclose) {
      p += 2;
    } else if (*p == enclose) {
      if (p + 1 < end && p[1] == enclose) {
        p += 2;
      } else {
        return p + 1;
      }
    } else {
      ++p;
    }
  }
  return nullptr;
}

const char* CsvText::last_record_end(const char* begin, const char* end) const {
  const char delimiter = options_.line_delimiter[0];
  if (plain_ && options_.line_delimiter.size() == 1) {
    auto* found = static_cast<const char*>(memrchr(begin, delimiter, end - begin));
    return found ? found + 1 : begin;
  }
  if (plain_) {
    const size_t found = std::string_view(begin, end - begin).rfind(options_.line_delimiter);
    return found == std::string_view::npos ? begin : begin + found + options_.line_delimiter.size();
  }
  const char* last = begin;
  if (!simple(begin, end)) {
    while (const char* next = record_end(last, end)) last = next;
    return last;
  }
  // From enclosed field to enclosed field; only between them a delimiter ends a record.
  for (const char* outside = begin;;) {
    const char* opening = options_.enclose ? next_enclosed(begin, outside, end) : nullptr;
    const char* const stop = opening ? opening : end;
    if (auto* found = static_cast<const char*>(memrchr(outside, delimiter, stop - outside))) last = found + 1;
    if (!opening) return last;
    outside = skip_enclosed(opening, end);
    if (!outside) return last;
  }
}

// The opening character of the next enclosed field in [from, end), where `from` is not inside one.
const char* CsvText::next_enclosed(const char* begin, const char* from, const char* end) const {
  while (from < end) {
    from = static_cast<const char*>(memchr(from, *options_.enclose, end - from));
    if (!from) return nullptr;
    if (from == begin || from[-1] == options_.column_separator[0] || from[-1] == options_.line_delimiter[0])
      return from;
    ++from;
  }
  return nullptr;
}

const char* CsvText::record_end(const char* begin, const char* end) const {
  const auto& delimiter = options_.line_delimiter;
  if (plain_) {
    auto* found = static_cast<const char*>(memmem(begin, end - begin, delimiter.data(), delimiter.size()));
    return found ? found + delimiter.size() : nullptr;
  }
  const bool escapes = options_.mysql_escapes && options_.escape;
  bool field_start = true;
  for (const char* p = begin; p < end;) {
    if (field_start && options_.enclose && *p == *options_.enclose) {
      p = skip_enclosed(p, end);
      if (!p) return nullptr;
      field_start = false;
    } else if (delimiter_at(p, end)) {
      return p + delimiter.size();
    } else if (separator_at(p, end)) {
      p += options_.column_separator.size();
      field_start = true;
    } else {
      p += escapes && *p == *options_.escape ? 2 : 1;
      field_start = false;
    }
  }
  return nullptr;
}

class CsvReader final : public LoadReader {
 public:
  CsvReader(const LoadSpec::Csv& options, size_t columns) : csv_(options), columns_(columns) {}

  void start(const LoadBlock& block) override {
    begin_ = block.text.get();
    end_ = begin_ + block.size;
    next_ = begin_;
    simple_ = csv_.simple(begin_, end_);
    mask_base_ = begin_;
    mask_ = simple_ && block.size > 0 ? mask_at(begin_) : 0;
  }

  void read(LoadFields& fields) override {
    fields.rows = 0;
    fields.bad.clear();
    fields.arena.reset();
    if (simple_ && csv_.options().enclose) {
      read_simple<true>(fields);
    } else if (simple_) {
      read_simple<false>(fields);
    } else {
      read_general(fields);
    }
  }

 private:
  // Bit i: byte i of the 64 at `p` is the separator or the line delimiter. Reads into the block's padding.
  uint64_t mask_at(const char* p) const {
    const char separator = csv_.options().column_separator[0];
    const char delimiter = csv_.options().line_delimiter[0];
    uint64_t mask = 0;
#ifdef __SSE2__
    const __m128i separators = _mm_set1_epi8(separator);
    const __m128i delimiters = _mm_set1_epi8(delimiter);
    for (int i = 0; i < 4; ++i) {
      __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16 * i));
      __m128i hits = _mm_or_si128(_mm_cmpeq_epi8(bytes, separators), _mm_cmpeq_epi8(bytes, delimiters));
      mask |= static_cast<uint64_t>(static_cast<uint32_t>(_mm_movemask_epi8(hits))) << (16 * i);
    }
#else
    for (int i = 0; i < 64; ++i) mask |= static_cast<uint64_t>(p[i] == separator || p[i] == delimiter) << i;
#endif
    if (end_ - p < 64) mask &= (1ull << (end_ - p)) - 1;
    return mask;
  }

  // Ends the record [begin, end) that had `found` fields. False: it was an empty line.
  void end_record(LoadFields& fields, const char* begin, const char* end, size_t found) {
    const size_t row = fields.rows++;
    fields.records[row] = {begin, static_cast<size_t>(end - begin)};
    if (found == columns_) return;
    for (size_t c = std::min(found, columns_); c < columns_; ++c) fields.column(c)[row].kind = LoadField::kMissing;
    if (csv_.options().flexible_columns) return;
    fields.bad.push_back({static_cast<uint32_t>(row), "the row has " + std::to_string(found) +
                                                          " fields, expected are " + std::to_string(columns_)});
    for (size_t c = 0; c < columns_; ++c) fields.column(c)[row].kind = LoadField::kMissing;
  }

  template <bool kMayEnclose>
  void read_simple(LoadFields& fields) {
    const char separator = csv_.options().column_separator[0];
    const bool drop_cr = !csv_.options().keep_cr && csv_.options().line_delimiter[0] == '\n';
    const bool trim = csv_.options().trim_double_quotes;
    const char enclose = kMayEnclose ? *csv_.options().enclose : '\0';
    LoadField* const cells = fields.cells.data();
    const char* record = next_;
    const char* field = record;
    size_t column = 0;
    const char* base = mask_base_;
    uint64_t mask = mask_;
    while (fields.rows < LoadFields::kRows) {
      while (mask == 0) {
        base += 64;
        if (base >= end_) goto done;
        mask = mask_at(base);
      }
      const char* p = base + __builtin_ctzll(mask);
      mask &= mask - 1;
      const bool enclosed = kMayEnclose && *field == enclose;
      if (enclosed) {
        const char* closed = csv_.skip_enclosed(field, end_);
        if (!closed) goto done;
        if (closed > p) {  // what the mask found stands inside the field
          base += (closed - base) / 64 * 64;
          mask = base < end_ ? mask_at(base) & (~0ull << (closed - base)) : 0;
          while (mask == 0) {
            base += 64;
            if (base >= end_) goto done;
            mask = mask_at(base);
          }
          p = base + __builtin_ctzll(mask);
          mask &= mask - 1;
        }
      }
      const bool ends_record = *p != separator;
      const char* field_end = p;
      if (ends_record) {
        if (drop_cr && field_end > field && field_end[-1] == '\r') --field_end;
        if (column == 0 && field_end == field) {  // an empty line
          record = field = p + 1;
          continue;
        }
      }
      if (enclosed && column < columns_) {
        set_cell(fields, column, field, field_end);
      } else if (column < columns_) {
        LoadField& cell = cells[column * LoadFields::kRows + fields.rows];
        cell.data = field;
        cell.size = static_cast<uint32_t>(field_end - field);
        cell.kind = LoadField::kText;
        if (trim) trim_quotes(cell);
      }
      ++column;
      field = p + 1;
      if (ends_record) {
        end_record(fields, record, field_end, column);
        record = field;
        column = 0;
      }
    }
  done:
    if (record < end_ && fields.rows < LoadFields::kRows) {  // the splitter gives whole records only
      fields.bad.push_back({static_cast<uint32_t>(fields.rows), "the record is incomplete"});
      end_record(fields, record, end_, columns_);
      for (size_t c = 0; c < columns_; ++c) fields.column(c)[fields.rows - 1].kind = LoadField::kMissing;
      record = base = end_;
      mask = 0;
    }
    next_ = record;
    mask_base_ = base;
    mask_ = mask;
  }

  static void trim_quotes(LoadField& cell) {
    if (cell.size >= 2 && cell.data[0] == '"' && cell.data[cell.size - 1] == '"') {
      ++cell.data;
      cell.size -= 2;
    }
  }

  void read_general(LoadFields& fields) {
    const auto& options = csv_.options();
    const bool drop_cr = !options.keep_cr && options.line_delimiter == "\n";
    while (next_ < end_ && fields.rows < LoadFields::kRows) {
      const char* record = next_;
      const char* end = csv_.record_end(record, end_);
      if (!end) end = end_;  // the splitter gives whole records only
      next_ = end;
      const char* text_end = end;
      if (static_cast<size_t>(end - record) >= options.line_delimiter.size() &&
          std::memcmp(end - options.line_delimiter.size(), options.line_delimiter.data(),
                      options.line_delimiter.size()) == 0) {
        text_end -= options.line_delimiter.size();
      }
      if (drop_cr && text_end > record && text_end[-1] == '\r') --text_end;
      if (text_end == record) continue;
      size_t found = 0;
      for (const char* p = record;;) {
        const char* field_end = find_field_end(p, text_end);
        if (found < columns_) set_cell(fields, found, p, field_end);
        ++found;
        if (field_end >= text_end) break;
        p = field_end + options.column_separator.size();
      }
      end_record(fields, record, text_end, found);
    }
  }

  const char* find_field_end(const char* p, const char* end) const {
    const auto& options = csv_.options();
    const bool escapes = options.mysql_escapes && options.escape;
    if (p < end && options.enclose && *p == *options.enclose) {
      const char* closed = csv_.skip_enclosed(p, end);
      p = closed ? closed : end;
    }
    while (p < end && !csv_.separator_at(p, end)) p += escapes && *p == *options.escape ? 2 : 1;
    return std::min(p, end);
  }

  void set_cell(LoadFields& fields, size_t column, const char* begin, const char* end) {
    const auto& options = csv_.options();
    LoadField& cell = fields.column(column)[fields.rows];
    cell.data = begin;
    cell.size = static_cast<uint32_t>(end - begin);
    cell.kind = LoadField::kText;
    const bool enclosed =
        options.enclose && cell.size >= 2 && *begin == *options.enclose && end[-1] == *options.enclose;
    if (enclosed) {
      ++cell.data;
      cell.size -= 2;
      cell.kind = LoadField::kQuoted;
    } else if (options.trim_double_quotes) {
      trim_quotes(cell);
    }
    const bool is_null = !enclosed && cell.size == 2 && options.escape && cell.data[0] == '\\' && cell.data[1] == 'N';
    if (is_null) return;
    const bool unescape =
        options.escape && (enclosed || options.mysql_escapes) && memchr(cell.data, *options.escape, cell.size);
    const bool undouble = enclosed && memchr(cell.data, *options.enclose, cell.size);
    if (unescape || undouble) decode(fields, cell, enclosed);
  }

  void decode(LoadFields& fields, LoadField& cell, bool enclosed) {
    const auto& options = csv_.options();
    if (!fields.arena) fields.arena = std::make_shared<LoadArena>();
    char* const out = fields.arena->allocate(cell.size);
    char* to = out;
    const char* const end = cell.data + cell.size;
    for (const char* p = cell.data; p < end; ++p) {
      if (enclosed && *p == *options.enclose && p + 1 < end && p[1] == *options.enclose) {
        *to++ = *p++;
      } else if (options.escape && *p == *options.escape && p + 1 < end) {
        ++p;
        if (options.mysql_escapes) {
          *to++ = unescaped(*p);
        } else {
          // Only before the enclosing character and itself: elsewhere the escape is text.
          if (*p != *options.enclose && *p != *options.escape) *to++ = *options.escape;
          *to++ = *p;
        }
      } else {
        *to++ = *p;
      }
    }
    cell.data = out;
    cell.size = static_cast<uint32_t>(to - out);
    cell.kind = LoadField::kQuoted;
  }

  const CsvText csv_;
  const size_t columns_;
  bool simple_ = false;  // the block can be read by masks
  const char* begin_ = nullptr;
  const char* end_ = nullptr;
  const char* next_ = nullptr;       // start of the next record
  const char* mask_base_ = nullptr;  // the 64 bytes that mask_ is about
  uint64_t mask_ = 0;                // what of them is not yet consumed
};

std::unique_ptr<LoadReader> make_csv_reader(const LoadSpec::Csv& options, size_t columns) {
  return std::make_unique<CsvReader>(options, columns);
}

}  // namespace sluice::session
