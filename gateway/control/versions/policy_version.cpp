#include "gateway/control/versions/policy_version.hpp"

#include <charconv>
#include <optional>

#include "gateway/control/versions/digest.hpp"

namespace sluice::control {
namespace {

constexpr std::string_view kFirstLine = "sluice policy version, format 1\n";

// One line of text: control characters and `%` as `%XX`.
std::string escaped(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet >= 0x20 && octet != 0x7f && c != '%') {
      out += c;
    } else {
      out += '%';
      out += kDigits[octet >> 4];
      out += kDigits[octet & 0xf];
    }
  }
  return out;
}

std::expected<std::string, std::string> unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) { return std::unexpected("a broken escape"); }
    unsigned octet = 0;
    const char* const begin = text.data() + i + 1;
    const auto read = std::from_chars(begin, begin + 2, octet, 16);
    if (read.ptr != begin + 2) { return std::unexpected("a broken escape"); }
    out += static_cast<char>(octet);
    i += 2;
  }
  return out;
}

void append_line(std::string_view name, std::string_view value, std::string& out) {
  out += name;
  out += ' ';
  out += value;
  out += '\n';
}

// The lines of the head, one after the other, each with the name that must stand there.
class HeadReader {
 public:
  explicit HeadReader(std::string_view rest) : rest_(rest) {}

  // The value behind `name`; nullopt when the next line is another one, which then is still to come.
  std::optional<std::string_view> line(std::string_view name) {
    const std::size_t end = rest_.find('\n');
    if (end == rest_.npos || !rest_.starts_with(name) || name.size() >= end || rest_[name.size()] != ' ') {
      return std::nullopt;
    }
    const auto value = rest_.substr(name.size() + 1, end - name.size() - 1);
    rest_.remove_prefix(end + 1);
    return value;
  }
  template <typename Number>
  std::optional<Number> number(std::string_view name) {
    const auto value = line(name);
    Number number{};
    if (!value) { return std::nullopt; }
    const auto read = std::from_chars(value->data(), value->data() + value->size(), number);
    if (read.ec != std::errc() || read.ptr != value->data() + value->size()) { return std::nullopt; }
    return number;
  }
  std::string_view rest() const noexcept { return rest_; }

 private:
  std::string_view rest_;
};

struct Section {
  std::string file;
  std::size_t size = 0;
};

std::unexpected<std::string> broken(std::string what) {
  return std::unexpected("the record is damaged: " + std::move(what));
}

// Reads the head up to `hash`, and how long each text is.
std::expected<PolicyVersion, std::string> read_head(HeadReader& lines, std::vector<Section>& sections) {
  PolicyVersion version;
  const auto number = lines.number<std::uint64_t>("number");
  const auto time = lines.number<std::int64_t>("time");
  const auto author = lines.line("author");
  const auto reason = lines.line("reason");
  const auto previous = lines.line("previous");
  const auto size = lines.number<std::size_t>("text");
  if (!number || !time || !author || !reason || !previous || !size) { return broken("a line of its head is missing"); }
  const auto plain_author = unescaped(*author);
  const auto plain_reason = unescaped(*reason);
  if (!plain_author || !plain_reason) { return broken("a broken escape"); }
  version.number = *number;
  version.time = *time;
  version.author = *plain_author;
  version.reason = *plain_reason;
  version.previous = *previous;
  sections.push_back({{}, *size});
  while (const auto included = lines.line("included")) {
    Section section;
    const auto read = std::from_chars(included->data(), included->data() + included->size(), section.size);
    const auto used = static_cast<std::size_t>(read.ptr - included->data());
    if (read.ec != std::errc() || used + 1 >= included->size()) { return broken("an included file without a name"); }
    const auto name = unescaped(included->substr(used + 1));
    if (!name) { return broken(name.error()); }
    section.file = *name;
    sections.push_back(std::move(section));
  }
  return version;
}

}  // namespace

std::string encode(PolicyVersion& version) {
  std::string head(kFirstLine);
  append_line("number", std::to_string(version.number), head);
  append_line("time", std::to_string(version.time), head);
  append_line("author", escaped(version.author), head);
  append_line("reason", escaped(version.reason), head);
  append_line("previous", version.previous, head);
  append_line("text", std::to_string(version.text.size()), head);
  std::string texts = version.text;
  for (const auto& source : version.included) {
    append_line("included", std::to_string(source.text.size()) + ' ' + escaped(source.file), head);
    texts += source.text;
  }
  version.hash = sha256_of(head + texts);
  append_line("hash", version.hash, head);
  return head + texts;
}

std::expected<PolicyVersion, std::string> decode_version(std::string_view record) {
  if (!record.starts_with(kFirstLine)) { return broken("it does not begin as one"); }
  HeadReader lines(record.substr(kFirstLine.size()));
  std::vector<Section> sections;
  auto version = read_head(lines, sections);
  if (!version) { return version; }
  const auto head = record.substr(0, record.size() - lines.rest().size());
  const auto hash = lines.line("hash");
  if (!hash) { return broken("its hash is missing"); }
  auto texts = lines.rest();
  if (sha256_of(std::string(head) + std::string(texts)) != *hash) { return broken("its hash does not fit"); }
  version->hash = *hash;
  for (auto& section : sections) {
    if (section.size > texts.size()) { return broken("a text is cut"); }
    const auto text = texts.substr(0, section.size);
    texts.remove_prefix(section.size);
    if (section.file.empty()) {
      version->text = text;
    } else {
      version->included.push_back({section.file, std::string(text)});
    }
  }
  if (!texts.empty()) { return broken("something follows its texts"); }
  return version;
}

}  // namespace sluice::control
