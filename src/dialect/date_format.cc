// SPDX-License-Identifier: Apache-2.0
#include "dialect/date_format.h"

namespace sluice::dialect {
namespace {

struct Letter {
  char mysql;
  const char* kernel;  // null: the kernel has nothing like it
  bool time;
};
constexpr Letter kLetters[] = {
    {'a', "%a", false},      {'b', "%b", false}, {'c', "%-m", false},        {'D', nullptr, false}, {'d', "%d", false},
    {'e', "%-d", false},     {'f', "%f", true},  {'H', "%H", true},          {'h', "%I", true},     {'I', "%I", true},
    {'i', "%M", true},       {'j', "%j", false}, {'k', "%-H", true},         {'l', "%-I", true},    {'M', "%B", false},
    {'m', "%m", false},      {'p', "%p", true},  {'r', "%I:%M:%S %p", true}, {'S', "%S", true},     {'s', "%S", true},
    {'T', "%H:%M:%S", true}, {'U', "%U", false}, {'u', nullptr, false},      {'V', nullptr, false}, {'v', "%V", false},
    {'W', "%A", false},      {'w', "%w", false}, {'X', nullptr, false},      {'x', "%G", false},    {'Y', "%Y", false},
    {'y', "%y", false},
};

}  // namespace

DateFormat translate_date_format(std::string_view mysql) {
  DateFormat result;
  // Doris takes these, too.
  if (mysql == "yyyy-MM-dd")
    mysql = "%Y-%m-%d";
  else if (mysql == "yyyyMMdd")
    mysql = "%Y%m%d";
  else if (mysql == "yyyy-MM-dd HH:mm:ss")
    mysql = "%Y-%m-%d %H:%i:%s";
  for (size_t i = 0; i < mysql.size(); ++i) {
    char c = mysql[i];
    if (c != '%' || i + 1 == mysql.size()) {
      result.kernel += c;
      if (c == '%') result.kernel += '%';
      continue;
    }
    c = mysql[++i];
    const Letter* found = nullptr;
    for (const Letter& letter : kLetters) {
      if (letter.mysql == c) found = &letter;
    }
    if (!found) {  // %x of no meaning stands for x
      if (c == '%') result.kernel += '%';
      result.kernel += c;
      continue;
    }
    (found->time ? result.has_time : result.has_date) = true;
    if (found->kernel)
      result.kernel += found->kernel;
    else if (!result.unknown)
      result.unknown = c;
  }
  return result;
}

}  // namespace sluice::dialect
