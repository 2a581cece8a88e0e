#pragma once

#include "gateway/base/mailbox.hpp"
#include "gateway/base/task.hpp"
#include "gateway/control/daemon.hpp"

namespace sluice::control {

// Every variant stored for a URL, in memory and on disk; one that is in both is shown twice. The URL is normalised as
// one of a request is, and looked for under every key that a GET of it may have by the policy in force. Errors:
// bad_request, failed when too much waits for the disk.
Task<Answer<CacheShow>> show_stored(Daemon& daemon, Mailbox& mailbox, UrlArguments arguments);

// Purges by URL (each of those keys), host, prefix or tag. Errors: bad_request; failed when the disk did not take it.
Task<Answer<CachePurge>> purge_stored(Daemon& daemon, Mailbox& mailbox, CachePurgeArguments arguments);

// What is stored under the key on disk, without content. nullopt: too much waits for the disk, which is too_busy().
Task<std::optional<std::vector<cache::StoredResponsePtr>>> list_on_disk(Daemon& daemon, Mailbox& mailbox,
                                                                        std::string key);
Error too_busy();

// What is there of a content; none when it is all of it.
std::vector<OctetSpan> spans_of(const cache::StoredResponse& response);

}  // namespace sluice::control
