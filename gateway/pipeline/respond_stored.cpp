#include "gateway/pipeline/respond_stored.hpp"

#include "cache/http_date.hpp"
#include "cache/ranges.hpp"
#include "cache/validation.hpp"
#include "gateway/pipeline/multipart_body.hpp"
#include "gateway/pipeline/response_writer.hpp"
#include "gateway/pipeline/send_segments.hpp"

namespace sluice::pipeline {

namespace {

constexpr std::uint64_t kSmallContent = 8 * 1024;  // copied behind its head
constexpr std::size_t kHitFields = 512;            // room for what a hit adds to a stored head

// Content in memory is sent from there in one go, unless its rate is limited.
bool is_sent_at_once(const Exchange& exchange, const cache::StoredResponse& response) {
  const bool is_paced = exchange.response_settings[policy::SettingKind::limit_rate] != nullptr;
  return response.is_resident() && (!is_paced || response.head.content_length == 0);
}

void append_hit_fields(Exchange& exchange, cache::Seconds age, std::string& out) {
  out += "Age: ";
  out += std::to_string(age.count());
  out += "\r\nVia: 1.1 ";
  out += exchange.services.via_name;
  out += "\r\nCache-Status: ";
  cache::append_cache_status(exchange.cache_status, exchange.configuration->forwarding.via_name, out);
  if (!exchange.keep_alive) { out += "\r\nConnection: close"; }
  out += "\r\n\r\n";
}

// A whole stored response out of memory.
Task<Result<void>> send_resident(Exchange& exchange, const FromStore& stored) {
  const auto& response = *stored.response;
  exchange.out = response.head.wire;
  append_hit_fields(exchange, stored.age, exchange.out);
  exchange.sent_heads += exchange.out.size();
  if (is_to_head(exchange)) { co_return co_await write_head(exchange, response.head.status); }
  const cache::ByteRange all{0, response.head.content_length - 1};
  co_return co_await send_segments(exchange, response.segments, all, response.head.status);
}

http::ResponseHead head_of(const cache::StoredHead& stored, int status) {
  const auto fields = stored.fields.fields();
  http::ResponseHead head;
  head.status = status;
  head.reason = http::reason_phrase(status);
  head.fields.assign(fields.begin(), fields.end());
  head.framing = http::Framing::length;
  head.content_length = stored.content_length;
  return head;
}

// RFC 9110 15.4.5: what a 200 would have said of these fields, and little else.
bool belongs_in_304(const cache::Field& field) {
  using cache::FieldName;
  switch (field.id) {
    case FieldName::content_length:
    case FieldName::content_type:
    case FieldName::content_encoding:
    case FieldName::content_language:
    case FieldName::content_range:
      return false;
    default:
      return true;
  }
}

Task<Result<void>> send_head_only(Exchange& exchange, const FromStore& stored, int status) {
  auto head = head_of(stored.response->head, status);
  if (status == 304) {
    std::erase_if(head.fields, [](const auto& field) { return !belongs_in_304(field); });
  }
  head.framing = http::Framing::none;
  head.content_length = 0;
  const auto cache_status = cache_status_of(exchange);
  auto options = response_options(exchange, cache_status);
  options.age = static_cast<std::uint64_t>(stored.age.count());
  options.framing = status == 304 ? http::Framing::none : http::Framing::length;
  begin_response(exchange, head, options);
  co_return co_await write_head(exchange, status);
}

// A part of a stored response (RFC 9110 15.3.7), or the whole of one that is read from disk piece by piece.
Task<Result<void>> send_part(Exchange& exchange, const FromStore& stored, int status, cache::ByteRange range) {
  auto head = head_of(stored.response->head, status);
  head.content_length = range.size();
  std::string content_range;
  if (status == 206) {
    content_range = "bytes " + std::to_string(range.first) + "-" + std::to_string(range.last) + "/" +
                    std::to_string(stored.response->head.content_length);
    head.fields.push_back({"Content-Range", content_range, cache::FieldName::content_range});
  }
  const auto cache_status = cache_status_of(exchange);
  auto options = response_options(exchange, cache_status);
  options.age = static_cast<std::uint64_t>(stored.age.count());
  options.framing = http::Framing::length;
  options.content_length = head.content_length;
  begin_response(exchange, head, options);
  if (is_to_head(exchange)) { co_return co_await write_head(exchange, status); }
  if (is_sent_at_once(exchange, *stored.response)) {
    co_return co_await send_segments(exchange, stored.response->segments, stored.response->place_of(range), status);
  }
  StoredBody body(exchange.services, stored.response, stored.front, range.first, range.size());
  co_return co_await stream_content(exchange, body, http::Framing::length, status);
}

// Several parts of a stored response (RFC 9110 15.3.7.2).
Task<Result<void>> send_parts(Exchange& exchange, const FromStore& stored,
                              const std::vector<cache::ByteRange>& ranges) {
  std::vector<MultipartBody::Part> parts;
  auto front = stored.front;
  for (const auto& range : ranges) {
    parts.push_back({range, std::make_unique<StoredBody>(exchange.services, stored.response, std::exchange(front, {}),
                                                         range.first, range.size())});
  }
  MultipartBody body(stored.response, std::move(parts), std::string(view(exchange.id)));
  auto head = head_of(stored.response->head, 206);
  std::erase_if(head.fields, [](const auto& field) { return field.id == cache::FieldName::content_type; });
  head.fields.push_back({"Content-Type", body.content_type(), cache::FieldName::content_type});
  head.content_length = body.size();
  const auto cache_status = cache_status_of(exchange);
  auto options = response_options(exchange, cache_status);
  options.age = static_cast<std::uint64_t>(stored.age.count());
  options.framing = http::Framing::length;
  options.content_length = head.content_length;
  begin_response(exchange, head, options);
  co_return co_await stream_content(exchange, body, http::Framing::length, 206);
}

// RFC 9110 15.5.17
Task<Result<void>> send_unsatisfiable(Exchange& exchange, const FromStore& stored) {
  const auto content_range = "bytes */" + std::to_string(stored.response->head.content_length);
  const cache::Field field{"Content-Range", content_range, cache::FieldName::content_range};
  http::ResponseHead head;
  head.status = 416;
  head.reason = http::reason_phrase(416);
  const auto cache_status = cache_status_of(exchange);
  const auto date = cache::format_http_date(coarse_unix_now());
  auto options = response_options(exchange, cache_status);
  options.date = date;
  options.framing = http::Framing::length;
  options.extra = cache::Fields(&field, 1);
  begin_response(exchange, head, options);
  co_return co_await write_head(exchange, 416);
}

bool has_conditions_or_range(cache::Fields fields) {
  using cache::FieldName;
  for (const auto& field : fields) {
    if (field.id == FieldName::range || field.id == FieldName::if_match || field.id == FieldName::if_none_match ||
        field.id == FieldName::if_modified_since || field.id == FieldName::if_unmodified_since) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool leave_stored(Exchange& exchange, const FromStore& stored) {
  const auto& response = *stored.response;
  const auto content = is_to_head(exchange) ? 0 : response.head.content_length;
  const auto size = response.head.wire.size() + kHitFields + content;
  if (content > kSmallContent || has_conditions_or_range(exchange.request.fields) ||
      !exchange.client->stream.may_write_later(size)) {
    return false;
  }
  settle_keep_alive(exchange);
  note_content_type(exchange, response.head.fields.fields());
  auto& out = exchange.out;
  out = response.head.wire;
  append_hit_fields(exchange, stored.age, out);
  exchange.sent_heads += out.size();
  if (content > 0) {
    for (const auto& segment : response.segments) { out.append(segment.data, segment.size); }
  }
  exchange.client->stream.write_later(out);
  exchange.status = response.head.status;
  return true;
}

Task<Result<void>> send_stored(Exchange& exchange, const FromStore& stored) {
  settle_keep_alive(exchange);
  const auto& head = stored.response->head;
  note_content_type(exchange, head.fields.fields());
  if (has_conditions_or_range(exchange.request.fields)) {
    const auto view = exchange.request_view();
    const auto condition = cache::evaluate_conditions(view, head);
    if (condition == cache::ConditionResult::not_modified) { co_return co_await send_head_only(exchange, stored, 304); }
    if (condition == cache::ConditionResult::precondition_failed) {
      co_return co_await send_head_only(exchange, stored, 412);
    }
    const auto answer = cache::evaluate_range(view, head);
    if (answer.kind == cache::RangeAnswer::Kind::unsatisfiable) {
      co_return co_await send_unsatisfiable(exchange, stored);
    }
    if (answer.is_one_part()) { co_return co_await send_part(exchange, stored, 206, answer.ranges.front()); }
    if (answer.kind == cache::RangeAnswer::Kind::partial) {
      co_return co_await send_parts(exchange, stored, answer.ranges);
    }
  }
  if (is_sent_at_once(exchange, *stored.response) || is_to_head(exchange)) {
    co_return co_await send_resident(exchange, stored);
  }
  co_return co_await send_part(exchange, stored, head.status, {0, head.content_length - 1});
}

}  // namespace sluice::pipeline
