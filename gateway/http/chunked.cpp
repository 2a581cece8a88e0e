#include "gateway/http/chunked.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include "gateway/http/characters.hpp"
#include "gateway/http/head_reader.hpp"

namespace sluice::http {
namespace {

constexpr int kMostDigits = 16;
constexpr std::size_t kMostTrailers = 200;

// Fields that change how a message is read, routed or reused, which a recipient that merges trailers would fall for
// (RFC 9110 6.5.1), and those of one connection (RFC 9110 7.6.1).
bool is_safe_trailer(FieldName id) {
  switch (id) {
    case FieldName::age:
    case FieldName::authorization:
    case FieldName::cache_control:
    case FieldName::cache_status:
    case FieldName::cdn_cache_control:
    case FieldName::cdn_loop:
    case FieldName::connection:
    case FieldName::content_encoding:
    case FieldName::content_length:
    case FieldName::content_location:
    case FieldName::content_range:
    case FieldName::content_type:
    case FieldName::cookie:
    case FieldName::date:
    case FieldName::expect:
    case FieldName::expires:
    case FieldName::forwarded:
    case FieldName::host:
    case FieldName::if_match:
    case FieldName::if_modified_since:
    case FieldName::if_none_match:
    case FieldName::if_range:
    case FieldName::if_unmodified_since:
    case FieldName::keep_alive:
    case FieldName::location:
    case FieldName::max_forwards:
    case FieldName::pragma:
    case FieldName::proxy_authenticate:
    case FieldName::proxy_authorization:
    case FieldName::proxy_connection:
    case FieldName::proxy_status:
    case FieldName::range:
    case FieldName::set_cookie:
    case FieldName::sluice_cache_control:
    case FieldName::sluice_directives:
    case FieldName::te:
    case FieldName::trailer:
    case FieldName::transfer_encoding:
    case FieldName::upgrade:
    case FieldName::vary:
    case FieldName::via:
    case FieldName::warning:
    case FieldName::www_authenticate:
    case FieldName::x_forwarded_for:
      return false;
    default:
      return true;
  }
}

}  // namespace

// chunk-size = 1*HEXDIG (RFC 9112 7.1). "recipients MUST anticipate potentially large hexadecimal numerals and prevent
// parsing errors due to integer conversion overflows."
std::size_t ChunkedDecoder::take_size(std::string_view input) {
  std::size_t taken = 0;
  while (taken < input.size() && is_class(input[taken], kHexDigit)) {
    if (++digits_ > kMostDigits || (remaining_ >> 59) != 0) {
      fault_ = "reading a chunk: size too large";
      return taken;
    }
    remaining_ = remaining_ * 16 + hex_value(input[taken++]);
  }
  if (taken == input.size()) { return taken; }
  const char octet = input[taken];
  if (digits_ == 0 || (octet != ';' && octet != '\r')) {
    fault_ = "reading a chunk: bad size";
    return taken;
  }
  extension_ = 0;
  state_ = octet == ';' ? State::extension : State::size_lf;
  return taken + 1;
}

// "A recipient MUST ignore unrecognized chunk extensions" and ought to limit their length (RFC 9112 7.1.1). Only their
// end matters here, and it is CRLF, also inside a quoted string.
std::size_t ChunkedDecoder::take_extension(std::string_view input) {
  const char* const end = input.data() + input.size();
  const char* const stop = skip_field_octets(input.data(), end);
  auto taken = static_cast<std::size_t>(stop - input.data());
  extension_ += taken;
  extensions_ += taken;
  if (extension_ > limits_.extension_per_chunk || extensions_ > limits_.extensions) {
    fault_ = "reading a chunk: extensions too long";
  } else if (stop != end && (*stop != '\r' || extension_ == 0)) {
    fault_ = "reading a chunk: bad extension";
  } else if (stop != end) {
    state_ = State::size_lf;
    ++taken;
  }
  return taken;
}

std::size_t ChunkedDecoder::take_octet(char octet, char wanted, State next) {
  if (octet != wanted) {
    fault_ = "reading a chunk: bad line end";
    return 0;
  }
  state_ = next;
  return 1;
}

void ChunkedDecoder::end_size() {
  digits_ = 0;
  if (remaining_ == 0) { state_ = State::trailer; }
}

// Whole lines are looked at as they arrive, the fields in them once at the end.
std::size_t ChunkedDecoder::take_trailers(std::string_view input) {
  const auto line_feed = input.find('\n');
  const auto taken = line_feed == input.npos ? input.size() : line_feed + 1;
  trailers_.append(input.substr(0, taken));
  if (trailers_.size() > limits_.trailers + 2) {
    fault_ = "reading trailers: too long";
    return taken;
  }
  if (line_feed == input.npos) { return taken; }
  const auto line = std::string_view(trailers_).substr(line_);
  if (!line.ends_with("\r\n")) {
    fault_ = "reading trailers: bare LF";
  } else if (line.size() == 2) {
    std::vector<Field> fields;
    const auto fault = read_fields(trailers_, kMostTrailers, fields);
    if (fault) { fault_ = "reading trailers: bad field"; }
    trailers_.resize(line_);
    state_ = State::done;
  }
  line_ = trailers_.size();
  return taken;
}

std::size_t ChunkedDecoder::take_framing(std::string_view input) {
  switch (state_) {
    case State::size:
      return take_size(input);
    case State::extension:
      return take_extension(input);
    case State::size_lf: {
      const auto taken = take_octet(input.front(), '\n', State::content);
      if (taken == 1) { end_size(); }
      return taken;
    }
    case State::content_cr:
      return take_octet(input.front(), '\r', State::content_lf);
    case State::content_lf:
      return take_octet(input.front(), '\n', State::size);
    case State::trailer:
      return take_trailers(input);
    case State::content:
    case State::done:
      break;
  }
  return 0;
}

Result<ChunkedDecoder::Step> ChunkedDecoder::next(std::string_view input) {
  Step step;
  while (step.consumed < input.size() && state_ != State::done) {
    if (state_ == State::content) {
      step.content = input.substr(step.consumed, std::min<std::uint64_t>(remaining_, input.size() - step.consumed));
      step.consumed += step.content.size();
      remaining_ -= step.content.size();
      if (remaining_ == 0) { state_ = State::content_cr; }
      return step;
    }
    step.consumed += take_framing(input.substr(step.consumed));
    if (fault_ != nullptr) {
      if (side_ == Side::client) { return fail(ErrorKind::http_request_error, side_, fault_, 400); }
      return fail(ErrorKind::http_response_transfer_coding, side_, fault_);
    }
  }
  return step;
}

void append_safe_trailers(std::string_view trailers, std::string& out) {
  while (!trailers.empty()) {
    const auto line = trailers.substr(0, trailers.find('\n') + 1);
    const auto colon = line.find(':');
    if (line.empty() || colon == line.npos) { return; }
    if (is_safe_trailer(cache::field_name(line.substr(0, colon)))) { out += line; }
    trailers.remove_prefix(line.size());
  }
}

void append_chunk_head(std::size_t size, std::string& out) {
  char digits[16];
  const auto written = std::to_chars(digits, digits + sizeof digits, size, 16);
  out.append(digits, written.ptr);
  out += "\r\n";
}

}  // namespace sluice::http
