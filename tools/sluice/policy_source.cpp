#include "tools/sluice/policy_source.hpp"

#include <charconv>

#include <CLI/CLI.hpp>

#include "gateway/control/judge/included_files.hpp"
#include "gateway/control/judge/judge.hpp"
#include "tools/sluice/policy_file.hpp"

namespace sluice::cli {

void add_policy_source(CLI::App& command, PolicySource& source) {
  auto* const file =
      command.add_option("--policy", source.file, "Judge by this file; needs no daemon")->type_name("FILE");
  command.add_option("--as-of", source.as_of, "Judge by this version")->type_name("VERSION")->excludes(file);
}

control::Answer<std::uint64_t> read_version(const std::string& text) {
  if (text.empty()) { return 0; }
  const auto digits = std::string_view(text).substr(text.starts_with('v') ? 1 : 0);
  std::uint64_t number = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (read.ec == std::errc() && read.ptr == digits.data() + digits.size() && number != 0) { return number; }
  return std::unexpected(usage_error("`" + text + "` is no version; write one like v418", "sluice policy history"));
}

control::Answer<std::shared_ptr<const policy::Snapshot>> compile_source(const Context& context,
                                                                        const PolicySource& source) {
  if (!source.file.empty()) { return compile_file(source.file); }
  const auto number = read_version(source.as_of);
  if (!number) { return std::unexpected(number.error()); }
  const auto text =
      ask<control::PolicyText>(context, control::command::kPolicyShow, control::PolicyVersionArguments{*number});
  if (!text) { return std::unexpected(text.error()); }
  policy::CompileOptions options;
  options.version = text->head.version;
  for (const auto& prefix : text->self) {
    if (const auto parsed = policy::Prefix::parse(prefix)) { options.self.push_back(*parsed); }
  }
  std::vector<policy::Source> included;
  for (const auto& one : text->included) { included.push_back({one.file, one.text}); }
  if (!text->file.empty()) { options.file_name = text->file; }
  options.include = control::included_files(std::move(included));
  auto snapshot = policy::Snapshot::compile(text->text, options);
  if (!snapshot) { return std::unexpected(control::invalid_policy(snapshot.error(), "sluice policy list")); }
  return *std::move(snapshot);
}

}  // namespace sluice::cli
