#include "gateway/control/judge/logged_exchange.hpp"

#include <simdjson.h>

#include "gateway/base/error.hpp"

namespace sluice::control {

namespace {

// Digits only, so many.
std::optional<int> number_of(std::string_view text) noexcept {
  int value = 0;
  for (const char octet : text) {
    if (octet < '0' || octet > '9') { return std::nullopt; }
    value = value * 10 + (octet - '0');
  }
  return value;
}

// "192.0.2.1:80" and "[2001:db8::1]:80" without the port.
std::string_view address_of(std::string_view upstream) noexcept {
  const auto colon = upstream.rfind(':');
  auto address = upstream.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']')) { address = address.substr(1, address.size() - 2); }
  return address;
}

bool is_text(const simdjson::dom::element& value, std::string_view& out) {
  return value.get_string().get(out) == simdjson::SUCCESS;
}

// A message that has no such field has "" in the log.
template <std::size_t N>
void fill(FieldList& list, const std::array<std::string_view, N>& names,
          const std::array<std::string_view, N>& values) {
  list.clear();
  list.know_only(names);
  for (std::size_t i = 0; i < N; ++i) {
    if (!values[i].empty()) { list.add(names[i], values[i]); }
  }
}

// False when a member has a type that the log never gives it. Members that are not needed are skipped.
bool take(std::string_view key, const simdjson::dom::element& value, LoggedExchange& out) {
  std::string_view* const text = key == "id"         ? &out.id
                                 : key == "client"   ? &out.client
                                 : key == "user"     ? &out.user
                                 : key == "listener" ? &out.listener
                                 : key == "mode"     ? &out.mode
                                 : key == "method"   ? &out.method
                                 : key == "url"      ? &out.url
                                 : key == "referer"  ? &out.referer
                                 : key == "agent"    ? &out.user_agent
                                 : key == "to"       ? &out.destination
                                 : key == "type"     ? &out.type
                                 : key == "hello"    ? &out.hello
                                 : key == "sni"      ? &out.server_name
                                 : key == "alpn"     ? &out.protocols
                                 : key == "verdict"  ? &out.verdict
                                 : key == "rule"     ? &out.rule
                                 : key == "limit"    ? &out.limit
                                 : key == "error"    ? &out.error
                                                     : nullptr;
  if (text != nullptr) { return is_text(value, *text); }
  if (key == "time") {
    std::string_view time;
    if (!is_text(value, time)) { return false; }
    const auto read = parse_log_time(time);
    out.time = read.value_or(std::chrono::sys_seconds{});
    return read.has_value();
  }
  if (key == "upstream") {
    std::string_view upstream;
    if (!is_text(value, upstream)) { return false; }
    if (out.destination.empty()) { out.destination = address_of(upstream); }
    return true;
  }
  if (key == "query") {
    std::string_view query;
    out.is_query_stripped = is_text(value, query) && query == "stripped";
    return out.is_query_stripped;
  }
  if (key == "ech") { return value.get_bool().get(out.has_ech) == simdjson::SUCCESS; }
  if (key == "status" || key == "policy") {
    std::uint64_t number = 0;
    if (value.get_uint64().get(number) != simdjson::SUCCESS) { return false; }
    if (key == "policy") { out.policy = number; }
    if (key == "status") { out.status = static_cast<int>(std::min<std::uint64_t>(number, 999)); }
  }
  return true;
}

}  // namespace

struct LogReader::Parser {
  simdjson::dom::parser parser;  // it chooses the code for this processor
};

LogReader::LogReader() : parser_(std::make_unique<Parser>()) {}

LogReader::~LogReader() = default;

std::vector<std::string_view> split_protocols(std::string_view text) {
  std::vector<std::string_view> protocols;
  while (!text.empty()) {
    protocols.push_back(text.substr(0, text.find(',')));
    text.remove_prefix(std::min(text.size(), protocols.back().size() + 1));
  }
  return protocols;
}

