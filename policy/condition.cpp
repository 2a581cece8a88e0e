#include "policy/condition.hpp"

#include <algorithm>

#include "policy/word_match.hpp"

namespace sluice::policy {
namespace {

bool has_number(const std::vector<PortRange>& ranges, int number) noexcept {
  return std::ranges::any_of(ranges,
                             [&](const PortRange& range) { return range.first <= number && number <= range.last; });
}

bool has_word(const std::vector<std::string>& words, std::string_view word) noexcept {
  return std::ranges::find(words, word) != words.end();
}

// Is one of the condition's expressions found in this line of the field?
struct LineVisit {
  const UrlPatterns& patterns;
  const Condition& condition;

  static bool visit(void* context, std::string_view value) {
    const auto& self = *static_cast<const LineVisit*>(context);
    static thread_local UrlPatterns::Matches scratch;
    self.patterns.match(value, scratch);
    return scratch.has_any(self.condition.first, self.condition.last);
  }
};

}  // namespace

Truth Evaluation::of(const Condition& condition) {
  const Truth truth = plain(condition);
  return condition.is_negated ? negated(truth) : truth;
}

template <typename Fact, typename Predicate>
Truth Evaluation::of_response(const std::optional<Fact>& fact, Predicate is_true) const {
  if (!fact && facts_.has_no_response) { return Truth::no; }
  return judge(fact, is_true);
}

Truth Evaluation::plain(const Condition& condition) {
  const auto words_hold = [&](std::string_view word) { return has_word(tables_.words[condition.first], word); };
  const auto host_holds = [&](std::string_view host) { return tables_.hosts[condition.first].contains(host); };
  const auto number_holds = [&](int number) { return has_number(tables_.ports[condition.first], number); };
  const auto any_word = [&](bool (*holds)(std::string_view, std::string_view) noexcept) {
    return [&, holds](std::string_view fact) {
      return std::ranges::any_of(tables_.words[condition.first],
                                 [&](const std::string& word) { return holds(word, fact); });
    };
  };
  switch (condition.subject) {
    case Subject::from:
      return judge(facts_.client, [&](const Address& a) { return tables_.addresses[condition.first].contains(a); });
    case Subject::to:
      return destination_in(tables_.addresses[condition.first]);
    case Subject::port:
      return judge(facts_.port, number_holds);
    case Subject::during:
      return facts_.is_any_time ? Truth::unknown : truth_of(tables_.schedules[condition.first]->contains(facts_.now));
    case Subject::until:
      return facts_.is_any_time ? Truth::unknown : truth_of(facts_.now < tables_.instants[condition.first]);
    case Subject::listener:
      return judge(facts_.listener, any_word(is_listener));
    case Subject::mode:
      return judge(facts_.mode, words_hold);
    case Subject::protocol:
      return judge(facts_.protocol, words_hold);
    case Subject::interface:
      return judge(facts_.interface, words_hold);
    case Subject::authority:
      return judge(facts_.authority, host_holds);
    case Subject::sni:
      return judge(facts_.hello, [&](const Hello& hello) { return host_holds(hello.server_name); });
    case Subject::alpn:
      return judge(facts_.hello, [&](const Hello& hello) { return std::ranges::any_of(hello.protocols, words_hold); });
    case Subject::ech:
      return judge(facts_.hello, [](const Hello& hello) { return hello.has_ech; });
    case Subject::inconsistent:
      return names_differ();
    case Subject::host:
      return judge(facts_.host, host_holds);
    case Subject::method:
      return judge(facts_.method, words_hold);
    case Subject::scheme:
      return judge(facts_.scheme, words_hold);
    case Subject::category:
    case Subject::list:
      return is_listed(condition);
    case Subject::path:
      return judge(facts_.path_and_query, any_word(is_below_path));
    case Subject::query:
      if (facts_.query_is_unknown) { return Truth::unknown; }
      return judge(facts_.path_and_query, any_word(has_parameter));
    case Subject::field:
      return field_matches(facts_.fields, condition);
    case Subject::user:
    case Subject::group:
      return user_is_in(tables_.users[condition.first]);
    case Subject::status:
      return of_response(facts_.status, number_holds);
    case Subject::type:
      return of_response(facts_.type, any_word(is_media_type));
    case Subject::size:
      return size_holds(condition);
    case Subject::response_field:
      if (!facts_.response_fields && facts_.has_no_response) { return Truth::no; }
      return field_matches(facts_.response_fields, condition);
    case Subject::url:
      break;
  }
  return url_matches(condition);
}

Truth Evaluation::destination_in(const AddressIndex& addresses) const noexcept {
  if (!facts_.destination && facts_.destination_resolved_elsewhere) { return Truth::no; }
  return judge(facts_.destination, [&](const Address& address) { return addresses.contains(address); });
}

// An address claims no name, and who names nothing contradicts nothing. Host and request target were compared when the
// request was read.
Truth Evaluation::names_differ() const noexcept {
  if (!facts_.authority) { return Truth::unknown; }
  if (facts_.authority->empty() || Address::parse(*facts_.authority)) { return Truth::no; }
  return judge(facts_.hello, [&](const Hello& hello) {
    return !hello.server_name.empty() && hello.server_name != *facts_.authority;
  });
}

Truth Evaluation::user_is_in(const UserSet& users) noexcept {
  lacks_user_ |= !facts_.user;
  const auto is_one = [&](std::string_view group) { return users.has_group(group); };
  return judge(facts_.user, [&](std::string_view user) {
    return users.has_user(user) || std::ranges::any_of(facts_.groups, is_one);
  });
}

Truth Evaluation::url_matches(const Condition& condition) {
  if (!facts_.url) { return Truth::unknown; }
  if (matches_ == nullptr) {
    static thread_local UrlPatterns::Matches scratch;
    tables_.urls.match(*facts_.url, scratch);
    matches_ = &scratch;
  }
  return truth_of(matches_->has_any(condition.first, condition.last));
}

Truth Evaluation::is_listed(const Condition& condition) {
  const Truth truth = lists_.of(tables_.list_conditions[condition.first]);
  if (truth == Truth::yes) { listed_ = lists_.held(); }
  return truth;
}

Truth Evaluation::field_matches(const std::optional<FieldLines>& fields, const Condition& condition) const {
  const FieldPatterns& field = tables_.fields[condition.table];
  if (fields && fields->knows != nullptr && !fields->knows(fields->message, field.name)) { return Truth::unknown; }
  return judge(fields, [&](const FieldLines& lines) {
    LineVisit visit{*field.patterns, condition};
    return lines.any(lines.message, field.name, &LineVisit::visit, &visit);
  });
}

Truth Evaluation::size_holds(const Condition& condition) const noexcept {
  if (!facts_.size && facts_.size_is_untold) { return Truth::no; }
  const std::uint64_t limit = tables_.sizes[condition.first];
  return of_response(facts_.size, [&](std::uint64_t size) { return condition.is_over ? size > limit : size < limit; });
}

}  // namespace sluice::policy
