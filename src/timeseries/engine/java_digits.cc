// SPDX-License-Identifier: Apache-2.0
#include "timeseries/engine/java_digits.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace sluice::timeseries {
namespace {

// An unsigned number of up to 1,280 bits: what the smallest and largest doubles need.
class Wide {
 public:
  explicit Wide(uint64_t value) {
    parts_[0] = static_cast<uint32_t>(value);
    parts_[1] = static_cast<uint32_t>(value >> 32);
  }

  void multiply(uint32_t factor) {
    uint64_t carry = 0;
    for (auto& part : parts_) {
      carry += uint64_t{part} * factor;
      part = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
  }
  void multiply_by_five(int times) {
    constexpr uint32_t kFive13 = 1'220'703'125;
    for (; times >= 13; times -= 13) multiply(kFive13);
    for (; times > 0; --times) multiply(5);
  }
  void shift_left(int bits) {
    for (; bits >= 31; bits -= 31) multiply(1u << 31);
    multiply(1u << bits);
  }
  int compare(const Wide& other) const {
    for (size_t i = kParts; i-- > 0;)
      if (parts_[i] != other.parts_[i]) return parts_[i] < other.parts_[i] ? -1 : 1;
    return 0;
  }
  void add(const Wide& other) {
    uint64_t carry = 0;
    for (size_t i = 0; i < kParts; ++i) {
      carry += uint64_t{parts_[i]} + other.parts_[i];
      parts_[i] = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
  }
  void subtract(const Wide& other) {
    int64_t borrow = 0;
    for (size_t i = 0; i < kParts; ++i) {
      borrow += int64_t{parts_[i]} - other.parts_[i];
      parts_[i] = static_cast<uint32_t>(borrow);
      borrow >>= 32;
    }
  }
  // The quotient, which is below 10; the rest stays here.
  int divide(const Wide& by) {
    int quotient = 0;
    for (; compare(by) >= 0; ++quotient) subtract(by);
    return quotient;
  }

 private:
  static constexpr size_t kParts = 40;
  std::array<uint32_t, kParts> parts_{};
};

constexpr int kMostFives = 26;  // powers of five that the JDK keeps as longs
int bits_of_five(int power) {
  if (power > kMostFives) return power * 3;
  return power == 0 ? 0 : static_cast<int>(power * 2.321928094887362) + 1;
}

void round_up(Digits& digits) {
  int i = digits.count - 1;
  while (i > 0 && digits.text[i] == '9') digits.text[i--] = '0';
  if (digits.text[i] == '9') {
    digits.text[i] = '1';
    ++digits.exponent;
  } else {
    ++digits.text[i];
  }
}

// Whole numbers up to 2^63. Beyond 2^53 the JDK drops the digits that no double tells apart, rounding half up, but
// only where that is more than a digit.
Digits whole_digits(uint64_t value, int dropped) {
  Digits digits;
  if (dropped != 0) {
    uint64_t power = 1;
    for (int i = 0; i < dropped; ++i) power *= 10;
    const uint64_t rest = value % power;
    value = value / power + (rest >= power / 2 ? 1 : 0);
  }
  char text[20];
  int count = 0;
  for (; value != 0; value /= 10) text[count++] = static_cast<char>('0' + value % 10);
  digits.exponent = count + dropped;
  int trailing = 0;
  while (trailing < count - 1 && text[trailing] == '0') ++trailing;
  digits.count = count - trailing;
  std::reverse_copy(text + trailing, text + count, digits.text);
  return digits;
}

// value / unit = digits, half a unit in the last place of the double = error; all are scaled alike.
struct Scaled {
  int value2, unit2, error2;  // powers of two
  int five_up, five_down;     // powers of five of value (and error), and of unit
};

// Digit after digit until the rest is below the error, or so near to the next digit. `decimal` is the exponent of the
// first digit; numbers that are written with an exponent get two digits at least. `touching`: an upper bound that is
// reached counts as well (the JDK's long arithmetic excludes it, its big numbers include it).
template <typename Number, typename Divide, typename Times10, typename Compare, typename CompareSum, typename Twice>
Digits generate(Number value, const Number& unit, Number error, int decimal, bool touching, Divide divide,
                Times10 times10, Compare compare, CompareSum compare_sum, Twice compare_twice) {
  Digits digits;
  bool low, high;
  const auto next = [&] {
    const int digit = divide(value, unit);
    times10(value);
    times10(error);
    low = compare(value, error) < 0;
    const int sum = compare_sum(value, error);
    high = touching ? sum >= 0 : sum > 0;
    return static_cast<char>('0' + digit);
  };
  const char first = next();
  if (first == '0' && !high)
    --decimal;
  else
    digits.text[digits.count++] = first;
  if (decimal < -3 || decimal >= 8) high = low = false;
  while (!low && !high) digits.text[digits.count++] = next();
  digits.exponent = decimal + 1;
  if (high) {
    if (low) {
      // Both neighbours would do: the nearer one, of two the even one.
      const int nearer = compare_twice(value);
      if (nearer > 0 || (nearer == 0 && (digits.text[digits.count - 1] & 1) != 0)) round_up(digits);
    } else {
      round_up(digits);
    }
  }
  return digits;
}

// In the JDK's int (32 bits) or long arithmetic, whose sums wrap around: then an upper neighbour goes unnoticed.
template <typename Number>
Digits narrow_digits(uint64_t fraction, const Scaled& s, int decimal) {
  using Wrapping = std::make_unsigned_t<Number>;
  const auto power = [](uint64_t value, int fives, int twos) {
    for (int i = 0; i < fives; ++i) value *= 5;
    return static_cast<Number>(value << twos);
  };
  const auto plus = [](Number a, Number b) {
    return static_cast<Number>(static_cast<Wrapping>(a) + static_cast<Wrapping>(b));
  };
  const Number unit = power(1, s.five_down, s.unit2);
  const auto tens = static_cast<Number>(static_cast<Wrapping>(unit) * 10);
  return generate<Number>(
      power(fraction, s.five_up, s.value2), unit, power(1, s.five_up, s.error2), decimal, false,
      [](Number& value, Number by) {
        const auto quotient = static_cast<int>(value / by);
        value %= by;
        return quotient;
      },
      [](Number& value) { value = static_cast<Number>(static_cast<Wrapping>(value) * 10); },
      [](Number value, Number error) { return error <= 0 || value < error ? -1 : 1; },
      [&](Number value, Number error) {
        if (error <= 0) return 1;
        const Number sum = plus(value, error);
        return sum < tens ? -1 : sum > tens ? 1 : 0;
      },
      [&](Number value) {
        const auto difference =
            static_cast<Number>(static_cast<Wrapping>(plus(value, value)) - static_cast<Wrapping>(tens));
        return difference > 0 ? 1 : difference < 0 ? -1 : 0;
      });
}

Digits wide_digits(uint64_t fraction, const Scaled& s, int decimal) {
  const auto power = [](uint64_t value, int fives, int twos) {
    Wide made(value);
    made.multiply_by_five(fives);
    made.shift_left(twos);
    return made;
  };
  const Wide unit = power(1, s.five_down, s.unit2);
  Wide tens = unit;
  tens.multiply(10);
  return generate<Wide>(
      power(fraction, s.five_up, s.value2), unit, power(1, s.five_up, s.error2), decimal, true,
      [](Wide& value, const Wide& by) { return value.divide(by); }, [](Wide& value) { value.multiply(10); },
      [](const Wide& a, const Wide& b) { return a.compare(b); },
      [&](const Wide& a, const Wide& b) {
        Wide sum = a;
        sum.add(b);
        return sum.compare(tens);
      },
      [&](Wide value) {
        value.shift_left(1);
        return value.compare(tens);
      });
}

}  // namespace

Digits java_digits(double value) {
  constexpr int kFractionBits = 52;
  const uint64_t bits = std::bit_cast<uint64_t>(value);
  uint64_t fraction = bits & ((uint64_t{1} << kFractionBits) - 1);
  int exponent = static_cast<int>(bits >> kFractionBits);
  int significant = kFractionBits + 1;
  if (exponent == 0) {
    const int shift = std::countl_zero(fraction) - (63 - kFractionBits);
    fraction <<= shift;
    exponent = 1 - shift;
    significant -= shift;
  } else {
    fraction |= uint64_t{1} << kFractionBits;
  }
  exponent -= 1023;

  const int trailing = std::countr_zero(fraction);
  const int used = kFractionBits + 1 - trailing;             // bits of the fraction, from the first 1 to the last
  const int below_point = std::max(0, used - exponent - 1);  // of them behind the binary point
  if (exponent <= 62 && exponent >= -21 && below_point == 0) {
    const int excess = exponent - significant - 1;
    const int dropped = exponent > significant && excess > 1 ? static_cast<int>(excess * 0.30102999566398120) : 0;
    return whole_digits(
        exponent >= kFractionBits ? fraction << (exponent - kFractionBits) : fraction >> (kFractionBits - exponent),
        dropped);
  }

  // The first digit's exponent, or one more: the JDK's linear approximation of log10.
  const double mantissa =
      std::bit_cast<double>((uint64_t{1023} << kFractionBits) | (fraction & ((uint64_t{1} << kFractionBits) - 1)));
  const double scale = static_cast<double>(exponent) * 0.301029995663981;
  const double estimate = (mantissa - 1.5) * 0.289529654 + 0.176091259;
  const int decimal = static_cast<int>(std::floor(estimate + scale));

  Scaled s{};
  s.five_up = std::max(0, -decimal);
  s.five_down = std::max(0, decimal);
  s.value2 = s.five_up + below_point + exponent;
  s.unit2 = s.five_down + below_point;
  s.error2 = s.value2 - significant;
  s.value2 -= used - 1;
  const int shared = std::min(s.value2, s.unit2);
  s.value2 -= shared;
  s.unit2 -= shared;
  s.error2 -= shared;
  // The next smaller double of a power of two is half as far away.
  if (used == 1) --s.error2;
  if (s.error2 < 0) {
    s.value2 -= s.error2;
    s.unit2 -= s.error2;
    s.error2 = 0;
  }
  fraction >>= trailing;
  const int value_bits = used + s.value2 + bits_of_five(s.five_up);
  const int tens_bits = s.unit2 + 1 + bits_of_five(s.five_down + 1);
  if (value_bits < 32 && tens_bits < 32) return narrow_digits<int32_t>(fraction, s, decimal);
  if (value_bits < 64 && tens_bits < 64) return narrow_digits<int64_t>(fraction, s, decimal);
  return wide_digits(fraction, s, decimal);
}

}  // namespace sluice::timeseries
