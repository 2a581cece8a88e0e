#include "policy/source_lines.hpp"

#include <algorithm>
#include <utility>

namespace sluice::policy {
namespace {

constexpr std::size_t kMostIncluded = 100;
constexpr std::size_t kMostOctets = 4 << 20;  // of all included texts together

class Flattener {
 public:
  Flattener(Report& report, const IncludeReader* reader) : report_(report), reader_(reader) {}

  SourceLines run() {
    read(0);
    return std::move(out_);
  }

 private:
  void read(int source) {
    for (int number = 1; number <= report_.line_count(source) && !report_.is_full(); ++number) {
      auto tokens = tokens_of(report_.line(number, source), number, report_, source);
      if (tokens.size() == 1) { continue; }
      if (tokens.front().is("include")) {
        if (reader_ != nullptr) { include(tokens, source); }
        continue;
      }
      out_.lines.push_back(std::move(tokens));
    }
  }

  void include(const std::vector<Token>& tokens, int from) {
    const Token& name = tokens[1];
    if (name.kind != Token::Kind::quoted || name.text.empty()) {
      return report_.error(name.at, "`include` takes the name of a file in quotes, not " + name_of(name));
    }
    if (tokens.size() > 3) { return report_.error(tokens[2].at, name_of(tokens[2]) + " where the line should end"); }
    if (!*reader_) { return report_.error(name.at, "this text is in no folder that a file could be included from"); }
    auto source = (*reader_)(name.text, report_.file(from));
    if (!source) { return report_.error(name.at, source.error()); }
    take(std::move(*source), name.at);
  }

  // Each file once: a circle ends here, and no line stands twice.
  void take(Source source, Position at) {
    const auto has_name = [&](const auto& other) { return other->file == source.file; };
    if (source.file == report_.file(0) || std::ranges::any_of(out_.included, has_name)) {
      return report_.error(at, source.file + " is included already");
    }
    octets_ += source.text.size();
    if (out_.included.size() == kMostIncluded || octets_ > kMostOctets) {
      return report_.error(at, "more than 100 included files, or more than 4 MiB of them");
    }
    out_.included.push_back(std::make_unique<const Source>(std::move(source)));
    const Source& kept = *out_.included.back();
    read(report_.add_source(kept.file, kept.text, at));
  }

  Report& report_;
  const IncludeReader* reader_;
  SourceLines out_;
  std::size_t octets_ = 0;
};

}  // namespace

SourceLines read_lines(Report& report, const IncludeReader* reader) {
  return Flattener(report, reader).run();
}

}  // namespace sluice::policy
