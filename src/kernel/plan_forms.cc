// SPDX-License-Identifier: Apache-2.0
#include "kernel/plan_forms.h"

#include <cstdio>

namespace sluice::kernel {
namespace {

// A node of fragments: what has no title gave its lines to the node below.
struct Step {
  size_t id = 0;
  std::string title;
  PlanLines lines;
  std::vector<Step> children;
};

std::vector<Step> steps_of(const PlanNode& node, PlanLines inherited, size_t& next_id, bool verbose) {
  std::vector<Step> out;
  if (node.title.empty()) {
    inherited.insert(inherited.end(), node.lines.begin(), node.lines.end());
    for (const auto& child : node.children) {
      auto more = steps_of(child, std::exchange(inherited, {}), next_id, verbose);
      out.insert(out.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    }
    return out;
  }
  Step step;
  step.title = node.title;
  step.lines = node.lines;
  step.lines.insert(step.lines.end(), inherited.begin(), inherited.end());
  bool estimated = false;
  for (const auto& line : step.lines) estimated = estimated || line.starts_with("cardinality=");
  if (verbose && !estimated && node.cardinality)
    step.lines.push_back("cardinality=" + std::to_string(*node.cardinality));
  for (const auto& child : node.children) {
    auto more = steps_of(child, {}, next_id, verbose);
    step.children.insert(step.children.end(), std::make_move_iterator(more.begin()),
                         std::make_move_iterator(more.end()));
  }
  step.id = next_id++;
  out.push_back(std::move(step));
  return out;
}

std::vector<Step> steps_of(const PlanTree& plan, bool verbose) {
  size_t next_id = 0;
  return steps_of(plan.root, {}, next_id, verbose);
}

void append_step(const Step& step, const std::string& head, const std::string& prefix, PlanLines& out) {
  out.push_back(head + std::to_string(step.id) + ":" + step.title);
  const std::string detail = prefix + (step.children.empty() ? "   " : "|  ");
  for (const auto& line : step.lines) out.push_back(detail + line);
  if (step.children.empty()) return;
  out.push_back(detail);
  // The first input goes on below; the others stand aside.
  for (size_t i = step.children.size(); i-- > 1;) {
    append_step(step.children[i], prefix + "|----", prefix + "|    ", out);
    out.push_back(prefix + "|    ");
  }
  append_step(step.children[0], prefix, prefix, out);
}

std::string two_digits(size_t number) { return (number < 10 ? "0" : "") + std::to_string(number); }

void append_node(const Step& step, size_t depth, PlanLines& out) {
  std::string line(depth * 2, '-');
  line += "[" + two_digits(step.id) + "]:[" + std::to_string(step.id) + ": " + step.title + "]||[Fragment: 0]||";
  for (const auto& detail : step.lines) line += detail + "||";
  out.push_back(std::move(line));
  for (const auto& child : step.children) append_node(child, depth + 1, out);
}

// ---- boxes: rows of code points, so that each takes one column

using Rows = std::vector<std::u32string>;

std::u32string decoded(const std::string& text) {
  std::u32string out;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t point = length == 1 ? lead : lead & (0xFFu >> (length + 1));
    for (size_t k = 1; k < length && i + k < text.size(); ++k)
      point = (point << 6) | (static_cast<unsigned char>(text[i + k]) & 0x3Fu);
    out.push_back(point);
    i += length;
  }
  return out;
}

std::string encoded(const std::u32string& text) {
  std::string out;
  for (const char32_t point : text) {
    if (point < 0x80) {
      out += static_cast<char>(point);
    } else if (point < 0x800) {
      out += static_cast<char>(0xC0 | (point >> 6));
      out += static_cast<char>(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
      out += static_cast<char>(0xE0 | (point >> 12));
      out += static_cast<char>(0x80 | ((point >> 6) & 0x3F));
      out += static_cast<char>(0x80 | (point & 0x3F));
    } else {
      out += static_cast<char>(0xF0 | (point >> 18));
      out += static_cast<char>(0x80 | ((point >> 12) & 0x3F));
      out += static_cast<char>(0x80 | ((point >> 6) & 0x3F));
      out += static_cast<char>(0x80 | (point & 0x3F));
    }
  }
  return out;
}

struct Block {
  Rows rows;
  size_t width = 0;
  size_t anchor = 0;  // the column where a line from above meets it
};

Block box(const PlanLines& lines) {
  Block block;
  size_t width = 0;
  std::vector<std::u32string> texts;
  for (const auto& line : lines) {
    texts.push_back(decoded(line));
    if (texts.back().size() > 60) texts.back() = texts.back().substr(0, 57) + U"...";
    width = std::max(width, texts.back().size());
  }
  block.rows.push_back(U"┌" + std::u32string(width, U'─') + U"┐");
  for (auto& text : texts) block.rows.push_back(U"│" + text + std::u32string(width - text.size(), U' ') + U"│");
  block.rows.push_back(U"└" + std::u32string(width, U'─') + U"┘");
  block.width = width + 2;
  block.anchor = block.width / 2;
  return block;
}

void shift(Block& block, size_t columns) {
  for (auto& row : block.rows) row.insert(0, columns, U' ');
  block.width += columns;
  block.anchor += columns;
}

// Side by side.
Block beside(Block left, Block right, std::vector<size_t>& anchors) {
  const size_t start = left.width + 2;
  anchors.push_back(start + right.anchor);
  const size_t height = std::max(left.rows.size(), right.rows.size());
  left.rows.resize(height);
  for (size_t i = 0; i < height; ++i) {
    left.rows[i].resize(start, U' ');
    if (i < right.rows.size()) left.rows[i] += right.rows[i];
  }
  left.width = start + right.width;
  return left;
}

Block above(Block top, std::vector<Block> children) {
  if (children.empty()) return top;
  std::vector<size_t> anchors{children[0].anchor};
  Block below = std::move(children[0]);
  for (size_t i = 1; i < children.size(); ++i) below = beside(std::move(below), std::move(children[i]), anchors);
  const size_t middle = (anchors.front() + anchors.back()) / 2;
  if (top.anchor < middle) {
    shift(top, middle - top.anchor);
  } else if (top.anchor > middle) {
    const size_t by = top.anchor - middle;
    shift(below, by);
    for (auto& anchor : anchors) anchor += by;
  }
  const size_t stem = top.anchor;
  std::u32string line(std::max(stem, anchors.back()) + 1, U' ');
  if (anchors.size() == 1) {
    line[stem] = U'│';
  } else {
    for (size_t i = anchors.front(); i <= anchors.back(); ++i) line[i] = U'─';
    for (const size_t anchor : anchors) line[anchor] = U'┬';
    line[anchors.front()] = U'┌';
    line[anchors.back()] = U'┐';
    line[stem] = line[stem] == U'┬' ? U'┼' : U'┴';
  }
  top.rows.push_back(std::move(line));
  top.rows.insert(top.rows.end(), below.rows.begin(), below.rows.end());
  top.width = std::max(top.width, below.width);
  return top;
}

Block block_of(const Step& step) {
  PlanLines lines{"[" + std::to_string(step.id) + ": " + step.title + "]", "[Fragment: 0]"};
  for (const auto& line : step.lines) {
    if (line.starts_with("join op:") || line.starts_with("TABLE:") || line.starts_with("cardinality="))
      lines.push_back(line);
  }
  std::vector<Block> children;
  for (const auto& child : step.children) children.push_back(block_of(child));
  return above(box(lines), std::move(children));
}

// ---- shapes and operators

bool is_ignored(const std::string& shape, const std::string& ignored) {
  const std::string name = shape.substr(0, shape.find_first_of("[( "));
  for (size_t at = 0; at <= ignored.size();) {
    const size_t end = std::min(ignored.find(',', at), ignored.size());
    std::string word = ignored.substr(at, end - at);
    while (word.starts_with(' ')) word.erase(0, 1);
    while (word.ends_with(' ')) word.pop_back();
    if (word == name) return true;
    at = end + 1;
  }
  return false;
}

void append_shapes(const PlanNode& node, size_t depth, const std::string& ignored, PlanLines& out) {
  for (std::string shape : node.shapes) {
    if (is_ignored(shape, ignored)) continue;
    // How rows are spread is part of what PhysicalDistribute tells.
    const size_t spread = shape.find(" broadcast]");
    if (shape.starts_with("hashJoin[") && spread != std::string::npos && is_ignored("PhysicalDistribute", ignored))
      shape.erase(spread, 10);
    out.push_back(std::string(depth * 2, '-') + shape);
    ++depth;
  }
  for (const auto& child : node.children) append_shapes(child, depth, ignored, out);
}

std::string operator_name(const PlanNode& node, const std::string& prefix) {
  if (prefix == "Logical") {
    if (node.name == "HashJoin" || node.name == "NestedLoopJoin") return "LogicalJoin";
    if (node.name == "QuickSort") return "LogicalSort";
  }
  return prefix + node.name;
}

std::string operator_line(const PlanNode& node, const std::string& prefix) {
  std::string arguments = node.arguments;
  if (prefix == "Physical" && node.cardinality)
    arguments = "stats=" + std::to_string(*node.cardinality) + (arguments.empty() ? "" : ", ") + arguments;
  return operator_name(node, prefix) + (arguments.empty() ? "" : " ( " + arguments + " )");
}

void append_operators(const PlanNode& node, const std::string& prefix, const std::string& head,
                      const std::string& below, PlanLines& out) {
  out.push_back(head + operator_line(node, prefix));
  for (size_t i = 0; i < node.children.size(); ++i) {
    const bool last = i + 1 == node.children.size();
    append_operators(node.children[i], prefix, below + (last ? "+--" : "|--"), below + (last ? "   " : "|  "), out);
  }
}

size_t append_groups(const PlanNode& node, size_t& next, PlanLines& out) {
  std::string children;
  for (const auto& child : node.children)
    children += (children.empty() ? "" : " ") + ("@" + std::to_string(append_groups(child, next, out)));
  const size_t group = next++;
  out.push_back("Group[@" + std::to_string(group) + "]");
  out.push_back("  rows: " + std::to_string(node.cardinality.value_or(0)));
  out.push_back("  chosen: " + operator_line(node, "Physical") +
                (children.empty() ? "" : " children=[ " + children + " ]"));
  return group;
}

void append_json_text(const std::string& text, std::string& out) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned char>(c));
      out += code;
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_json(const PlanNode& node, size_t depth, std::string& out) {
  const std::string indent(depth * 2, ' ');
  out += "{\n" + indent + "  \"operator\": ";
  append_json_text("Physical" + node.name, out);
  if (!node.arguments.empty()) {
    out += ",\n" + indent + "  \"arguments\": ";
    append_json_text(node.arguments, out);
  }
  if (node.cardinality) out += ",\n" + indent + "  \"cardinality\": " + std::to_string(*node.cardinality);
  if (!node.children.empty()) {
    out += ",\n" + indent + "  \"inputs\": [";
    for (size_t i = 0; i < node.children.size(); ++i) {
      if (i > 0) out += ", ";
      append_json(node.children[i], depth + 1, out);
    }
    out += "]";
  }
  out += "\n" + indent + "}";
}

}  // namespace

PlanLines fragment_lines(const PlanTree& plan, bool verbose) {
  PlanLines out{"PLAN FRAGMENT 0", "  OUTPUT EXPRS:"};
  for (size_t i = 0; i < plan.outputs.size(); ++i)
    out.push_back("    " + plan.outputs[i] + (verbose ? "[" + plan.types[i] + "]" : ""));
  out.insert(out.end(), {"  PARTITION: UNPARTITIONED", "", "  HAS_COLO_PLAN_NODE: false", "", "  " + plan.sink});
  for (const auto& line : plan.sink_lines) out.push_back("     " + line);
  for (const auto& step : steps_of(plan, verbose)) {
    out.emplace_back();
    append_step(step, "  ", "  ", out);
  }
  return out;
}

PlanLines node_lines(const PlanTree& plan) {
  PlanLines out;
  const auto steps = steps_of(plan, false);
  const size_t root = steps.empty() ? 0 : steps.front().id;
  std::string line = "[" + two_digits(root) + "]:[" + std::to_string(root) + ": " +
                     (plan.sink == "VRESULT SINK" ? "ResultSink" : "OlapTableSink") + "]||[Fragment: 0]||" + plan.sink +
                     "||";
  for (const auto& detail : plan.sink_lines) line += "   " + detail + "||";
  out.push_back(std::move(line));
  for (const auto& step : steps) append_node(step, 1, out);
  return out;
}

PlanLines graph_lines(const PlanTree& plan) {
  const auto steps = steps_of(plan, false);
  std::vector<Block> children;
  for (const auto& step : steps) children.push_back(block_of(step));
  const Block block = above(box({"[" + plan.sink + "]", "[Fragment: 0]"}), std::move(children));
  PlanLines out;
  for (auto row : block.rows) {
    while (!row.empty() && row.back() == U' ') row.pop_back();
    out.push_back(encoded(row));
  }
  return out;
}

PlanLines shape_lines(const PlanTree& plan, const std::string& ignored) {
  PlanLines out;
  append_shapes(plan.root, 0, ignored, out);
  return out;
}

PlanLines operator_lines(const PlanTree& plan, const std::string& prefix) {
  PlanLines out;
  append_operators(plan.root, prefix, "", "", out);
  return out;
}

PlanLines memo_lines(const PlanTree& plan) {
  PlanLines out;
  size_t next = 0;
  const size_t root = append_groups(plan.root, next, out);
  out.insert(out.begin(), "root:Group[@" + std::to_string(root) + "]");
  return out;
}

std::string plan_json(const PlanTree& plan) {
  std::string out = "{\n  \"plan\": ";
  append_json(plan.root, 1, out);
  return out + "\n}";
}

}  // namespace sluice::kernel
