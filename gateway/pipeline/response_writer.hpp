#pragma once

#include "gateway/http/forwarded_fields.hpp"
#include "gateway/pipeline/body_source.hpp"

namespace sluice::pipeline {

// What every way of responding needs: the decision on keep-alive, and writing head and content.

bool is_to_head(const Exchange& exchange);

// Writes exchange.keep_alive.
void settle_keep_alive(Exchange& exchange);

std::string cache_status_of(const Exchange& exchange);  // the Cache-Status member
void note_content_type(Exchange& exchange, cache::Fields fields);

// The options that every response head shares; `cache_status` and `date` must live until the head is written.
http::ResponseOptions response_options(const Exchange& exchange, std::string_view cache_status);

// Writes a response head into exchange.out.
void begin_response(Exchange& exchange, const http::ResponseHead& head, const http::ResponseOptions& options);

// Leaves exchange.out and, behind it, one piece of content with its chunk framing to be sent at the end of the turn;
// empties exchange.out. False: the piece is large, or the client does not keep up; then write_piece() does it.
bool leave_piece(Exchange& exchange, std::string_view piece, bool chunked);

// The same, now, waiting for the client.
Task<Result<void>> write_piece(Exchange& exchange, std::string_view piece, bool chunked);

// Sends the head in exchange.out, and notes it.
Task<Result<void>> write_head(Exchange& exchange, int status);

// Sends the head in exchange.out and content up to the end that the source proves. An error ends it in the middle, and
// the client must see that; when it comes ahead of the first octet nothing was sent, and exchange.status is still 0.
Task<Result<void>> stream_content(Exchange& exchange, BodySource& body, http::Framing framing, int status);

// Notes that the head was sent.
void note_head_sent(Exchange& exchange, int status);

}  // namespace sluice::pipeline