std::optional<std::chrono::sys_seconds> parse_log_time(std::string_view text) noexcept {
  constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:dd.dddZ";
  if (text.size() != kForm.size()) { return std::nullopt; }
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    if (kForm[i] == 'd' ? !is_digit : text[i] != kForm[i]) { return std::nullopt; }
  }
  const auto part = [&](std::size_t at, std::size_t size) { return *number_of(text.substr(at, size)); };
  const std::chrono::year_month_day day{std::chrono::year(part(0, 4)), std::chrono::month(unsigned(part(5, 2))),
                                        std::chrono::day(unsigned(part(8, 2)))};
  if (!day.ok() || part(11, 2) > 23 || part(14, 2) > 59 || part(17, 2) > 60) { return std::nullopt; }
  return std::chrono::sys_days(day) + std::chrono::hours(part(11, 2)) + std::chrono::minutes(part(14, 2)) +
         std::chrono::seconds(part(17, 2));
}

std::expected<LoggedExchange, std::string_view> LogReader::read(std::string_view line) {
  LoggedExchange out;
  simdjson::dom::object object;
  if (parser_->parser.parse(line.data(), line.size(), false).get_object().get(object) != simdjson::SUCCESS) {
    return std::unexpected("not a line of the access log in JSON");
  }
  for (const auto& [key, value] : object) {
    if (!take(key, value, out)) { return std::unexpected("a member of another type than the access log's"); }
  }
  if (out.time == std::chrono::sys_seconds{}) { return std::unexpected("a line without a time"); }
  return out;
}

std::optional<Unjudged> unjudged(const LoggedExchange& exchange) noexcept {
  if (!exchange.verdict.empty()) { return std::nullopt; }
  if (exchange.error == to_string(ErrorKind::authentication_required)) { return Unjudged::asked_for_user; }
  if (exchange.error == to_string(ErrorKind::client_limit_reached)) { return Unjudged::limited; }
  return Unjudged::not_asked;
}

bool passed(const LoggedExchange& exchange) noexcept {
  const auto verdict = policy::verdict_of(exchange.verdict);
  return verdict && policy::lets_pass(*verdict);
}

std::expected<policy::Facts, std::string_view> LogReader::facts_of(const LoggedExchange& exchange) {
  http::RequestHead request;
  request.method = http::method_of(exchange.method);
  request.method_text = exchange.method;
  request.target = exchange.url;
  if (const auto parsed = http::parse_proxy_target(request, target_); !parsed) {
    return std::unexpected(parsed.error().during);
  }
  policy::Facts facts;
  const bool is_connect = request.method == http::Method::connect;
  facts.client = policy::Address::parse(exchange.client);
  facts.destination = target_.site.address;
  if (!exchange.destination.empty()) { facts.destination = policy::Address::parse(exchange.destination); }
  facts.destination_resolved_elsewhere = !facts.destination;  // no name is taken for one that leads inside
  facts.port = target_.port;
  facts.protocol = "tcp";
  facts.interface = "";
  if (!exchange.listener.empty()) { facts.listener = exchange.listener; }
  if (!exchange.mode.empty()) { facts.mode = exchange.mode; }
  facts.authority = is_connect ? target_.host : std::string_view();
  if (!is_connect) {
    facts.hello = policy::Hello{};
  } else if (!exchange.hello.empty()) {
    protocols_ = split_protocols(exchange.protocols);
    facts.hello = policy::Hello{exchange.hello == "tls", exchange.server_name, protocols_, exchange.has_ech};
  }
  facts.host = target_.host;
  if (!exchange.user.empty()) { facts.user = exchange.user; }
  facts.scheme = target_.scheme;
  facts.method = exchange.method;
  facts.url = target_.normal_text();
  facts.path_and_query = target_.normal_path_and_query();
  if (exchange.is_query_stripped) {
    facts.url.reset();
    facts.query_is_unknown = true;
  }
  fill(fields_, kLoggedRequestFields, {exchange.user_agent, exchange.referer});
  facts.fields = fields_.lines();
  facts.has_no_response = is_connect;
  if (passed(exchange) && exchange.status != 0 && !is_connect) {
    facts.status = exchange.status;
    facts.type = exchange.type;
    fill(response_fields_, kLoggedResponseFields, {exchange.type});
    facts.response_fields = response_fields_.lines();
  }
  facts.now = exchange.time;
  return facts;
}

}  // namespace sluice::control
