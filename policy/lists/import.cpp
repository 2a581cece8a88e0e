#include "policy/lists/import.hpp"

#include "policy/lists/import_lines.hpp"

namespace sluice::policy {
namespace {

void read(ListFormat format, std::string_view text, ImportLines& lines) {
  switch (format) {
    case ListFormat::domains:
    case ListFormat::squidguard_domains:
      return import_domains(text, lines);
    case ListFormat::hosts:
      return import_hosts(text, lines);
    case ListFormat::squidguard_urls:
      return import_squidguard_urls(text, lines);
    case ListFormat::squidguard_expressions:
      return import_squidguard_expressions(text, lines);
    case ListFormat::dnsmasq:
      return import_dnsmasq(text, lines);
    case ListFormat::unbound:
      return import_unbound(text, lines);
    case ListFormat::rpz:
      return import_rpz(text, lines);
    case ListFormat::adblock:
      return import_adblock(text, lines);
    case ListFormat::addresses:
      return import_addresses(text, lines);
  }
}

}  // namespace

std::string_view to_string(ListFormat format) noexcept {
  switch (format) {
    case ListFormat::domains:
      return "domains";
    case ListFormat::hosts:
      return "hosts";
    case ListFormat::squidguard_domains:
    case ListFormat::squidguard_urls:
    case ListFormat::squidguard_expressions:
      return "squidguard";
    case ListFormat::dnsmasq:
      return "dnsmasq";
    case ListFormat::unbound:
      return "unbound";
    case ListFormat::rpz:
      return "rpz";
    case ListFormat::adblock:
      return "adblock";
    case ListFormat::addresses:
      break;
  }
  return "addresses";
}

bool has_final_exceptions(ListFormat format) noexcept {
  return format == ListFormat::adblock;
}

void ImportReport::add(const ImportReport& other) {
  lines += other.lines;
  entries += other.entries;
  exceptions += other.exceptions;
  lowered += other.lowered;
  skipped += other.skipped;
  rejected += other.rejected;
  for (const Remark& rejection : other.rejections) {
    if (rejections.size() < kMostRejections) { rejections.push_back(rejection); }
  }
  wide += other.wide;
  for (const Remark& entry : other.wide_entries) {
    if (wide_entries.size() < kMostWide) { wide_entries.push_back(entry); }
  }
  for (const auto& [what, count] : other.unsupported) { unsupported[what] += count; }
}

ImportReport import_list(ListFormat format, std::string_view text, std::uint32_t tag, ListCompiler& compiler) {
  ImportReport report;
  ImportLines lines(tag, compiler, report);
  read(format, text, lines);
  return report;
}

std::optional<std::string> change_refused(std::uint64_t before, std::uint64_t now, unsigned percent) {
  if (before == 0) { return std::nullopt; }
  const std::uint64_t difference = before > now ? before - now : now - before;
  if (difference * 100 <= before * percent) { return std::nullopt; }
  return std::string(now < before ? "shrank" : "grew") + " from " + std::to_string(before) + " entries to " +
         std::to_string(now) + ", by more than " + std::to_string(percent) + " %";
}

}  // namespace sluice::policy
