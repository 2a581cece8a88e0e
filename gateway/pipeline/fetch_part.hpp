#pragma once

#include "gateway/pipeline/following.hpp"

namespace sluice::pipeline {

// What came of a forward for a part: a 206 that is being kept, or any other response, which is this exchange's alone.
struct FetchedPart {
  std::unique_ptr<FillBody> body;  // null: `forwarded` it is
  std::optional<Forwarded> forwarded;
  std::uint64_t first = 0;  // the octet that `body` begins with

  const Fill::Head& head() const { return body->reader().fill()->head(); }  // REQUIRES: body
};

// Forwards for a part; clients that miss the same chunk at the same time share one forward. `first`: where the part
// begins; nullopt: it is shared with nobody. `later`: see FillTable::join_part(). Errors: those of forward().
Task<Result<FetchedPart>> fetch_part(Exchange& exchange, ForwardPlan plan, std::optional<std::uint64_t> first,
                                     bool later = false);

// The same of a response that came already.
Task<FetchedPart> take_part(Exchange& exchange, Forwarded forwarded, Leadership& leadership);

// The missing octets of `stored` from wanted.first on, at least to the end of their chunk.
struct MissingPart {
  cache::ByteRange wanted;
  bool or_whole = false;  // should there be another representation now, all of it is asked for (If-Range)
  bool later = false;     // other octets are sent first: no more than can wait in memory
};
Task<Result<FetchedPart>> fetch_missing(Exchange& exchange, const cache::StoredResponse& stored, MissingPart missing);

// Does this continue what is stored at `offset`?
bool continues(const FetchedPart& fetched, const cache::StoredResponse& stored, std::uint64_t offset);

}  // namespace sluice::pipeline
