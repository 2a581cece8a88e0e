#include "gateway/pipeline/obtain_part.hpp"

#include "cache/partial_content.hpp"
#include "cache/validation.hpp"
#include "gateway/pipeline/collapse.hpp"
#include "gateway/pipeline/completed_body.hpp"
#include "gateway/pipeline/keep.hpp"
#include "gateway/pipeline/multipart_body.hpp"
#include "gateway/pipeline/pass_through.hpp"

namespace sluice::pipeline {

namespace {

using cache::ByteRange;
using cache::FieldName;
using MaybeObtained = Result<std::optional<Obtained>>;

cache::Field content_range_field(std::string_view text) {
  return {cache::spelling(FieldName::content_range), text, FieldName::content_range};
}

// The response as it goes out: a part when the client asked for one, else the whole.
Obtained as_streamed(const Exchange& exchange, std::unique_ptr<CompletedBody> body, ByteRange wanted,
                     std::optional<cache::Seconds> age) {
  const auto& stored = body->head();
  const auto fields = stored.fields.fields();
  http::ResponseHead head;
  head.status = body->content_range().empty() ? stored.status : 206;
  head.reason = http::reason_phrase(head.status);
  head.fields.assign(fields.begin(), fields.end());
  if (head.status == 206) { head.fields.push_back(content_range_field(body->content_range())); }
  add_for_client_alone(exchange, head);
  head.framing = http::Framing::length;
  head.content_length = wanted.size();
  return Streamed{std::move(head), std::move(body), age};
}

// A part of which nothing is stored yet. nullopt: it does not hold what the client asked for.
Task<Result<std::optional<Obtained>>> from_fill(Exchange& exchange, FetchedPart fetched) {
  auto nothing_yet = std::make_shared<cache::StoredResponse>();
  nothing_yet->head = fetched.head().stored;
  nothing_yet->present.emplace();
  // The origin server judged the If-Range of the one who asked it; that of another one is for us to judge.
  const auto view = exchange.request_view();
  const auto& head = nothing_yet->head;
  const auto answer = exchange.cache_status.collapsed ? cache::evaluate_range(view, head)
                                                      : cache::resolve_range(view, head.content_length);
  const auto last = fetched.head().range->last;
  if (!answer.is_one_part()) { co_return std::optional<Obtained>{}; }
  auto wanted = answer.ranges.front();
  if (wanted.first < fetched.first || wanted.first > last) { co_return std::optional<Obtained>{}; }
  // RFC 9110 15.3.7: a server "might find it useful to send only a subset of the data requested".
  if (!cache::may_combine(head, head)) { wanted.last = std::min(wanted.last, last); }
  auto content_range = cache::to_text({wanted, head.content_length});
  auto body = std::make_unique<CompletedBody>(exchange, std::move(nothing_yet), wanted, std::move(content_range));
  body->have(std::move(fetched));
  const auto opened = co_await body->open();
  if (!opened) { co_return std::unexpected(opened.error()); }
  const auto age = exchange.cache_status.collapsed ? std::optional(age_for(exchange, body->head())) : std::nullopt;
  co_return as_streamed(exchange, std::move(body), wanted, age);
}

// A part that may not be stored, cut to what the client asked for, of which we asked for more.
std::optional<Obtained> cut_to_request(Exchange& exchange, Forwarded& forwarded) {
  const auto part = cache::part_of(forwarded.view());
  if (!part) { return std::nullopt; }
  const auto answer = cache::resolve_range(exchange.request_view(), part->complete_length);
  if (!answer.is_one_part()) { return std::nullopt; }
  auto wanted = answer.ranges.front();
  if (wanted.first < part->range.first || wanted.first > part->range.last) { return std::nullopt; }
  wanted.last = std::min(wanted.last, part->range.last);
  auto upstream = std::make_unique<UpstreamBody>(exchange, std::move(forwarded));
  auto head = std::move(upstream->forwarded().head);
  auto body = std::make_unique<PartOfBody>(std::move(upstream), wanted.first - part->range.first, wanted.size());
  body->describe(cache::to_text({wanted, part->complete_length}));
  std::erase_if(head.fields, [](const auto& field) { return field.id == FieldName::content_range; });
  head.fields.push_back(content_range_field(body->description()));
  head.framing = http::Framing::length;
  head.content_length = wanted.size();
  return Streamed{std::move(head), std::move(body)};
}

// Another response than a part that is kept. The whole (200) is kept if it may be.
Task<MaybeObtained> from_other(Exchange& exchange, Forwarded forwarded) {
  if (auto cut = cut_to_request(exchange, forwarded)) { co_return std::move(cut); }
  if (cache::part_of(forwarded.view())) {
    // Another part than the client's.
    co_await finish(exchange.services, forwarded, *exchange.configuration);
    co_return co_await forward_alone(exchange, {});
  }
  if (forwarded.head.status != 200) { co_return pipeline::as_streamed(exchange, std::move(forwarded)); }
  auto joined = exchange.services.fills.join(exchange.key);
  Leadership leadership(exchange, joined.leads ? std::move(joined.fill) : nullptr);
  co_return co_await keep_or_pass(exchange, std::move(forwarded), leadership);
}

// The part that is kept takes the place of what is stored by itself, and an origin server in trouble says nothing of
// it.
void forget_stored(Exchange& exchange, const FetchedPart& fetched) {
  if (!fetched.forwarded || fetched.forwarded->head.status >= 500) { return; }
  remove_stored(exchange.services, exchange.key);
}

Task<MaybeObtained> use(Exchange& exchange, FetchedPart fetched) {
  if (fetched.forwarded) { co_return co_await from_other(exchange, std::move(*fetched.forwarded)); }
  auto obtained = co_await from_fill(exchange, std::move(fetched));
  if (!obtained || *obtained) { co_return obtained; }
  co_return co_await forward_alone(exchange, {});
}

// What the origin server has now is not what is stored. `is_part`: a part is what the client gets.
Task<MaybeObtained> begin_anew(Exchange& exchange, FetchedPart fetched, bool is_part) {
  forget_stored(exchange, fetched);
  const int status = fetched.forwarded ? fetched.forwarded->head.status : 206;
  // A part of something else, or none, is no answer to a client that asked for all of it.
  const bool is_answer = is_part ? status != 416 : status != 206 && status != 416;
  if (is_answer) { co_return co_await use(exchange, std::move(fetched)); }
  if (fetched.forwarded) { co_await finish(exchange.services, *fetched.forwarded, *exchange.configuration); }
  fetched.body.reset();
  co_return co_await forward_alone(exchange, {});
}

// REQUIRES: not all of them are there.
ByteRange first_gap(const cache::StoredResponse& stored, const std::vector<ByteRange>& wanted) {
  for (const auto& range : wanted) {
    if (const auto gap = stored.present->first_gap(range)) { return *gap; }
  }
  SLUICE_ASSERT(false, "what is completed has a gap");
  return {};
}

// Several parts, of which `fetched` has the first gap. Those whose gap begins in it as well read it too, when none of
// them can hold the others back.
Obtained several_parts(Exchange& exchange, cache::StoredResponsePtr stored, const std::vector<ByteRange>& wanted,
                       FetchedPart fetched) {
  const auto fill = fetched.body->reader().fill();
  const auto& got = *fill->head().range;
  const bool is_shared = got.size() <= fill->head().largest_kept;
  std::vector<MultipartBody::Part> parts;
  for (const auto& range : wanted) {
    auto body = std::make_unique<CompletedBody>(exchange, stored, range, std::string{});
    const auto gap = stored->present->first_gap(range);
    const bool has_gap = gap && fetched.first <= gap->first && gap->first <= got.last;
    if (has_gap && is_shared) {
      body->have(
          {std::make_unique<FillBody>(exchange.services, fill, gap->first - got.first), std::nullopt, gap->first});
    } else if (has_gap && fetched.body != nullptr) {
      body->have(std::exchange(fetched, {}));
    }
    parts.push_back({range, std::move(body)});
  }
  auto body = std::make_unique<MultipartBody>(std::move(stored), std::move(parts), std::string(view(exchange.id)));
  const auto fields = body->head().fields.fields();
  http::ResponseHead head;
  head.status = 206;
  head.reason = http::reason_phrase(head.status);
  head.fields.assign(fields.begin(), fields.end());
  std::erase_if(head.fields, [](const auto& field) { return field.id == FieldName::content_type; });
  head.fields.push_back({cache::spelling(FieldName::content_type), body->content_type(), FieldName::content_type});
  add_for_client_alone(exchange, head);
  head.framing = http::Framing::length;
  head.content_length = body->size();
  const auto age = age_for(exchange, body->head());
  return Streamed{std::move(head), std::move(body), age};
}

}  // namespace

Task<MaybeObtained> use_part(Exchange& exchange, Forwarded forwarded) {
  Leadership leadership(exchange, exchange.services.fills.add_unshared(exchange.key));
  auto fetched = co_await take_part(exchange, std::move(forwarded), leadership);
  co_return co_await use(exchange, std::move(fetched));
}

Task<MaybeObtained> obtain_part(Exchange& exchange, cache::PartToAsk part) {
  auto fetched = co_await fetch_part(exchange, {false, {}, std::move(part.range), {}}, part.first);
  if (!fetched) { co_return std::unexpected(fetched.error()); }
  co_return co_await use(exchange, std::move(*fetched));
}

bool may_complete(const Exchange& exchange, const cache::StoredResponse& stored) {
  if (stored.is_whole() || !may_share(exchange)) { return false; }
  return cache::evaluate_range(exchange.request_view(), stored.head).kind != cache::RangeAnswer::Kind::unsatisfiable;
}

Task<MaybeObtained> complete(Exchange& exchange, cache::StoredResponsePtr stored) {
  const auto view = exchange.request_view();
  const auto wanted = cache::content_needed(view, stored->head);
  const auto gap = first_gap(*stored, wanted);
  // RFC 9110 13.1.5: an If-Range that does not hold makes it a request for the whole.
  const bool is_part = cache::evaluate_range(view, stored->head).kind == cache::RangeAnswer::Kind::partial;
  auto fetched = co_await fetch_missing(exchange, *stored, {gap, !is_part, gap.first != wanted.front().first});
  if (!fetched) { co_return std::unexpected(fetched.error()); }
  if (!continues(*fetched, *stored, gap.first)) {
    co_return co_await begin_anew(exchange, std::move(*fetched), is_part);
  }
  auto joined = std::make_shared<cache::StoredResponse>(*stored);
  joined->head = cache::combine_heads(stored->head, fetched->head().stored);
  if (wanted.size() > 1) { co_return several_parts(exchange, std::move(joined), wanted, std::move(*fetched)); }
  auto content_range = is_part ? cache::to_text({wanted.front(), stored->head.content_length}) : std::string{};
  auto body = std::make_unique<CompletedBody>(exchange, std::move(joined), wanted.front(), std::move(content_range));
  body->have(std::move(*fetched));
  const auto opened = co_await body->open();
  if (!opened) { co_return std::unexpected(opened.error()); }
  const auto age = age_for(exchange, body->head());
  co_return as_streamed(exchange, std::move(body), wanted.front(), age);
}

}  // namespace sluice::pipeline
