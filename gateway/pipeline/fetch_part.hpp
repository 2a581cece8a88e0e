#pragma once

#include "gateway/pipeline/following.hpp"

namespace sluice::pipeline {

// What came of a forward for a part: a 206 that is being kept, or any other response, which is this exchange's alone.
struct FetchedPart {
  std::unique_ptr<FillBody> body;  // from the first octet of the fill's range on; null: `forwarded` it is
  std::optional<Forwarded> forwarded;

  const Fill::Head& head() const { return body->reader().fill()->head(); }  // REQUIRES: body
};

// Forwards for a part; clients that miss the same chunk at the same time share one forward. `first`: where the part
// begins; nullopt: it is shared with nobody. Errors: those of forward().
Task<Result<FetchedPart>> fetch_part(Exchange& exchange, ForwardPlan plan, std::optional<std::uint64_t> first);

// The same of a response that came already.
Task<FetchedPart> take_part(Exchange& exchange, Forwarded forwarded, Leadership& leadership);

// The missing octets of `stored` from wanted.first on, at least to the end of their chunk. `or_whole`: should there be
// another representation now, all of it is asked for (If-Range) and not that part.
Task<Result<FetchedPart>> fetch_missing(Exchange& exchange, const cache::StoredResponse& stored,
                                        cache::ByteRange wanted, bool or_whole);

// Does this continue what is stored at `offset`?
bool continues(const FetchedPart& fetched, const cache::StoredResponse& stored, std::uint64_t offset);

}  // namespace sluice::pipeline
